"""An SESv2 client that checks recipients before it sends. Needs the extra ``boto3``.

>>> ses = CheckedSES(boto3.client("sesv2"), suppression, configuration_set="transactional")
>>> ses.send_email(
...     FromEmailAddress="shop@example.com",
...     Destination={"ToAddresses": ["jane@example.com"]},
...     Content=content,
... )
"""

from email import message_from_bytes
from email.policy import default
from email.utils import getaddresses
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ..answers import Check
from ..client import SuppressionClient
from ..enums import MailClass
from .recipients import Checks, NobodyToMail, check_all, to_mail

__all__ = ["CheckedSES", "NobodyToMail"]

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

_Destination: TypeAlias = dict[str, list[str]]

_MEMBERS: Final = {"ToAddresses": "to", "CcAddresses": "cc", "BccAddresses": "bcc"}


class CheckedSES:
    """Sends through SES to the recipients that may be mailed.

    Other recipients are removed from the mail. A mail is not sent if all of its ``ToAddresses``
    are removed. Every mail gets a configuration set, because without one SES reports no bounces
    and no complaints. Methods that do not send are those of the wrapped client. Methods that
    send, other than the two below, raise ``AttributeError``.

    Args:
        ses: ``boto3.client("sesv2")``.
        client: the suppression client; the caller closes it.
        configuration_set: for mails that name none.
        stream: the stream of the mails, such as "newsletter".
        mail_class: ``ESSENTIAL`` for mail such as password resets.
    """

    def __init__(
        self,
        ses: "SESV2Client",
        client: SuppressionClient,
        *,
        configuration_set: str,
        stream: str = "",
        mail_class: MailClass = MailClass.ORDINARY,
    ) -> None:
        self._ses: Any = ses
        self._client = client
        self._configuration_set = configuration_set
        self._stream = stream
        self._mail_class = mail_class

    def __getattr__(self, name: str) -> Any:
        if name.startswith("send_"):
            raise AttributeError(f"{name} is not checked; call it on the SES client itself")
        return getattr(self._ses, name)

    def send_email(self, **request: Any) -> Any:
        """Send one mail, with the arguments and the response of SES.

        A raw mail without a ``Destination`` goes to the recipients in its headers.

        Raises:
            NobodyToMail: no recipient is left in ``ToAddresses``, or at all if it was empty.
            SuppressionError: see :meth:`SuppressionClient.batch_check`.
        """
        destination = _lists(request.get("Destination")) or _raw_destination(request)
        checks = self._checks(_all(destination))
        left = _left(destination, checks)
        if left is None:
            raise NobodyToMail(checks.values())
        return self._ses.send_email(**{**self._defaults, **request, "Destination": left})

    def send_bulk_email(self, **request: Any) -> Any:
        """Send a templated mail to many, with the arguments and the response of SES.

        The result of an entry that was not sent has the status ``MESSAGE_REJECTED`` and an
        error that starts with "suppressed: ".

        Raises:
            SuppressionError: see :meth:`SuppressionClient.batch_check`.
        """
        entries = request.pop("BulkEmailEntries")
        destinations = [_lists(entry.get("Destination")) for entry in entries]
        checks = self._checks([text for each in destinations for text in _all(each)])
        left = [_left(destination, checks) for destination in destinations]
        kept = [
            {**entry, "Destination": each}
            for entry, each in zip(entries, left, strict=True)
            if each is not None
        ]
        answer: dict[str, Any] = {"BulkEmailEntryResults": []}
        if kept:
            answer = self._ses.send_bulk_email(
                **{**self._defaults, **request, "BulkEmailEntries": kept}
            )
        sent = iter(answer["BulkEmailEntryResults"])
        results = [
            _rejected(destination, checks) if each is None else next(sent)
            for destination, each in zip(destinations, left, strict=True)
        ]
        return {**answer, "BulkEmailEntryResults": results}

    @property
    def _defaults(self) -> dict[str, str]:
        return {"ConfigurationSetName": self._configuration_set}

    def _checks(self, recipients: list[str]) -> dict[str, Check]:
        return check_all(self._client, recipients, self._stream, self._mail_class)


def _lists(destination: Any) -> _Destination:
    given = destination or {}
    return {name: list(given[name]) for name in _MEMBERS if given.get(name)}


def _raw_destination(request: dict[str, Any]) -> _Destination:
    raw = request.get("Content", {}).get("Raw")
    if raw is None:
        return {}
    data = raw["Data"]
    message = message_from_bytes(data.encode() if isinstance(data, str) else data, policy=default)
    return _lists(
        {
            name: [address for _, address in getaddresses(map(str, message.get_all(header, [])))]
            for name, header in _MEMBERS.items()
        }
    )


def _all(destination: _Destination) -> list[str]:
    return [text for recipients in destination.values() for text in recipients]


def _left(destination: _Destination, checks: Checks) -> _Destination | None:
    """Return the recipients that may be mailed; None if the mail must not be sent."""
    left = _lists({name: to_mail(texts, checks) for name, texts in destination.items()})
    gone = "ToAddresses" in destination and "ToAddresses" not in left
    return None if gone or not left else left


def _rejected(destination: _Destination, checks: Checks) -> dict[str, str]:
    error = NobodyToMail(checks[text] for text in _all(destination) if not checks[text].send)
    return {"Status": "MESSAGE_REJECTED", "Error": f"suppressed: {error}"}
