"""Client of the suppression service: check an address before mail is sent to it.

>>> from suppression import SuppressionClient, WhenUnavailable
>>> client = SuppressionClient("127.0.0.1:50051", when_unavailable=WhenUnavailable.DO_NOT_SEND)
>>> if client.check("jane@example.com").send:
...     send_the_mail()
"""

from .answers import (
    AddressHistory,
    Changes,
    Check,
    Erased,
    Event,
    Suppressed,
    Suppression,
    Unsuppressed,
)
from .async_client import AsyncSuppressionClient
from .client import SuppressionClient
from .connection import Tls
from .enums import (
    Dimension,
    MailClass,
    Reason,
    ReplyCategory,
    Role,
    Verdict,
    WhenUnavailable,
)
from .errors import (
    ClientClosedError,
    ConfigurationError,
    DeadlineExceededError,
    FieldViolation,
    InvalidArgumentError,
    PermissionDeniedError,
    RefusedError,
    SuppressionError,
    UnauthenticatedError,
    UnavailableError,
)
from .exchanges import MAX_BATCH, Call
from .statistics import ReplyExample, Statistics, StatisticsFilter, StatisticsRow, Status
from .transports import AsyncTransport, Transport

__all__ = [
    "MAX_BATCH",
    "AddressHistory",
    "AsyncSuppressionClient",
    "AsyncTransport",
    "Call",
    "Changes",
    "Check",
    "ClientClosedError",
    "ConfigurationError",
    "DeadlineExceededError",
    "Dimension",
    "Erased",
    "Event",
    "FieldViolation",
    "InvalidArgumentError",
    "MailClass",
    "PermissionDeniedError",
    "Reason",
    "RefusedError",
    "ReplyCategory",
    "ReplyExample",
    "Role",
    "Statistics",
    "StatisticsFilter",
    "StatisticsRow",
    "Status",
    "Suppressed",
    "Suppression",
    "SuppressionClient",
    "SuppressionError",
    "Tls",
    "Transport",
    "UnauthenticatedError",
    "UnavailableError",
    "Unsuppressed",
    "Verdict",
    "WhenUnavailable",
]
