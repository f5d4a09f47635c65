from lambdakit.asgi import LambdaApp

handler = LambdaApp("hello:app")
