from fastapi import FastAPI, Request

from lambdakit.asgi import LambdaApp

app = FastAPI()


@app.get("/items/{item_id}")
async def read_item(item_id: int, request: Request) -> dict[str, str]:
    return {"address": str(request.url_for("read_item", item_id=item_id))}


handler = LambdaApp(app, base_path="/v1")
