"""Why posts are refused, and the HTTP status for each reason.

SNS retries only after 5xx and 429: three times, 20 s apart, unless the topic has another
delivery policy. After any other status except 2xx it drops the message. So 4xx is for posts
that must not be repeated, and 503 for posts that may be accepted later.

    Refused
    └── PostRefused
        ├── WrongPassword        401
        ├── RawDelivery          403
        ├── HeaderMismatch       403
        ├── ExpiredConfirmation  403
        ├── TokenRefused         403
        ├── BodyTimeout          408
        ├── TooLarge             413
        ├── Overloaded           503
        ├── AnswerTimeout        503
        ├── Unconfirmed          503
        └── DatabaseUnavailable  503
"""

from typing import ClassVar, Final

from suppression_ingest.errors import (
    ForeignTopic,
    Forged,
    Malformed,
    PayloadInS3,
    Refused,
    Unrecognised,
    Unverifiable,
)

_BROKEN: Final = 400
_FORBIDDEN: Final = 403
_FAILED: Final = 500
_NOT_NOW: Final = 503

#: The statuses of refusals that all sources share. Any other refusal is our own failure.
_STATUSES: Final[dict[type[Refused], int]] = {
    Malformed: _BROKEN,
    Unrecognised: _BROKEN,
    PayloadInS3: _BROKEN,
    Forged: _FORBIDDEN,
    ForeignTopic: _FORBIDDEN,
    Unverifiable: _NOT_NOW,
}


class PostRefused(Refused):
    """A refusal that only the webhook has."""

    status: ClassVar[int] = _FORBIDDEN


class WrongPassword(PostRefused):
    """The post has another password, or invalid credentials."""

    label = "wrong password"
    cause = "password"
    status = 401


class RawDelivery(PostRefused):
    """The post has no envelope, and raw delivery is not enabled."""

    label = "raw delivery"
    cause = "raw_delivery"


class HeaderMismatch(PostRefused):
    """The headers contradict the body."""

    label = "header mismatch"
    cause = "headers"


class ExpiredConfirmation(PostRefused):
    """The confirmation is older than any token that SNS still accepts."""

    label = "expired confirmation"
    cause = "confirmation"


class TokenRefused(PostRefused):
    """SNS does not accept the token of a confirmation."""

    label = "token refused"
    cause = "confirmation"


class BodyTimeout(PostRefused):
    """The body did not arrive in time."""

    label = "body timeout"
    status = 408


class TooLarge(PostRefused):
    """The body is larger than the limit."""

    label = "too large"
    status = 413


class Overloaded(PostRefused):
    """The posts being handled fill the memory budget; try again later."""

    label = "overloaded"
    status = _NOT_NOW


class AnswerTimeout(PostRefused):
    """The answer is not ready before SNS stops waiting for it; SNS posts again."""

    label = "answer timeout"
    status = _NOT_NOW


class Unconfirmed(PostRefused):
    """A subscription cannot be confirmed now; try again later."""

    label = "cannot confirm now"
    status = _NOT_NOW


class DatabaseUnavailable(PostRefused):
    """The database does not answer now; try again later."""

    label = "database unavailable"
    status = _NOT_NOW


#: All refusals of the webhook, for metrics.
POST_REFUSALS: Final = tuple(PostRefused.__subclasses__())


def status_of(refusal: Refused) -> int:
    """Return the HTTP status for a refusal."""
    if isinstance(refusal, PostRefused):
        return refusal.status
    found = (status for kind, status in _STATUSES.items() if isinstance(refusal, kind))
    return next(found, _FAILED)
