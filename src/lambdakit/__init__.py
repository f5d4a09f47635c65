"""Run FastAPI and other ASGI apps on AWS Lambda."""


def __getattr__(name: str) -> str:
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Reading the metadata costs more than everything else a cold start imports from here.
    from importlib.metadata import version  # noqa: PLC0415

    return version("lambdakit")
