"""The rows of an import, and what becomes of each."""

import dataclasses
import enum

from suppression_service.store.models import Suppression


@dataclasses.dataclass(frozen=True, slots=True)
class ImportRow:
    """An entry to import. Its times, and whether it was removed, are those of the row.

    If it is not ``is_dated``, the row has no time of its own, and its times are now. Such a row
    may be older than any removal.
    """

    entry: Suppression
    is_dated: bool


class ImportOutcome(enum.Enum):
    """What became of a row."""

    CREATED = enum.auto()
    UPDATED = enum.auto()
    UNCHANGED = enum.auto()
    #: The entry was removed after the row was last seen.
    KEPT_REMOVED = enum.auto()
    #: Nothing: the row is of one stream more than there may be.
    STREAM_LIMIT = enum.auto()
