from fastapi import FastAPI

from lambdakit.asgi import LambdaApp


def create_app() -> FastAPI:
    app = FastAPI()
    app.add_api_route("/items/{item_id}", read_item)
    return app


async def read_item(item_id: int) -> dict[str, int]:
    return {"id": item_id}


handler = LambdaApp(create_app)
