"""The words of the contract, and the one choice that every sender has to make.

Verdicts, reasons and classes of mail have the numbers of the proto. A number
that a newer server sends and this client does not know becomes a member of its
own, named ``UNKNOWN_7``, so that reading an answer never fails on it. It equals
no known member.
"""

from enum import Enum, IntEnum
from typing import Self


class _OpenEnum(IntEnum):
    """An enum that takes in numbers it does not know."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, int):
            return None
        member = int.__new__(cls, value)
        member._name_ = f"UNKNOWN_{value}"
        member._value_ = value
        # Remembered, so that one number is one object, as with known members.
        known = cls._value2member_map_.setdefault(value, member)
        return known if isinstance(known, cls) else None


class Verdict(_OpenEnum):
    """The answer to "may I mail this address?". Only ``SEND`` means yes."""

    #: No answer.
    UNSPECIFIED = 0
    #: Nothing on the list stands against this mail.
    SEND = 1
    #: The mail must not be sent.
    DO_NOT_SEND = 2


class Reason(_OpenEnum):
    """Why an address is suppressed."""

    #: No reason, as with a verdict of ``SEND``.
    UNSPECIFIED = 0
    #: The mailbox does not exist or refused the sender for good.
    HARD_BOUNCE = 1
    #: The mailbox failed temporarily, too many times in a row.
    SOFT_BOUNCE = 2
    #: The recipient marked a mail as spam.
    COMPLAINT = 3
    #: The recipient opted out, of one stream or of all mail.
    UNSUBSCRIBE = 4
    #: A person or a program of the sender's own put the address on the list.
    MANUAL = 5
    #: The text is no address. Only ever an answer; no entry can be made with it.
    INVALID_ADDRESS = 6


class MailClass(_OpenEnum):
    """What kind of mail is about to be sent."""

    #: The same as ``ORDINARY``.
    UNSPECIFIED = 0
    #: Mail that every entry on the list stops.
    ORDINARY = 1
    #: Password resets, receipts, legal notices: passes complaints and
    #: unsubscribes, never bounces and never manual entries.
    ESSENTIAL = 2


class WhenUnavailable(Enum):
    """What a check answers while the service cannot be asked.

    There is no default: not sending delays mail that may matter, sending mails
    addresses that bounced or complained. Only the sender knows which is worse.
    """

    #: Do not send now; ask again later.
    DO_NOT_SEND = "do-not-send"
    #: Send as though nothing stood against it.
    SEND = "send"
    #: Raise ``UnavailableError``.
    RAISE = "raise"
