"""HTTP requests and responses as the events and results of AWS services, in both directions.

Pure functions: no framework, no clock, no environment, no input or output.
"""

from lambdakit.events.alb import Alb, AlbMultiValue
from lambdakit.events.detection import SOURCES, detect
from lambdakit.events.format import LAMBDA_PAYLOAD_LIMIT, EventFormat
from lambdakit.events.function_url import FunctionUrl
from lambdakit.events.http_api import HttpApi, HttpApiOne
from lambdakit.events.lattice import Lattice, LatticeOne
from lambdakit.events.message import Gateway, Headers, Request, Response
from lambdakit.events.rest_api import RestApi

__all__ = [
    "FORMATS",
    "LAMBDA_PAYLOAD_LIMIT",
    "SOURCES",
    "EventFormat",
    "Gateway",
    "Headers",
    "Request",
    "Response",
    "detect",
]

FORMATS: dict[str, EventFormat] = {
    event_format.name: event_format
    for event_format in (
        FunctionUrl(),
        HttpApi(),
        HttpApiOne(),
        RestApi(),
        Alb(),
        AlbMultiValue(),
        Lattice(),
        LatticeOne(),
    )
}
"""Every HTTP payload format by its name, which is also what `detect` returns for its events."""
