"""A Django e-mail backend that checks recipients before it sends. Needs the extra ``django``.

In the settings::

    EMAIL_BACKEND = "suppression.contrib.django.EmailBackend"
    SUPPRESSION = {
        "SERVER": "127.0.0.1:50051",
        "WHEN_UNAVAILABLE": "do-not-send",      # or "send", "send-essential", "raise"
        "CONFIGURATION_SET": "transactional",   # of SES; its events feed the list
        # "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        # "STREAM": "", "MAIL_CLASS": "ORDINARY",
        # "CLIENT": {"token": "…", "tls": Tls()},   more arguments of SuppressionClient
    }

The headers ``X-Suppression-Stream`` and ``X-Suppression-Mail-Class`` of a mail set its
stream and its class. They are removed before the mail is sent.
"""

import copy
import functools
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeAlias

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.dispatch import Signal

from ..client import SuppressionClient
from ..enums import MailClass, WhenUnavailable
from ..errors import SuppressionError
from .recipients import Checks, check_all, to_mail

#: The header that sets a mail's stream.
STREAM_HEADER: Final = "X-Suppression-Stream"
#: The header that sets a mail's class.
MAIL_CLASS_HEADER: Final = "X-Suppression-Mail-Class"
#: Sent when recipients are removed from a mail, with ``message`` (before the removal) and
#: ``checks`` (of the removed recipients).
recipients_left_out = Signal()

_SMTP: Final = "django.core.mail.backends.smtp.EmailBackend"
_CONFIGURATION_SET_HEADER: Final = "X-SES-CONFIGURATION-SET"
_Kind: TypeAlias = tuple[str, MailClass]


class EmailBackend(BaseEmailBackend):  # type: ignore[misc]  # Django has no types
    """Sends mails through another backend to the recipients that may be mailed.

    Other recipients are removed from the mail. A mail is not sent and not counted if all
    recipients in ``to`` are removed. The recipients of all mails of one call are checked
    in one batch per stream and class. Further arguments go to the other backend.

    Raises:
        ImproperlyConfigured: the setting SUPPRESSION is incomplete.
    """

    def __init__(self, fail_silently: bool = False, **kwargs: Any) -> None:
        super().__init__(fail_silently=fail_silently)
        self._settings = _settings()
        backend = self._settings.get("BACKEND", _SMTP)
        self._backend = get_connection(backend, fail_silently=fail_silently, **kwargs)

    def open(self) -> Any:
        """Open the other backend's connection."""
        return self._backend.open()

    def close(self) -> None:
        """Close the other backend's connection."""
        self._backend.close()

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send the mails that may be sent and return their number.

        Raises:
            SuppressionError: see :meth:`SuppressionClient.batch_check`; not raised with
                ``fail_silently``.
        """
        try:
            checked = self._checked(email_messages)
        except SuppressionError:
            if self.fail_silently:
                return 0
            raise
        return self._backend.send_messages(checked) or 0 if checked else 0

    def _checked(self, messages: Sequence[EmailMessage]) -> list[EmailMessage]:
        by_kind: defaultdict[_Kind, list[str]] = defaultdict(list)
        for message in messages:
            by_kind[self._kind(message)].extend(message.recipients())
        client = _client(os.getpid())
        checks = {kind: check_all(client, who, *kind) for kind, who in by_kind.items()}
        prepared = (self._prepared(each, checks[self._kind(each)]) for each in messages)
        return [message for message in prepared if message is not None]

    def _kind(self, message: EmailMessage) -> _Kind:
        headers = {name.lower(): str(value) for name, value in message.extra_headers.items()}
        stream = headers.get(STREAM_HEADER.lower(), self._settings.get("STREAM", ""))
        of_all = self._settings.get("MAIL_CLASS", "ORDINARY")
        return stream, _mail_class(headers.get(MAIL_CLASS_HEADER.lower(), of_all))

    def _prepared(self, message: EmailMessage, checks: Checks) -> EmailMessage | None:
        """Return a copy of a mail without removed recipients; None if it must not be sent."""
        self._report_left_out(message, checks)
        ready = copy.copy(message)
        ready.to, ready.cc, ready.bcc = (
            to_mail(recipients, checks) for recipients in (message.to, message.cc, message.bcc)
        )
        ready.extra_headers = self._headers(message, ready)
        gone = message.to and not ready.to
        return None if gone or not ready.recipients() else ready

    def _headers(self, message: EmailMessage, ready: EmailMessage) -> dict[str, Any]:
        """Return the headers without our own, and without lists of removed recipients."""
        unwanted = {STREAM_HEADER.lower(), MAIL_CLASS_HEADER.lower()}
        # Django prefers such a header to the list of recipients, which has changed.
        unwanted |= {
            each for each in ("to", "cc") if getattr(message, each) != getattr(ready, each)
        }
        headers = message.extra_headers.items()
        kept = {name: value for name, value in headers if name.lower() not in unwanted}
        if wanted := self._settings.get("CONFIGURATION_SET"):
            kept.setdefault(_CONFIGURATION_SET_HEADER, wanted)
        return kept

    def _report_left_out(self, message: EmailMessage, checks: Checks) -> None:
        left_out = [checks[each] for each in message.recipients() if not checks[each].send]
        if left_out:
            recipients_left_out.send(sender=type(self), message=message, checks=left_out)


def _settings() -> dict[str, Any]:
    given: dict[str, Any] = getattr(settings, "SUPPRESSION", {})
    _require(given, "SERVER", "WHEN_UNAVAILABLE")
    return given


def _require(given: dict[str, Any], *names: str) -> None:
    if missing := [name for name in names if not given.get(name)]:
        raise ImproperlyConfigured(f"the setting SUPPRESSION lacks {' and '.join(missing)}")


def _mail_class(name: str) -> MailClass:
    try:
        return MailClass[name.upper()]
    except KeyError:
        known: Iterable[str] = (each.name for each in MailClass if each)
        raise ImproperlyConfigured(f"the class of a mail is one of {', '.join(known)}") from None


@functools.lru_cache(maxsize=1)
def _client(_process: int) -> SuppressionClient:
    """Return the client of this process: a gRPC channel does not survive a fork."""
    given = _settings()
    try:
        choice = WhenUnavailable(str(given["WHEN_UNAVAILABLE"]).lower().replace("_", "-"))
    except ValueError:
        raise ImproperlyConfigured(
            "WHEN_UNAVAILABLE is do-not-send, send, send-essential or raise"
        ) from None
    return SuppressionClient(given["SERVER"], when_unavailable=choice, **given.get("CLIENT", {}))
