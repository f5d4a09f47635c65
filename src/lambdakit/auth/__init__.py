"""Who calls: bearer tokens verified with the keys of their issuer, whichever framework asks."""

from lambdakit.errors import MissingExtra

try:
    # PyJWT does without, and then verifies nothing with a public key.
    import cryptography  # noqa: F401  # pyright: ignore[reportUnusedImport]

    from lambdakit.auth.algorithms import ALGORITHMS
    from lambdakit.auth.issuer import Issuer
    from lambdakit.auth.principal import Principal
    from lambdakit.auth.verifier import TokenVerifier
except ModuleNotFoundError as error:
    raise MissingExtra(
        f"{error.name} is not installed", where="lambdakit.auth", fix="pip install 'lambdakit[auth]'"
    ) from error

__all__ = ["ALGORITHMS", "Issuer", "Principal", "TokenVerifier"]
