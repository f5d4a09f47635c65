"""The shop's HTTP API as a Lambda function."""

from lambdakit.asgi import LambdaApp

handler = LambdaApp("handlers.shop.http:create_app")
