"""The commands of `toolkit events` that describe HTTP requests."""

from collections.abc import Callable

from lambdakit.cli.events import options
from lambdakit.cli.events.flags import read_object
from lambdakit.cli.events.printing import make_events, print_event
from lambdakit.cli.invoke_local import options as request_options
from lambdakit.cli.invoke_local.request import build_request, read_body
from lambdakit.events import FORMATS
from lambdakit.operations.event_factories import Place

_SERVICES = {
    "function-url": "a function URL",
    "http-api": "an HTTP API with payload format 2.0",
    "http-api-1.0": "an HTTP API with payload format 1.0",
    "rest-api": "a REST API",
    "alb": "a load balancer",
    "alb-multi-value": "a load balancer whose target group has multi-value headers",
    "vpc-lattice": "a VPC Lattice service, with event structure 2.0",
    "vpc-lattice-1.0": "a VPC Lattice service, with event structure 1.0",
}


def make_command(via: str) -> Callable[..., None]:
    """Return the command that prints the event of a request through a service, a key of `FORMATS`."""

    def send(  # noqa: PLR0913 (each option of a command is an argument)
        method: options.Method = "GET",
        path: options.UrlPath = "/",
        *,
        header: request_options.Headers = None,
        json: request_options.Json = None,
        data: request_options.Data = None,
        stage: options.Stage = "",
        route: options.Route = "/{proxy+}",
        source_ip: options.SourceIp = "203.0.113.10",
        authorizer: options.Authorizer = None,
        seed: options.Seed = None,
        time: options.Time = None,
        account: options.Account = "123456789012",
        region: options.Region = "us-east-1",
    ) -> None:
        made = make_events(seed=seed, time=time, account=account, region=region)
        request = build_request(
            method,
            path,
            headers=header or [],
            body=read_body(json_text=json, data=data),
            event_format=FORMATS[via],
            host=made.choose_host(via).encode(),
        )
        place: Place = {"stage": stage, "route": route, "source_ip": source_ip}
        if authorizer is not None:
            place["authorizer"] = read_object(authorizer, "--authorizer")
        print_event(lambda: made.http(via, request, **place))

    send.__doc__ = f"A request to {_SERVICES[via]}."
    return send
