"""The policy: what each kind of feedback does to the list, and what it counts as.

:data:`DEFAULT_POLICY` is all of it. The first row that fits decides. SES's
``bounceType`` comes before anything that the bouncing host said: a full mailbox
(5.2.2) is Transient and blocks nobody for ever.
"""

import dataclasses
import enum
import functools
import re
from typing import Final

from suppression_service.store import Reason


class Counts(enum.StrEnum):
    """What feedback counts as in the rates."""

    BOUNCE = "bounce"
    SOFT_BOUNCE = "soft bounce"
    COMPLAINT = "complaint"
    SENT = "sent"
    NOT = ""


class Scope(enum.Enum):
    """Which mail an entry of the list holds for."""

    ALL_MAIL = enum.auto()
    #: The stream that the configuration set is mapped to; where none is, there is no entry.
    MAPPED_STREAM = enum.auto()


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """What a decision is about: an event, and one recipient that it names."""

    kind: str
    type: str = ""
    sub_type: str = ""
    action: str = ""
    status: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: the cases that it fits, and the decision about them.

    ``type``, ``sub_type`` and ``action`` are names with ``|`` between them,
    compared without regard to case; ``*`` fits everything, missing included.
    ``stored`` is False for what comes with every message sent: ten million rows
    a day would say nothing that a count does not.
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
    #: Something for an operator to look into, or nothing.
    remark: str = ""

    def fits(self, case: Case) -> bool:
        """Whether the row decides a case, unless an earlier one does."""
        return (
            self.kind in ("*", case.kind)
            and _names(self.type, case.type)
            and _names(self.sub_type, case.sub_type)
            and _names(self.action, case.action)
            and (self.status is None or self.status.match(case.status) is not None)
        )


Policy = tuple[Row, ...]


def _names(pattern: str, name: str) -> bool:
    return pattern == "*" or name.lower() in _split(pattern)


@functools.cache
def _split(pattern: str) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in pattern.split("|"))


# An enhanced status code (RFC 3463) that tells a failure. An out-of-office reply
# has none, or one of success.
_FAILURE: Final = re.compile(r"\s*[45]\.\d{1,3}\.\d{1,3}")
# SES did not even try: the address stands on a list of SES's own.
_ECHO: Final = "OnAccountSuppressionList | OnTenantSuppressionList"

_HARD, _COMPLAINT, _UNSUB = Reason.HARD_BOUNCE, Reason.COMPLAINT, Reason.UNSUBSCRIBE
_UNKNOWN_BOUNCE: Final = "a bounce of an unknown type"
_UNKNOWN_KIND: Final = "an event of an unknown kind"

# fmt: off
DEFAULT_POLICY: Final[Policy] = (
    #   kind         type            sub-type                     list          counts as
    Row("Bounce",    "Permanent",    "General | NoEmail",         _HARD,        Counts.BOUNCE),
    Row("Bounce",    "Permanent",    "Suppressed",                _HARD,        Counts.BOUNCE),
    Row("Bounce",    "Permanent",    _ECHO,                       _HARD,        Counts.NOT),
    Row("Bounce",    "Permanent",    "EmailValidationSuppressed", _HARD,        Counts.NOT),
    Row("Bounce",    "Permanent",    "UnsubscribedRecipient",     _UNSUB,       Counts.NOT,
        scope=Scope.MAPPED_STREAM),
    Row("Bounce",    "Permanent",    "*",                         _HARD,        Counts.BOUNCE),
    Row("Bounce",    "Undetermined", "*",                         _HARD,        Counts.BOUNCE),
    Row("Bounce",    "Transient",    "MailboxFull",               None,         Counts.SOFT_BOUNCE),
    Row("Bounce",    "Transient",    "General",                   None,         Counts.SOFT_BOUNCE,
        status=_FAILURE),
    Row("Bounce",    "Transient",    "*",                         None,         Counts.NOT),
    Row("Bounce",    "*",            "*",                         None,         Counts.NOT,
        remark=_UNKNOWN_BOUNCE),

    Row("Complaint", "not-spam",     "*",                         None,         Counts.NOT),
    Row("Complaint", "auth-failure", "*",                         None,         Counts.NOT),
    Row("Complaint", "*",            _ECHO,                       _COMPLAINT,   Counts.NOT),
    Row("Complaint", "*",            "*",                         _COMPLAINT,   Counts.COMPLAINT),

    Row("Send",              "*",    "*",                         None,         Counts.SENT,
        stored=False),
    Row("Delivery",          "*",    "*",                         None,         Counts.NOT,
        stored=False),
    Row("DeliveryDelay",     "*",    "*",                         None,         Counts.NOT,
        stored=False),
    Row("Open",              "*",    "*",                         None,         Counts.NOT,
        stored=False),
    Row("Click",             "*",    "*",                         None,         Counts.NOT,
        stored=False),
    Row("Reject",            "*",    "*",                         None,         Counts.NOT),
    Row("Rendering Failure", "*",    "*",                         None,         Counts.NOT),
    Row("Subscription",      "*",    "*",                         None,         Counts.NOT),
    Row("*",                 "*",    "*",                         None,         Counts.NOT,
        remark=_UNKNOWN_KIND),
)

#: For senders to whom a Permanent bounce that says "delayed" is one that may yet arrive.
DELAYED_IS_SOFT: Final[Policy] = (
    Row("Bounce",    "Permanent",    "*",                         None,         Counts.SOFT_BOUNCE,
        action="delayed"),
    *DEFAULT_POLICY,
)
# fmt: on

KNOWN_KINDS: Final = frozenset(row.kind for row in DEFAULT_POLICY) - {"*"}


def decide(case: Case, policy: Policy = DEFAULT_POLICY) -> Row:
    """Return the row of a policy that decides a case; its last row fits everything."""
    return next(row for row in policy if row.fits(case))
