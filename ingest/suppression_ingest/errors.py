"""Everything that ingest raises on purpose.

    IngestError
    ├── Refused: this message changes nothing and is not acknowledged
    │   ├── Malformed
    │   ├── Forged
    │   ├── ForeignTopic
    │   ├── Unverifiable
    │   ├── Unstorable
    │   └── InternalError
    └── AwsError
        ├── NotPermitted
        └── NotSignedIn

A wrong setting is a :class:`suppression_service.config.SettingsError`.

The texts of these errors go into logs: they say what is wrong and never repeat what a
message held.
"""

from typing import ClassVar


class IngestError(Exception):
    """Anything that ingest raises on purpose."""


class Refused(IngestError):
    """A message that is left where it came from; others are not held back."""

    #: The name under which such refusals are counted and logged.
    label: ClassVar[str] = "refused"
    #: What could not be verified; empty where that is not why.
    cause: str = ""


class Malformed(Refused):
    """The message is broken: not JSON, cut off, or of the wrong types."""

    label = "malformed"


class Forged(Refused):
    """The message does not prove that it is SNS's.

    Args:
        text: what is wrong with it.
        cause: what could not be verified, one of :attr:`CAUSES`.
    """

    label = "forged"
    CAUSES: ClassVar = ("signature", "signature_version", "certificate_url", "region")

    def __init__(self, text: str, cause: str = "signature") -> None:
        super().__init__(text)
        self.cause = cause


class ForeignTopic(Refused):
    """The message comes from a topic that is not on the allowlist."""

    label = "foreign topic"
    cause = "topic"


class Unverifiable(Refused):
    """The signature cannot be checked now: the certificate did not come. Try again later."""

    label = "cannot verify now"
    cause = "certificate"


class Unstorable(Refused):
    """The database refuses what the message holds, though it accepts other messages."""

    label = "unstorable"


class InternalError(Refused):
    """The program failed on the message: a bug."""

    label = "internal error"


class AwsError(IngestError):
    """AWS cannot be reached, or does not do what it is asked."""


class NotPermitted(AwsError):
    """A policy of IAM's forbids what is to be done; the message names the action."""

    def __init__(self, action: str) -> None:
        super().__init__(f"not permitted: allow {action} for these credentials")
        self.action = action


class NotSignedIn(AwsError):
    """There are no credentials for AWS, or it does not take them."""
