"""Recipients as mail programs write them, checked before a mail goes out."""

from collections.abc import Iterable, Mapping
from email.utils import getaddresses
from typing import TypeAlias

from .answers import Check
from .client import SuppressionClient
from .enums import MailClass

#: What the service said, by the text of the recipient.
Checks: TypeAlias = Mapping[str, Check]


class NobodyToMail(Exception):
    """No recipient of a mail may be mailed, so it was not sent.

    Attributes:
        checks: of all its recipients.
    """

    def __init__(self, checks: Iterable[Check]) -> None:
        self.checks = tuple(checks)
        why = sorted(
            {check.reason.name if check.answered else "UNANSWERED" for check in self.checks}
        )
        super().__init__(f"no recipient may be mailed: {', '.join(why)}")

    @property
    def unanswered(self) -> bool:
        """Whether the service could not be asked about some: trying later may help."""
        return any(not check.answered for check in self.checks)


def address_of(text: str) -> str:
    """Return the address in ``Jane <jane@example.com>``.

    Text that is not exactly one address is returned as it is: the service answers
    that it is none, and nothing is sent there.
    """
    found = getaddresses([text])
    return found[0][1] if len(found) == 1 and found[0][1] else text


def check_all(
    client: SuppressionClient, recipients: Iterable[str], stream: str, mail_class: MailClass
) -> dict[str, Check]:
    """Check recipients, each once, however often they are named.

    Raises:
        SuppressionError: the service refused the question, or could not be asked and the
            client's choice is to raise.
    """
    texts = list(dict.fromkeys(recipients))
    addresses = [address_of(text) for text in texts]
    checks = client.batch_check(addresses, stream=stream, mail_class=mail_class)
    return dict(zip(texts, checks, strict=True))


def to_mail(recipients: Iterable[str], checks: Checks) -> list[str]:
    """Return the recipients that may be mailed, in their order."""
    return [recipient for recipient in recipients if checks[recipient].send]
