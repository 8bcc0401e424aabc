"""Everything that ingest raises on purpose.

    IngestError
    ├── Refused: the message changes nothing and is not acknowledged
    │   ├── Malformed
    │   ├── Unrecognised
    │   ├── PayloadInS3
    │   ├── Forged
    │   ├── ForeignTopic
    │   ├── Unverifiable
    │   ├── Unstorable
    │   └── InternalError
    └── AwsError
        ├── NotPermitted
        └── NotSignedIn

A wrong setting is a :class:`suppression_service.config.SettingsError`.

The texts of these errors are logged. They say what is wrong, and never repeat the contents
of a message.
"""

from typing import ClassVar


class IngestError(Exception):
    """Anything that ingest raises on purpose."""


class Refused(IngestError):
    """The message stays in its queue or file. Other messages are processed."""

    #: The name of the refusal in metrics and logs.
    label: ClassVar[str] = "refused"
    #: What could not be verified; empty if the refusal has another reason.
    cause: str = ""


class Malformed(Refused):
    """The message is broken: not JSON, cut off, or of the wrong types."""

    label = "malformed"


class Unrecognised(Refused):
    """The message is not an SES event. The text says what it looks like."""

    label = "not an SES event"


class PayloadInS3(Refused):
    """The message is only a pointer to S3, as SQS's and SNS's extended clients send."""

    label = "payload in S3"


class Forged(Refused):
    """The message does not prove that SNS sent it.

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
    """The certificate cannot be fetched now, so the signature is not checked. Try again later."""

    label = "cannot verify now"
    cause = "certificate"


class Unstorable(Refused):
    """The database refuses the contents of this message, but accepts other messages."""

    label = "unstorable"


class InternalError(Refused):
    """The program failed on the message: a bug."""

    label = "internal error"


class AwsError(IngestError):
    """AWS cannot be reached, or refuses a request."""


class NotPermitted(AwsError):
    """An IAM policy forbids the request; the message names the action."""

    def __init__(self, action: str) -> None:
        super().__init__(f"not permitted: allow {action} for these credentials")
        self.action = action


class NotSignedIn(AwsError):
    """There are no credentials for AWS, or AWS does not accept them."""
