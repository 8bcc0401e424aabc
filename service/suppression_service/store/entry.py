"""The rules for one entry: what a call or a piece of feedback changes.

There is no database here: a write transaction reads entries, changes them, and writes
them back.
"""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any, Final, Self

from suppression_service.store.import_rows import ImportOutcome, ImportRow
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

#: Who removed an entry for soft bounces after a delivery.
BY_DELIVERY: Final = "delivery"
#: Who removed an entry after feedback that the recipient wants the mail again.
BY_OPT_IN: Final = "opt-in"

_NOT_REMOVED: Final = {"removed": None, "removed_by": "", "removal_detail": ""}

# The fields that may describe a person; an erasure empties them.
_TEXTS: Final = ("detail", "message_id", "feedback_id", "removal_detail")

# What a new entry takes from a row of an import; its address may be replaced by a hash.
_IMPORTED: Final = [
    field.name
    for field in dataclasses.fields(Suppression)
    if field.name not in {"address", "stream", "reason", "revision"}
]


@dataclasses.dataclass(slots=True)
class Entry:
    """An entry while it is changed.

    ``row_id`` is None until the row is inserted. ``revision`` is that of the transaction;
    a change gives it to the entry. An ``erased`` entry takes no text.
    """

    row_id: int | None
    fingerprint: int
    state: Suppression
    revision: int
    erased: bool = False
    changed: bool = False

    @classmethod
    def new(
        cls,
        name: str,
        stream: str,
        reason: Reason,
        *,
        fingerprint: int,
        now: dt.datetime,
        revision: int,
        erased: bool,
    ) -> Self:
        """Return an entry with no occurrences yet; ``name`` is the address or its hash."""
        state = Suppression(
            address=name,
            stream=stream,
            reason=reason,
            source="",
            detail="",
            message_id="",
            feedback_id="",
            first_seen=now,
            last_seen=now,
            occurrences=0,
            expires=None,
            removed=None,
            removed_by="",
            removal_detail="",
            revision=revision,
        )
        return cls(None, fingerprint, state, revision, erased)

    def suppress(self, new: NewSuppression, now: dt.datetime) -> Suppressed:
        """Activate the entry. If it is active, keep it, and at most prolong or widen it."""
        state = self.state
        if created := not self._is_active(now):
            self._update(
                source=new.source,
                detail=new.detail,
                first_seen=state.first_seen if state.occurrences else now,
                occurrences=state.occurrences + 1,
                expires=new.expires,
                include_subdomains=new.include_subdomains,
                **_NOT_REMOVED,
            )
        self._update(
            last_seen=now,
            expires=_later(self.state.expires, new.expires),
            include_subdomains=self.state.include_subdomains or new.include_subdomains,
        )
        return Suppressed(self.state, created)

    def import_row(
        self, row: ImportRow, now: dt.datetime, *, restore_removed: bool
    ) -> ImportOutcome:
        """Merge a row of an import. It never weakens the entry, nor undoes a later removal.

        A row that was removed makes a new entry, but changes none.
        """
        state, new = self.state, row.entry
        if self._is_new:
            self._update(**{name: getattr(new, name) for name in _IMPORTED})
            return ImportOutcome.CREATED
        if new.removed is not None:
            return ImportOutcome.UNCHANGED
        changes = self._widened_by(row)
        if state.removed is not None:
            if not (restore_removed or (row.is_dated and new.last_seen > state.removed)):
                return ImportOutcome.KEPT_REMOVED
            changes |= _as_imported(new) | _NOT_REMOVED
        elif new.is_active(now) and not state.is_active(now):
            changes |= _as_imported(new)
        if all(getattr(state, name) == value for name, value in changes.items()):
            return ImportOutcome.UNCHANGED
        self._update(**changes)
        return ImportOutcome.UPDATED

    def _widened_by(self, row: ImportRow) -> dict[str, Any]:
        """Return what a row prolongs or widens. Only a row with times has any to give."""
        state, new = self.state, row.entry
        times = {
            "first_seen": min(state.first_seen, new.first_seen),
            "last_seen": max(state.last_seen, new.last_seen),
        }
        return (times if row.is_dated else {}) | {
            "occurrences": max(state.occurrences, new.occurrences),
            "expires": _later(state.expires, new.expires),
            "include_subdomains": state.include_subdomains or new.include_subdomains,
        }

    @property
    def _is_new(self) -> bool:
        """Whether no row has it, and nothing in this transaction has changed it."""
        return self.row_id is None and not self.changed

    def remove(self, removal: Removal, now: dt.datetime) -> bool:
        """Make the entry a tombstone, a new one too; return whether it was active."""
        was_active = self._is_active(now)
        self._update(removed=now, removed_by=removal.source, removal_detail=removal.detail)
        return was_active

    def erase(self, name: str, detail: str) -> None:
        """Replace the address by its hash, and every text by one detail."""
        self._update(address=name, **dict.fromkeys(_TEXTS, "") | {"detail": detail})
        self.erased = True

    def apply(self, piece: Feedback, effect: Effect) -> None:
        """Apply feedback, in any order. Only feedback after a removal undoes the removal."""
        if effect.removes:
            self._opt_in(piece)
            return
        state = self.state
        if not state.occurrences:
            # A new entry, or the tombstone of one: its times are not those of any feedback.
            state = dataclasses.replace(state, first_seen=piece.happened, last_seen=piece.happened)
            self._update(source=piece.provider, expires=effect.expires)
        if piece.happened >= state.last_seen:
            self._update(**_texts_of(piece))
        self._update(
            occurrences=state.occurrences + 1,
            first_seen=min(state.first_seen, piece.happened),
            last_seen=max(state.last_seen, piece.happened),
        )
        if state.removed is None:
            self._update(expires=_later(self.state.expires, effect.expires))
        elif piece.happened > state.removed:
            self._update(source=piece.provider, expires=effect.expires, **_NOT_REMOVED)

    def _opt_in(self, piece: Feedback) -> None:
        """Make the entry a tombstone, a new one too, unless newer feedback made it.

        An entry of another source stays: the provider does not speak for it.
        """
        state = self.state
        if state.occurrences and (
            state.source != piece.provider or piece.happened < state.last_seen
        ):
            return
        if state.removed is None or piece.happened > state.removed:
            self._update(removed=piece.happened, removed_by=BY_OPT_IN, removal_detail="")

    def suppress_soft_bounces(
        self, bounces: Sequence[SoftBounce], provider: str, expires: dt.datetime, now: dt.datetime
    ) -> None:
        """Activate the entry for soft bounces in a row; it then describes these alone."""
        is_active = self._is_active(now)
        if is_active and self.state.source != provider:
            # The entry of another source is kept, and at most prolonged.
            self._update(expires=_later(self.state.expires, expires))
            return
        self._update(
            source=provider,
            **_texts_of(bounces[-1]),
            first_seen=bounces[0].happened,
            last_seen=bounces[-1].happened,
            occurrences=len(bounces),
            expires=_later(self.state.expires, expires) if is_active else expires,
            **_NOT_REMOVED,
        )

    def lift_soft_bounces(self, provider: str, delivered: dt.datetime) -> None:
        """Remove the entry if it is for soft bounces that the provider reported."""
        if self.state.removed is None and self.state.source == provider:
            self._update(removed=delivered, removed_by=BY_DELIVERY, removal_detail="")

    def _is_active(self, now: dt.datetime) -> bool:
        return self.state.occurrences > 0 and self.state.is_active(now)

    def _update(self, **changes: Any) -> None:
        if self.erased:
            changes = {name: value for name, value in changes.items() if name not in _TEXTS}
        self.state = dataclasses.replace(self.state, revision=self.revision, **changes)
        self.changed = True


def _texts_of(piece: Feedback | SoftBounce) -> dict[str, str]:
    return {
        "detail": piece.diagnostic,
        "message_id": piece.message_id,
        "feedback_id": piece.feedback_id,
    }


def _as_imported(new: Suppression) -> dict[str, Any]:
    """Return the fields that describe an entry which a row makes active again."""
    return {name: getattr(new, name) for name in ("source", "expires", *_TEXTS)}


def _later(one: dt.datetime | None, other: dt.datetime | None) -> dt.datetime | None:
    """Return the later of two expiry times; None is never."""
    return None if one is None or other is None else max(one, other)
