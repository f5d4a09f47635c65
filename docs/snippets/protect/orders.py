from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from lambdakit.asgi import LambdaApp
from lambdakit.auth import Principal, TokenVerifier
from lambdakit.errors import IssuerFault, TokenRefused

verifier = TokenVerifier(issuer="https://login.example.com/", audience="shop", scopes=["orders:read"])


async def find_caller(credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> Principal:
    try:
        return await verifier.verify_async(credentials.credentials)
    except TokenRefused as refusal:
        challenge = f'Bearer error="{refusal.error}"'
        raise HTTPException(refusal.status, headers={"WWW-Authenticate": challenge}) from refusal
    except IssuerFault as fault:
        raise HTTPException(503, headers={"Retry-After": "10"}) from fault


app = FastAPI()


@app.get("/orders")
async def list_orders(caller: Annotated[Principal, Depends(find_caller)]) -> dict[str, str]:
    return {"orders of": caller.subject}


handler = LambdaApp(app)
