"""The rules: what becomes of one entry when somebody asks for something, or feedback comes.

No database here: a write transaction reads entries, has them changed, and writes them back.
"""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from suppression_service.store.models import (
    Effect,
    Feedback,
    NewSuppression,
    Reason,
    Removal,
    SoftBounce,
    Suppressed,
    Suppression,
)
from suppression_service.store.texts import DETAIL, storable

#: Who removed an entry of soft bounces that a delivery proved wrong.
BY_DELIVERY: Final = "delivery"

_NOT_REMOVED: Final = {"removed": None, "removed_by": "", "removal_detail": ""}

# What of an entry can tell of the person, or was written by somebody about them.
_TEXTS: Final = ("detail", "message_id", "feedback_id", "removal_detail")


def unseen(
    name: str, stream: str, reason: Reason, moment: dt.datetime, revision: int
) -> Suppression:
    """Return an entry for which there is no cause yet: it has no occurrences.

    Args:
        name: the address, or what stands for it once it is erased.
        stream: empty for all mail.
        reason: why it will stand.
        moment: now.
        revision: that of the transaction.
    """
    return Suppression(
        address=name,
        stream=stream,
        reason=reason,
        source="",
        detail="",
        message_id="",
        feedback_id="",
        first_seen=moment,
        last_seen=moment,
        occurrences=0,
        expires=None,
        removed=None,
        removed_by="",
        removal_detail="",
        revision=revision,
    )


@dataclasses.dataclass(slots=True)
class Entry:
    """An entry at work: its row's id (None: not inserted yet), its fingerprint and its state."""

    row_id: int | None
    fingerprint: int
    state: Suppression
    #: The revision that a change of the entry belongs to.
    revision: int
    #: Whether its address is erased. Then it takes on no text any more.
    erased: bool = False
    changed: bool = False

    def suppress(self, new: NewSuppression, now: dt.datetime) -> Suppressed:
        """Make it stand; if it does, it is kept and at most made to last longer."""
        state = self.state
        if created := not self._stands(now):
            self._become(
                source=new.source,
                detail=new.detail,
                first_seen=state.first_seen if state.occurrences else now,
                occurrences=state.occurrences + 1,
                expires=new.expires,
                **_NOT_REMOVED,
            )
        self._become(last_seen=now, expires=_later(self.state.expires, new.expires))
        return Suppressed(self.state, created)

    def remove(self, removal: Removal, now: dt.datetime) -> bool:
        """Make it a tombstone, that of an entry which is yet to come included.

        Returns:
            Whether it stood.
        """
        stood = self._stands(now)
        self._become(removed=now, removed_by=removal.source, removal_detail=removal.detail)
        return stood

    def erase(self, name: str, detail: str) -> None:
        """Let a name stand for the address, and a detail for every text."""
        self._become(address=name, **dict.fromkeys(_TEXTS, "") | {"detail": detail})
        self.erased = True

    def take(self, piece: Feedback, effect: Effect) -> None:
        """Let feedback take effect, in any order; a removal is undone by what is newer alone."""
        state = self.state
        if not state.occurrences:
            # The times of a removal that found nothing are none at which anything was seen.
            state = dataclasses.replace(state, first_seen=piece.happened, last_seen=piece.happened)
            self._become(source=piece.provider, expires=effect.expires)
        if piece.happened >= state.last_seen:
            self._become(**_origin(piece))
        self._become(
            occurrences=state.occurrences + 1,
            first_seen=min(state.first_seen, piece.happened),
            last_seen=max(state.last_seen, piece.happened),
        )
        if state.removed is None:
            self._become(expires=_later(self.state.expires, effect.expires))
        elif piece.happened > state.removed:
            self._become(source=piece.provider, expires=effect.expires, **_NOT_REMOVED)

    def suppress_soft_bounces(
        self, bounces: Sequence[SoftBounce], provider: str, expires: dt.datetime, now: dt.datetime
    ) -> None:
        """Make it stand for soft bounces in a row: what it tells follows from them alone."""
        stood = self._stands(now)
        if stood and self.state.source != provider:
            # Somebody else's entry keeps its story, and may last longer for this.
            self._become(expires=_later(self.state.expires, expires))
            return
        self._become(
            source=provider,
            **_origin(bounces[-1]),
            first_seen=bounces[0].happened,
            last_seen=bounces[-1].happened,
            occurrences=len(bounces),
            expires=_later(self.state.expires, expires) if stood else expires,
            **_NOT_REMOVED,
        )

    def lift_soft_bounces(self, provider: str, delivered: dt.datetime) -> None:
        """Remove it if it is for soft bounces that the provider brought: a delivery came since."""
        if self.state.removed is None and self.state.source == provider:
            self._become(removed=delivered, removed_by=BY_DELIVERY, removal_detail="")

    def _stands(self, now: dt.datetime) -> bool:
        return self.state.occurrences > 0 and self.state.is_active(now)

    def _become(self, **changes: Any) -> None:
        if self.erased:
            changes = {name: value for name, value in changes.items() if name not in _TEXTS}
        self.state = dataclasses.replace(self.state, revision=self.revision, **changes)
        self.changed = True


def _origin(piece: Feedback | SoftBounce) -> dict[str, str]:
    """Return the columns that tell which feedback an entry last came from."""
    return {
        "detail": storable(piece.diagnostic, DETAIL),
        "message_id": storable(piece.message_id, 255),
        "feedback_id": storable(piece.feedback_id, 255),
    }


def _later(one: dt.datetime | None, other: dt.datetime | None) -> dt.datetime | None:
    """Return the later of two ends; None is never."""
    return None if one is None or other is None else max(one, other)
