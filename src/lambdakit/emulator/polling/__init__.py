"""What brings a queue's messages to a function."""

from lambdakit.emulator.polling.declaring import QueueNames, declare_queues, name_queues
from lambdakit.emulator.polling.poller import Delivery, Poller

__all__ = ["Delivery", "Poller", "QueueNames", "declare_queues", "name_queues"]
