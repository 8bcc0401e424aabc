"""Feedback as it is remembered: once, however often it comes, and counted once."""

import datetime as dt
import hashlib
from collections.abc import Container, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, update

from suppression_service.store import schema
from suppression_service.store.daily_counts import COLUMN_OF, DailyCounts
from suppression_service.store.erasure import FORGOTTEN
from suppression_service.store.models import Feedback
from suppression_service.store.soft_bounces import SoftBounces, is_counted
from suppression_service.store.statements import insert_into
from suppression_service.store.texts import sizes, storable, utf8

_TABLE: Final = schema.event
_TEXTS: Final = sizes(_TABLE)


class Events:
    """The feedback of one transaction.

    Args:
        connection: that of the transaction.
        revision: that of the transaction.
        counts: where what is new counts.
        soft_bounces: who is told of new soft bounces.
        erased: the addresses that are erased; who they are of is not remembered.
    """

    def __init__(
        self,
        connection: Connection,
        revision: int,
        counts: DailyCounts,
        soft_bounces: SoftBounces,
        erased: Container[str],
    ) -> None:
        self._connection = connection
        self._revision = revision
        self._counts = counts
        self._soft_bounces = soft_bounces
        self._erased = erased

    def record(self, feedback: Sequence[Feedback], now: dt.datetime) -> list[bool]:
        """Remember feedback and count what is new.

        Returns:
            For each piece whether it was new.
        """
        new = self._insert(feedback, now)
        repeated = []
        for piece, is_new in zip(feedback, new, strict=True):
            if is_new:
                self._count(piece)
            elif piece.configuration_set:
                repeated.append(piece)
        self._name(repeated)
        return new

    def _insert(self, feedback: Sequence[Feedback], now: dt.datetime) -> list[bool]:
        rows = {_key(piece): self._row(piece, now) for piece in reversed(feedback)}
        if not rows:
            return []
        statement = insert_into(self._connection, _TABLE)
        unknown = statement.on_conflict_do_nothing(index_elements=["key"]).returning(_TABLE.c.key)
        inserted = self._connection.scalars(unknown, [*reversed(rows.values())])
        fresh = {bytes(key) for key in inserted}
        # A piece that stands twice in one batch is new the first time only.
        return [_take(fresh, _key(piece)) for piece in feedback]

    def _row(self, piece: Feedback, now: dt.datetime) -> dict[str, Any]:
        row = {name: storable(getattr(piece, name), size) for name, size in _TEXTS.items()}
        return {
            **row,
            "key": _key(piece),
            "reason": piece.effect.reason if piece.effect else 0,
            "happened": piece.happened,
            "received": now,
            "revision": self._revision,
            **(FORGOTTEN if piece.address in self._erased else {}),
        }

    def _count(self, piece: Feedback) -> None:
        if piece.counts_as in COLUMN_OF:
            self._counts.add(COLUMN_OF[piece.counts_as], piece.happened, _set_of(piece))
        if is_counted(piece) and piece.address not in self._erased:
            self._soft_bounces.bounce(piece.address, piece.happened)

    def _name(self, repeated: Iterable[Feedback]) -> None:
        """Give those that came without their configuration set to it."""
        for key, piece in {_key(piece): piece for piece in repeated}.items():
            nameless = update(_TABLE).where(_TABLE.c.key == key, _TABLE.c.configuration_set == "")
            named = self._connection.execute(nameless.values(configuration_set=_set_of(piece)))
            if named.rowcount and piece.counts_as in COLUMN_OF:
                self._counts.name(COLUMN_OF[piece.counts_as], piece.happened, _set_of(piece))


def _key(piece: Feedback) -> bytes:
    parts = (piece.provider, piece.kind, piece.identity, piece.address)
    framed = b"".join(b"%d:%b" % (len(raw), raw) for raw in map(utf8, parts))
    return hashlib.blake2b(framed, digest_size=16).digest()


def _set_of(piece: Feedback) -> str:
    return storable(piece.configuration_set, _TEXTS["configuration_set"])


def _take(from_: set[bytes], key: bytes) -> bool:
    if key in from_:
        from_.remove(key)
        return True
    return False
