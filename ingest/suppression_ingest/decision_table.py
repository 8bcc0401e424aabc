"""The decision table: what each SES event does to the list, and what it counts as.

The first row of :data:`DEFAULT_TABLE` that fits an event decides. SES's ``bounceType`` is
more important than the answer of the bouncing host: a full mailbox (5.2.2) is Transient and
is not suppressed for ever.
"""

import dataclasses
import enum
import functools
import re
from typing import Final

from suppression_ingest.ses import SesEvent
from suppression_service.store import Reason

#: The kind shown for an SES event whose kind this program does not know.
UNKNOWN: Final = "unknown"


class Counts(enum.StrEnum):
    """What feedback counts as in the rates."""

    BOUNCE = "bounce"
    SOFT_BOUNCE = "soft bounce"
    COMPLAINT = "complaint"
    SENT = "sent"
    NOTHING = ""


class Scope(enum.Enum):
    """The mail that an entry applies to."""

    ALL_MAIL = enum.auto()
    #: The stream of the configuration set. Without a mapping there is no entry.
    CONFIGURATION_SET = enum.auto()
    #: The stream of the tenant. Without a mapping there is no entry.
    TENANT = enum.auto()
    #: The streams that a change of preferences concerns. Without a mapping there is no entry.
    PREFERENCES = enum.auto()


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """The input of a decision: the facts of an event about one recipient."""

    kind: str
    type: str = ""
    sub_type: str = ""
    action: str = ""
    status: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: the cases that it fits, and the decision about them.

    ``type``, ``sub_type`` and ``action`` are names with ``|`` between them. They are
    compared without regard to case. ``*`` fits everything, also a missing name.
    ``stored`` is False for events that every sent message causes. They are only
    counted: storing them would add ten million rows a day and no information.
    """

    kind: str
    type: str
    sub_type: str
    listed: Reason | None
    counts_as: Counts
    scope: Scope = Scope.ALL_MAIL
    status: re.Pattern[str] | None = None
    action: str = "*"
    stored: bool = True
    #: What an operator should look into; empty for nothing.
    warning: str = ""

    def fits(self, case: Case) -> bool:
        """Whether the row decides a case, unless an earlier one does."""
        return (
            self.kind in ("*", case.kind)
            and _pattern_matches(self.type, case.type)
            and _pattern_matches(self.sub_type, case.sub_type)
            and _pattern_matches(self.action, case.action)
            and (self.status is None or self.status.match(case.status) is not None)
        )


Table = tuple[Row, ...]


def _pattern_matches(pattern: str, name: str) -> bool:
    return pattern == "*" or name.lower() in _split(pattern)


@functools.cache
def _split(pattern: str) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in pattern.split("|"))


# An enhanced status code (RFC 3463) of a failure. An out-of-office reply has no code, or
# a code of success.
_FAILURE: Final = re.compile(r"\s*[45]\.\d{1,3}\.\d{1,3}")
# SES did not try to deliver, because the address is on a list of its own.
_ACCOUNT_LIST: Final = "OnAccountSuppressionList"
_TENANT_LIST: Final = "OnTenantSuppressionList"

_HARD, _COMPLAINT, _UNSUB = Reason.HARD_BOUNCE, Reason.COMPLAINT, Reason.UNSUBSCRIBE
_UNKNOWN_BOUNCE: Final = "a bounce of an unknown type"
_UNKNOWN_KIND: Final = "an event of an unknown kind"

# fmt: off
DEFAULT_TABLE: Final[Table] = (
    #   kind         type            sub-type                     list          counts as
    Row("Bounce",    "Permanent",    "General | NoEmail",         _HARD,        Counts.BOUNCE),
    Row("Bounce",    "Permanent",    "Suppressed",                _HARD,        Counts.BOUNCE),
    Row("Bounce",    "Permanent",    _ACCOUNT_LIST,               _HARD,        Counts.NOTHING),
    Row("Bounce",    "Permanent",    _TENANT_LIST,                _HARD,        Counts.NOTHING,
        scope=Scope.TENANT),
    Row("Bounce",    "Permanent",    "EmailValidationSuppressed", _HARD,        Counts.NOTHING),
    Row("Bounce",    "Permanent",    "UnsubscribedRecipient",     _UNSUB,       Counts.NOTHING,
        scope=Scope.CONFIGURATION_SET),
    Row("Bounce",    "Permanent",    "*",                         _HARD,        Counts.BOUNCE),
    Row("Bounce",    "Undetermined", "*",                         _HARD,        Counts.BOUNCE),
    Row("Bounce",    "Transient",    "MailboxFull",               None,         Counts.SOFT_BOUNCE),
    Row("Bounce",    "Transient",    "General",                   None,         Counts.SOFT_BOUNCE,
        status=_FAILURE),
    Row("Bounce",    "Transient",    "*",                         None,         Counts.NOTHING),
    Row("Bounce",    "*",            "*",                         None,         Counts.NOTHING,
        warning=_UNKNOWN_BOUNCE),

    Row("Complaint", "not-spam",     "*",                         None,         Counts.NOTHING),
    Row("Complaint", "auth-failure", "*",                         None,         Counts.NOTHING),
    Row("Complaint", "*",            _ACCOUNT_LIST,               _COMPLAINT,   Counts.NOTHING),
    Row("Complaint", "*",            _TENANT_LIST,                _COMPLAINT,   Counts.NOTHING,
        scope=Scope.TENANT),
    Row("Complaint", "*",            "*",                         _COMPLAINT,   Counts.COMPLAINT),

    Row("Send",              "*",    "*",                         None,         Counts.SENT,
        stored=False),
    Row("Delivery",          "*",    "*",                         None,         Counts.NOTHING,
        stored=False),
    Row("DeliveryDelay",     "*",    "*",                         None,         Counts.NOTHING,
        stored=False),
    Row("Open",              "*",    "*",                         None,         Counts.NOTHING,
        stored=False),
    Row("Click",             "*",    "*",                         None,         Counts.NOTHING,
        stored=False),
    Row("Reject",            "*",    "*",                         None,         Counts.NOTHING),
    Row("Rendering Failure", "*",    "*",                         None,         Counts.NOTHING),
    Row("Subscription",      "*",    "*",                         _UNSUB,       Counts.NOTHING,
        scope=Scope.PREFERENCES),
    Row("*",                 "*",    "*",                         None,         Counts.NOTHING,
        warning=_UNKNOWN_KIND),
)

#: For senders who expect mail to arrive after a Permanent bounce with the action "delayed".
DELAYED_IS_SOFT: Final[Table] = (
    Row("Bounce",    "Permanent",    "*",                         None,         Counts.SOFT_BOUNCE,
        action="delayed"),
    *DEFAULT_TABLE,
)
# fmt: on

KNOWN_KINDS: Final = frozenset(row.kind for row in DEFAULT_TABLE) - {"*"}


def decisive_row(case: Case, table: Table = DEFAULT_TABLE) -> Row:
    """Return the row of a table that decides a case; the last row fits everything."""
    return next(row for row in table if row.fits(case))


def kind_to_show(event: SesEvent) -> str:
    """Return an event's kind for counts and logs, never an unknown text."""
    return event.kind if event.kind in KNOWN_KINDS else UNKNOWN
