"""Who calls: bearer tokens verified with the keys of their issuer, whichever framework asks."""

from lambdakit.auth.algorithms import ALGORITHMS
from lambdakit.auth.issuer import Issuer
from lambdakit.auth.principal import Principal
from lambdakit.auth.verifier import TokenVerifier

__all__ = ["ALGORITHMS", "Issuer", "Principal", "TokenVerifier"]
