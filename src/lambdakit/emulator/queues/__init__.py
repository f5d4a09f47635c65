"""Queues that outlive the process, and answer as SQS does."""

from lambdakit.emulator.queues.attributes import ACCOUNT
from lambdakit.emulator.queues.broker import Broker
from lambdakit.emulator.queues.queues import Queues
from lambdakit.emulator.queues.receiving import Message
from lambdakit.emulator.queues.schema import Outlives
from lambdakit.emulator.queues.sending import Draft
from lambdakit.emulator.queues.store import Store

__all__ = ["ACCOUNT", "Broker", "Draft", "Message", "Outlives", "Queues", "Store"]
