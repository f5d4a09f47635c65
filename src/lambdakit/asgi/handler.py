"""A ready-made handler: set a function's handler to `lambdakit.asgi.handler.handler` and name the app beside it.

The environment variable `LAMBDAKIT_APP` names the app, a factory of it, or a Lambda handler, as `module:attribute`.
"""

from lambdakit import settings
from lambdakit.asgi.named import make_handler

handler = make_handler(settings.app_name())
