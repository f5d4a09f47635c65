from fastapi import FastAPI
from mangum.handlers import LambdaAtEdge

from lambdakit.mangum import Mangum

app = FastAPI()
handler = Mangum(app, custom_handlers=[LambdaAtEdge], text_mime_types=["text/", "application/json"])
