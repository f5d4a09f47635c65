"""The apps behind lambdakit."""

from harness import apps
from lambdakit.asgi import LambdaApp

api = LambdaApp(apps.api)
bare = LambdaApp(apps.bare)
