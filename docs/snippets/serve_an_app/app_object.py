from fastapi import FastAPI

from lambdakit.asgi import LambdaApp

app = FastAPI()


@app.get("/items/{item_id}")
async def read_item(item_id: int) -> dict[str, int]:
    return {"id": item_id}


handler = LambdaApp(app)
