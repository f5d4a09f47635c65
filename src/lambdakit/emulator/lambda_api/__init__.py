"""Lambda's own API for those who invoke functions, on a loopback address: what `boto3.client("lambda")` speaks to."""

from lambdakit.emulator.lambda_api.app import LambdaApi
from lambdakit.emulator.lambda_api.asynchronous import AsynchronousSettings, Destination
from lambdakit.emulator.lambda_api.callee import Callee
from lambdakit.emulator.lambda_api.log_tails import LogTails

__all__ = ["AsynchronousSettings", "Callee", "Destination", "LambdaApi", "LogTails"]
