"""An SESv2 client that asks before it sends. Needs the extra ``boto3``.

>>> ses = CheckedSES(boto3.client("sesv2"), suppression, configuration_set="transactional")
>>> ses.send_email(
...     FromEmailAddress="shop@example.com",
...     Destination={"ToAddresses": ["jane@example.com"]},
...     Content=content,
... )
"""

from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from email.utils import getaddresses
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from .answers import Check
from .client import SuppressionClient
from .enums import MailClass
from .recipients import Checks, NobodyToMail, check_all, to_mail

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

_Destination: TypeAlias = dict[str, list[str]]

_MEMBERS: Final = {"ToAddresses": "to", "CcAddresses": "cc", "BccAddresses": "bcc"}


class CheckedSES:
    """Sends through SES to those who may be mailed.

    Recipients that may not be mailed are left out. A mail of whose ``ToAddresses`` nobody is
    left is not sent. Every mail goes through the configuration set, since without one SES
    reports no bounce and no complaint. Methods that send nothing are those of the wrapped
    client; what it sends in other ways is not to be had here.

    Args:
        ses: ``boto3.client("sesv2")``.
        client: asks the suppression service; stays the caller's to close.
        configuration_set: for mails that name none.
        stream: what the mails belong to, such as "newsletter".
        mail_class: ``ESSENTIAL`` for password resets and the like.
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
        """Send one mail; arguments and answer are those of SES.

        Recipients of a raw mail without a ``Destination`` are those of its header.

        Raises:
            NobodyToMail: nobody is left of ``ToAddresses``, or of all where it was empty.
            SuppressionError: see :meth:`SuppressionClient.batch_check`.
        """
        destination = _lists(request.get("Destination")) or _raw_destination(request)
        checks = self._checks(_everybody(destination))
        left = _left(destination, checks)
        if left is None:
            raise NobodyToMail(checks.values())
        return self._ses.send_email(**{**self._defaults, **request, "Destination": left})

    def send_bulk_email(self, **request: Any) -> Any:
        """Send a templated mail to many; arguments and answer are those of SES.

        An entry that was not sent has the status ``MESSAGE_REJECTED`` in the answer, at
        its place, and an error that starts with "suppressed: ".

        Raises:
            SuppressionError: see :meth:`SuppressionClient.batch_check`.
        """
        entries = request.pop("BulkEmailEntries")
        destinations = [_lists(entry.get("Destination")) for entry in entries]
        checks = self._checks([text for each in destinations for text in _everybody(each)])
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


def _everybody(destination: _Destination) -> list[str]:
    return [text for recipients in destination.values() for text in recipients]


def _left(destination: _Destination, checks: Checks) -> _Destination | None:
    """Return whom to mail; None where the mail has lost those it was for."""
    left = _lists({name: to_mail(texts, checks) for name, texts in destination.items()})
    gone = "ToAddresses" in destination and "ToAddresses" not in left
    return None if gone or not left else left


def _rejected(destination: _Destination, checks: Checks) -> dict[str, str]:
    nobody = NobodyToMail(_stopped(destination, checks))
    return {"Status": "MESSAGE_REJECTED", "Error": f"suppressed: {nobody}"}


def _stopped(destination: _Destination, checks: Checks) -> Iterator[Check]:
    return (checks[text] for text in _everybody(destination) if not checks[text].send)
