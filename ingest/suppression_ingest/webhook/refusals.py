"""Posts that are refused, and what SNS is told of each.

SNS tries again after 5xx and 429 only, three times and 20 s apart unless the
topic says otherwise; any other status but 2xx gives the message up. So 4xx is for
what must never come back, and whatever may pass another time is 503.

    Refused
    └── PostRefused
        ├── Unauthorized        401
        ├── RawRefused          403
        ├── Contradictory       403
        ├── StaleConfirmation   403
        ├── TokenRefused        403
        ├── TooSlow             408
        ├── TooLarge            413
        ├── Crowded             503
        ├── TooLate             503
        ├── Unconfirmed         503
        └── StoreAway           503
"""

from typing import ClassVar, Final

from suppression_ingest.errors import ForeignTopic, Forged, Malformed, Refused, Unverifiable

_BROKEN: Final = 400
_FORBIDDEN: Final = 403
_FAILED: Final = 500
_NOT_NOW: Final = 503

#: What the steps that every source shares refuse. The rest is a failure of ours.
_STATUSES: Final[dict[type[Refused], int]] = {
    Malformed: _BROKEN,
    Forged: _FORBIDDEN,
    ForeignTopic: _FORBIDDEN,
    Unverifiable: _NOT_NOW,
}


class PostRefused(Refused):
    """A post that is refused as such."""

    status: ClassVar[int] = _FORBIDDEN


class Unauthorized(PostRefused):
    """The post brings another password than ours, or something else."""

    label = "wrong password"
    cause = "password"
    status = 401


class RawRefused(PostRefused):
    """The post has no envelope, and raw delivery is not switched on."""

    label = "raw delivery"
    cause = "raw_delivery"


class Contradictory(PostRefused):
    """The headers tell something else than the body."""

    label = "contradictory"
    cause = "headers"


class StaleConfirmation(PostRefused):
    """The confirmation is older than any token that SNS still takes."""

    label = "stale confirmation"
    cause = "confirmation"


class TokenRefused(PostRefused):
    """SNS does not take the token of a confirmation."""

    label = "token refused"
    cause = "confirmation"


class TooSlow(PostRefused):
    """The body did not arrive in time."""

    label = "too slow"
    status = 408


class TooLarge(PostRefused):
    """The body is larger than the limit."""

    label = "too large"
    status = 413


class Crowded(PostRefused):
    """More is under way than memory is set aside for; try again later."""

    label = "crowded"
    status = _NOT_NOW


class TooLate(PostRefused):
    """The answer is not there when SNS stops waiting for it; it comes again."""

    label = "too late"
    status = _NOT_NOW


class Unconfirmed(PostRefused):
    """A subscription cannot be confirmed now; try again later."""

    label = "cannot confirm now"
    status = _NOT_NOW


class StoreAway(PostRefused):
    """The database takes nothing now; try again later."""

    label = "store away"
    status = _NOT_NOW


#: All of them, for who counts them.
POST_REFUSALS: Final = tuple(PostRefused.__subclasses__())


def status_of(refusal: Refused) -> int:
    """Return the HTTP status that tells SNS of a refusal."""
    if isinstance(refusal, PostRefused):
        return refusal.status
    found = (status for kind, status in _STATUSES.items() if isinstance(refusal, kind))
    return next(found, _FAILED)
