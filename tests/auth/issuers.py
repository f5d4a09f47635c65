"""A token issuer on a socket of its own, with real keys, that can rotate them, break, stall and lie."""

import json
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

KINDS = {
    "RS256": "rsa",
    "PS256": "rsa",
    "RS512": "rsa",
    "ES256": "P-256",
    "ES384": "P-384",
    "ES512": "P-521",
    "EdDSA": "Ed25519",
}


@cache
def make_key(kind: str, number: int = 0) -> Any:
    """Return a private key, the same for the same number: RSA keys take long to make."""
    curves = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1}
    if kind == "Ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if kind in curves:
        return ec.generate_private_key(curves[kind]())
    return rsa.generate_private_key(65_537, 1_024 if kind == "short rsa" else 2_048)


def public(key: Any, key_id: str, **more: Any) -> dict[str, Any]:
    """Return the JSON Web Key of a private key's public half."""
    kinds: dict[str, Any] = {"RSA": RSAAlgorithm, "Elli": ECAlgorithm, "ECPr": ECAlgorithm, "_Ell": ECAlgorithm}
    kind = next((kinds[name] for name in kinds if type(key).__name__.startswith(name)), OKPAlgorithm)
    return {**json.loads(kind.to_jwk(key.public_key())), "kid": key_id, **more}


class Issuer:
    """What the issuer publishes, how it does so, and how often it was asked."""

    address = ""

    def __init__(self) -> None:
        self.keys: list[Any] = []
        self.private: dict[str, Any] = {}
        self.requests: list[str] = []
        self.metadata_place = "/.well-known/openid-configuration"
        self.metadata: dict[str, Any] = {}
        self.document: bytes | None = None
        self.status = 200
        self.headers: dict[str, str] = {}
        self.pieces = 1
        self.pause = 0.0
        self.gate: threading.Event | None = None
        self.rotate("one", *sorted(set(KINDS.values())))

    def rotate(self, key_id: str, *kinds: str) -> None:
        """Publish new keys alone, named `key_id` and their kind."""
        number = len(self.requests) + len(self.private)
        self.private = {f"{key_id} {kind}": make_key(kind, number if "rsa" not in kind else 0) for kind in kinds}
        self.keys = [public(key, name) for name, key in self.private.items()]

    def sign(
        self,
        claims: dict[str, Any] | None = None,
        algorithm: str = "RS256",
        *,
        headers: dict[str, Any] | None = None,
        key: Any = None,
        without: tuple[str, ...] = (),
    ) -> str:
        """Return a token that is good but for what is said."""
        name = next(name for name in self.private if name.endswith(KINDS[algorithm]))
        now = int(time.time())
        good = {"iss": self.address, "aud": "shop", "sub": "anna", "exp": now + 300, "iat": now, "scope": "read write"}
        content = {each: value for each, value in {**good, **(claims or {})}.items() if each not in without}
        return jwt.encode(content, key or self.private[name], algorithm, headers={"kid": name, **(headers or {})})

    def answer(self, path: str) -> bytes | None:
        if path == self.metadata_place:
            about = {"issuer": self.address, "jwks_uri": f"{self.address}/keys", **self.metadata}
            return json.dumps(about).encode()
        if path == "/keys":
            return self.document if self.document is not None else json.dumps({"keys": self.keys}).encode()
        return None


@contextmanager
def serve(issuer: Issuer) -> Generator[Issuer]:
    """Let an issuer answer on a loopback port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.requests.append(self.path)
            content = issuer.answer(self.path)
            if self.path == "/keys" and issuer.gate is not None:
                issuer.gate.wait(20)
            self.send_response(404 if content is None else issuer.status)
            content = content or b""
            for name, value in {"Content-Length": str(len(content)), **issuer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self._send(content)

        def _send(self, content: bytes) -> None:
            size = max(1, -(-len(content) // issuer.pieces))
            try:
                for start in range(0, len(content), size):
                    time.sleep(issuer.pause)
                    self.wfile.write(content[start : start + size])
            except OSError:
                pass  # the client has seen enough

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name is the base's)
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    issuer.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join(20)


class Clock:
    """A clock that is set by hand, from the true time on."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


def in_parallel(count: int, work: Callable[[], Any]) -> list[threading.Thread]:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads
