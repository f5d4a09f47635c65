"""MD5 as SQS computes it of what a message carries.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
"""

import base64
from collections.abc import Mapping
from hashlib import md5
from typing import Any

_TEXT, _BINARY = b"\x01", b"\x02"


def digest_body(body: str) -> str:
    """Return the MD5 of a body in hexadecimal digits."""
    return md5(body.encode(), usedforsecurity=False).hexdigest()


def digest_attributes(attributes: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the MD5 of message attributes in the shape of SQS's API, in hexadecimal digits."""
    digest = md5(usedforsecurity=False)
    for name, attribute in sorted(attributes.items()):
        digest.update(_measured(name.encode()) + _measured(attribute["DataType"].encode()))
        if "BinaryValue" in attribute:
            digest.update(_BINARY + _measured(base64.b64decode(attribute["BinaryValue"])))
        else:
            digest.update(_TEXT + _measured(attribute["StringValue"].encode()))
    return digest.hexdigest()


def _measured(value: bytes) -> bytes:
    return len(value).to_bytes(4, "big") + value
