from fastapi import FastAPI

from lambdakit.asgi import LambdaApp

app = FastAPI()
handler = LambdaApp(app, base_path="/v1", text_types=["application/vnd.shop"])
