"""Signatures that a public key verifies, and the kind of key that each needs."""

from collections.abc import Mapping
from types import MappingProxyType

from lambdakit.errors import OptionError

ALGORITHMS: Mapping[str, tuple[str, str | None]] = MappingProxyType(
    {
        **{f"{family}{bits}": ("RSA", None) for family in ("RS", "PS") for bits in (256, 384, 512)},
        "ES256": ("EC", "P-256"),
        "ES384": ("EC", "P-384"),
        "ES512": ("EC", "P-521"),
        "EdDSA": ("OKP", "Ed25519"),
    }
)
"""Every algorithm that can be allowed, with the `kty` and the `crv` of its keys; none has a secret that both know."""


def require_known(algorithms: tuple[str, ...]) -> None:
    """Refuse algorithms that take a shared secret or no key at all.

    Raises:
        OptionError: One of them is not in `ALGORITHMS`, or there is none.
    """
    unknown = [name for name in algorithms if name not in ALGORITHMS]
    if unknown or not algorithms:
        raise OptionError(
            f"{unknown[0] if unknown else 'an empty list'!r} verifies nothing with a public key",
            where="algorithms=",
            fix=f"choose from {', '.join(ALGORITHMS)}",
        )
