from fastapi import FastAPI, Response

from lambdakit.asgi import LambdaApp

app = FastAPI()


@app.get("/recipe")
async def read_recipe() -> Response:
    return Response("flour", media_type="application/x-recipe")


handler = LambdaApp(app, text_types=["application/x-recipe"])
