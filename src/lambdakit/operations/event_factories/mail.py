"""Mail that Amazon SES receives."""

from collections.abc import Sequence
from email.utils import format_datetime, parseaddr
from typing import Literal

from lambdakit.operations.event_factories.origin import Event, Family
from lambdakit.operations.event_factories.values import to_milliseconds

_Verdict = Literal["PASS", "FAIL", "GRAY", "PROCESSING_FAILED"]


class MailEvents(Family):
    """Makes events of mail."""

    def ses(
        self,
        subject: str = "",
        *,
        sender: str = "Arthur <arthur@example.com>",
        to: Sequence[str] = ("shop@example.com",),
        spam: _Verdict = "PASS",
        virus: _Verdict = "PASS",
        function: str = "function",
    ) -> Event:
        """Describe a mail that SES has received; its text is not part of the event.

        Args:
            subject: The subject.
            sender: Who wrote it, with or without a name.
            to: Who gets it.
            spam: What SES says about it as spam.
            virus: What SES says about it as a virus.
            function: The function that the receipt rule calls.

        Source: https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-lambda-event.html
        """
        mail = self._mail(subject, sender, list(to))
        verdicts = {"spam": spam, "virus": virus, "spf": "PASS", "dkim": "PASS", "dmarc": "PASS"}
        receipt = {
            "timestamp": mail["timestamp"],
            "processingTimeMillis": 500,
            "recipients": list(to),
            **{f"{name}Verdict": {"status": status} for name, status in verdicts.items()},
            "action": {
                "type": "Lambda",
                "functionArn": self._origin.arn("lambda", f"function:{function}"),
                "invocationType": "Event",
            },
        }
        record = {"eventSource": "aws:ses", "eventVersion": "1.0", "ses": {"mail": mail, "receipt": receipt}}
        return {"Records": [record]}

    def _mail(self, subject: str, sender: str, to: list[str]) -> Event:
        address = parseaddr(sender)[1]
        written = {
            "From": sender,
            "To": ", ".join(to),
            "Subject": subject,
            "Message-ID": f"<{self._origin.uuid()}@{address.partition('@')[2]}>",
            "Date": format_datetime(self._origin.now),
        }
        return {
            "timestamp": to_milliseconds(self._origin.now),
            "source": address,
            "messageId": self._origin.letters(40),
            "destination": to,
            "headersTruncated": False,
            "headers": [{"name": name, "value": value} for name, value in written.items()],
            "commonHeaders": {
                "returnPath": address,
                "from": [sender],
                "to": to,
                "date": written["Date"],
                "messageId": written["Message-ID"],
                "subject": subject,
            },
        }
