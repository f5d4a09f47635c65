"""Events of every source, from a few words about what is in them."""

from lambdakit.operations.event_factories.factories import Events
from lambdakit.operations.event_factories.http import HttpEvents, Place
from lambdakit.operations.event_factories.origin import Event, Origin

__all__ = ["Event", "Events", "HttpEvents", "Origin", "Place"]
