from lambdakit.operations.event_factories.authorizers import AuthorizerEvents
from lambdakit.operations.event_factories.brokers import BrokerEvents
from lambdakit.operations.event_factories.cognito import CognitoEvents
from lambdakit.operations.event_factories.conversation import ConversationEvents
from lambdakit.operations.event_factories.delivery import DeliveryEvents
from lambdakit.operations.event_factories.graph import GraphEvents
from lambdakit.operations.event_factories.mail import MailEvents
from lambdakit.operations.event_factories.notices import NoticeEvents
from lambdakit.operations.event_factories.queues import QueueEvents
from lambdakit.operations.event_factories.storage import StorageEvents
from lambdakit.operations.event_factories.streams import StreamEvents
from lambdakit.operations.event_factories.websocket import WebSocketEvents


class Events(
    AuthorizerEvents,
    WebSocketEvents,
    QueueEvents,
    BrokerEvents,
    StreamEvents,
    StorageEvents,
    NoticeEvents,
    MailEvents,
    CognitoEvents,
    DeliveryEvents,
    GraphEvents,
    ConversationEvents,
):
    """Makes events of every source, a method each; what is not said is made up, and what belongs together agrees.

    With an `Origin` that has a seed and a moment, the same calls make the same events.
    """
