from fastapi import FastAPI

app = FastAPI()


@app.get("/hello/{name}")
async def greet(name: str) -> dict[str, str]:
    return {"hello": name}
