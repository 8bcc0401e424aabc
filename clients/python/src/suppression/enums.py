"""The enums of the contract, and the choice that every sender must make.

Verdicts, reasons and mail classes have the numbers of the contract. A number that only a
newer server knows becomes a new member, such as ``UNKNOWN_7``. Reading an answer never fails
on it, and it equals no known member.
"""

from enum import Enum, IntEnum
from typing import Self


class _OpenEnum(IntEnum):
    """An enum that accepts unknown numbers."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, int):
            return None
        member = int.__new__(cls, value)
        member._name_ = f"UNKNOWN_{value}"
        member._value_ = value
        # Stored, so that a number is always the same object, as with known members.
        known = cls._value2member_map_.setdefault(value, member)
        return known if isinstance(known, cls) else None


class Verdict(_OpenEnum):
    """The answer to "may I mail this address?". Only ``SEND`` means yes."""

    #: No answer.
    UNSPECIFIED = 0
    #: No entry of the list applies to this mail.
    SEND = 1
    #: The mail must not be sent.
    DO_NOT_SEND = 2


class Reason(_OpenEnum):
    """Why an address is suppressed."""

    #: No reason: the verdict is ``SEND``.
    UNSPECIFIED = 0
    #: The mailbox does not exist or refuses the sender permanently.
    HARD_BOUNCE = 1
    #: The mailbox failed temporarily, too many times in a row.
    SOFT_BOUNCE = 2
    #: The recipient marked a mail as spam.
    COMPLAINT = 3
    #: The recipient opted out, of one stream or of all mail.
    UNSUBSCRIBE = 4
    #: A person or a program of the sender put the address on the list.
    MANUAL = 5
    #: The text is not an address. Only in answers; an entry cannot have it.
    INVALID_ADDRESS = 6


class MailClass(_OpenEnum):
    """The kind of mail to be sent."""

    #: The same as ``ORDINARY``.
    UNSPECIFIED = 0
    #: Every entry of the list applies to it.
    ORDINARY = 1
    #: Password resets, receipts, legal notices: complaints and unsubscribes do not apply to
    #: it, bounces and manual entries do.
    ESSENTIAL = 2


class ReplyCategory(_OpenEnum):
    """What the reply of a receiving mail server means."""

    #: There was no reply, or the counts are of several categories.
    UNSPECIFIED = 0
    #: The mailbox or the domain does not exist, or it is disabled.
    NO_SUCH_USER = 1
    #: The mailbox is full.
    MAILBOX_FULL = 2
    #: The receiver blocks the sender, its IP address or its domain.
    REPUTATION = 3
    #: The receiver rejects the content.
    CONTENT = 4
    #: The receiver has a rule against this mail, such as DMARC.
    POLICY = 5
    #: The receiver's domain or mail server was not found or did not answer.
    DNS = 6
    #: The receiver asks to try again later.
    GREYLISTING = 7
    #: None of these.
    OTHER = 8


class Role(_OpenEnum):
    """What a token permits. Each role includes those before it."""

    #: No role.
    UNSPECIFIED = 0
    #: May check addresses.
    CHECK = 1
    #: May read the list and the statistics.
    READ = 2
    #: May add entries.
    WRITE = 3
    #: May remove entries and erase addresses.
    ADMIN = 4


class Dimension(_OpenEnum):
    """What rows of statistics can be about."""

    #: Not a dimension.
    UNSPECIFIED = 0
    #: The day (UTC).
    DAY = 1
    #: The reason of the entries that the feedback or the request led to.
    REASON = 2
    #: The sub-type of a bounce or a complaint as SES names it.
    SUB_TYPE = 3
    #: The enhanced status code of a bounce (RFC 3463).
    STATUS = 4
    #: The domain of the recipient.
    DOMAIN = 5
    #: The configuration set that the mail was sent with.
    CONFIGURATION_SET = 6
    #: The stream that the mail belongs to.
    STREAM = 7
    #: Who reported the feedback or made the entry.
    SOURCE = 8
    #: The category of the reply of the receiving mail server.
    CATEGORY = 9


class WhenUnavailable(Enum):
    """What a check answers while the service is unavailable.

    There is no default. Not sending delays mail that may be important. Sending mails addresses
    that bounced or complained. Only the sender knows which is worse.
    """

    #: Do not send now; ask again later.
    DO_NOT_SEND = "do-not-send"
    #: Send as if the address were not on the list.
    SEND = "send"
    #: ``SEND`` for mail of the class ``MailClass.ESSENTIAL``, ``DO_NOT_SEND`` for all other mail.
    SEND_ESSENTIAL = "send-essential"
    #: Raise ``UnavailableError``.
    RAISE = "raise"
