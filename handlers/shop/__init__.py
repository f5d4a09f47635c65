"""A small shop, real enough to show what an ASGI app does on AWS Lambda."""
