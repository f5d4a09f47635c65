"""The options that every command of `events` has, and those of HTTP requests, each with its words for `--help`."""

from typing import Annotated

from typer import Argument, Option

Seed = Annotated[str | None, Option("--seed", metavar="TEXT", help="The same seed makes the same ids.")]
Time = Annotated[str | None, Option("--time", metavar="TIME", help="When it happens, as 2026-07-10T19:19:04Z.")]
Account = Annotated[str, Option("--account", metavar="ID", help="The AWS account.")]
Region = Annotated[str, Option("--region", metavar="NAME", help="The AWS region.")]

Method = Annotated[str, Argument(metavar="METHOD", help="The method, in any case.")]
UrlPath = Annotated[str, Argument(metavar="PATH", help="The path, perhaps with a query string.")]
Stage = Annotated[str, Option("--stage", metavar="NAME", help="The stage of an API.")]
Route = Annotated[str, Option("--route", metavar="ROUTE", help="The resource of a REST API, as /orders/{id}.")]
SourceIp = Annotated[str, Option("--source-ip", metavar="ADDRESS", help="The client's address.")]
Authorizer = Annotated[
    str | None, Option("--authorizer", metavar="TEXT|@FILE|-", help="What an authorizer found, as JSON.")
]
