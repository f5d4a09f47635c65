"""The apps behind mangum, in its faster case."""

from mangum import Mangum

from harness import apps

api = Mangum(apps.api, lifespan="off")
bare = Mangum(apps.bare, lifespan="off")
