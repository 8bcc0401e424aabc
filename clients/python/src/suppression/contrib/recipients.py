"""The recipients of a mail, checked before it is sent."""

from collections.abc import Iterable, Mapping
from email.utils import getaddresses
from typing import TypeAlias

from ..answers import Check
from ..client import SuppressionClient
from ..enums import MailClass

#: One check per recipient, by the recipient's text in the mail.
Checks: TypeAlias = Mapping[str, Check]


class NobodyToMail(Exception):
    """The mail was not sent, because none of its recipients may be mailed.

    Attributes:
        checks: one for each recipient.
    """

    def __init__(self, checks: Iterable[Check]) -> None:
        self.checks = tuple(checks)
        reasons = {each.reason.name if each.answered else "UNANSWERED" for each in self.checks}
        super().__init__(f"no recipient may be mailed: {', '.join(sorted(reasons))}")

    @property
    def unanswered(self) -> bool:
        """Whether some checks got no answer: sending the mail later may help."""
        return any(not check.answered for check in self.checks)


def address_of(text: str) -> str:
    """Return the address in ``Jane <jane@example.com>``.

    Other text than exactly one address is returned unchanged: the service answers that
    it is an invalid address, and nothing is sent to it.
    """
    found = getaddresses([text])
    return found[0][1] if len(found) == 1 and found[0][1] else text


def check_all(
    client: SuppressionClient, recipients: Iterable[str], stream: str, mail_class: MailClass
) -> dict[str, Check]:
    """Check each recipient once, in one batch.

    Raises:
        SuppressionError: see :meth:`SuppressionClient.batch_check`.
    """
    texts = list(dict.fromkeys(recipients))
    addresses = [address_of(text) for text in texts]
    checks = client.batch_check(addresses, stream=stream, mail_class=mail_class)
    return dict(zip(texts, checks, strict=True))


def to_mail(recipients: Iterable[str], checks: Checks) -> list[str]:
    """Return the recipients that may be mailed, in order."""
    return [recipient for recipient in recipients if checks[recipient].send]
