"""Series: what statistics are counted by.

A series is one combination of the values of all dimensions except the day. Its id is a hash of
these values, so that a transaction needs no query to find it.

To bound the rows, rare values are counted together as :data:`OTHER`. See
:mod:`suppression_service.store.statistics` for when a value is rare.
"""

import dataclasses
import enum
import functools
import hashlib
from typing import Any, Final, Self

from suppression_service.store import schema
from suppression_service.store.models import Reason, ReplyCategory

#: The value of a text dimension that stands for all rare values.
OTHER: Final = "other"


class Measure(enum.IntEnum):
    """What is counted. The numbers are those of the rows."""

    SENDS = 1
    DELIVERIES = 2
    HARD_BOUNCES = 3
    SOFT_BOUNCES = 4
    COMPLAINTS = 5
    #: Entries that became active.
    SUPPRESSIONS = 6
    #: Entries that were removed.
    REMOVALS = 7


class Dimension(enum.StrEnum):
    """What statistics can be grouped and filtered by. The texts are the names of the columns."""

    DAY = "day"
    REASON = "reason"
    SUB_TYPE = "sub_type"
    STATUS = "status"
    DOMAIN = "domain"
    CONFIGURATION_SET = "configuration_set"
    STREAM = "stream"
    SOURCE = "source"
    CATEGORY = "category"


# Series that are kept in memory, since the same ones are counted again and again.
_CACHED: Final = 8_192

_DELIVERY: Final = {
    Dimension.DAY,
    Dimension.DOMAIN,
    Dimension.CONFIGURATION_SET,
    Dimension.STREAM,
}
_ENTRY: Final = {
    Dimension.DAY,
    Dimension.REASON,
    Dimension.DOMAIN,
    Dimension.STREAM,
    Dimension.SOURCE,
}
#: The dimensions of each measure. SES reports a send without the reply that it will get, and an
#: entry made by hand has no reply.
DIMENSIONS: Final = {
    Measure.SENDS: _DELIVERY,
    Measure.DELIVERIES: _DELIVERY,
    Measure.HARD_BOUNCES: {*Dimension},
    Measure.SOFT_BOUNCES: {*Dimension},
    Measure.COMPLAINTS: {*Dimension},
    Measure.SUPPRESSIONS: _ENTRY,
    Measure.REMOVALS: _ENTRY,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Series:
    """The values of all dimensions; those that are not known are empty or 0."""

    reason: int = 0
    category: int = 0
    sub_type: str = ""
    status: str = ""
    domain: str = ""
    configuration_set: str = ""
    stream: str = ""
    source: str = ""

    @classmethod
    @functools.lru_cache(maxsize=_CACHED)
    def of(
        cls,
        reason: Reason | None = None,
        category: ReplyCategory = ReplyCategory.UNSPECIFIED,
        **texts: str,
    ) -> Self:
        """Return a series, with texts as the columns can have them."""
        storable = {name: _COLUMNS[name].process_bind_param(t, None) for name, t in texts.items()}
        return cls(int(reason or 0), int(category), **storable)

    @property
    def id(self) -> int:
        """The id: a signed integer of 64 bits."""
        return _id(self)

    def without(self, *names: str) -> Self:
        """Return the series in which the values of some text dimensions are :data:`OTHER`."""
        folded: dict[str, Any] = {name: OTHER for name in names if getattr(self, name)}
        return dataclasses.replace(self, **folded)


#: The dimensions that are texts, and so have any number of values.
TEXTS: Final = tuple(f.name for f in dataclasses.fields(Series) if f.type is str)
_COLUMNS: Final[dict[str, Any]] = {name: schema.statistic_series.c[name].type for name in TEXTS}


@functools.lru_cache(maxsize=_CACHED)
def _id(series: Series) -> int:
    values = (getattr(series, field.name) for field in dataclasses.fields(series))
    digest = hashlib.blake2b("\0".join(map(str, values)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def domain_of(address: str) -> str:
    """Return the domain of a canonical address; empty for a text that is none."""
    return address.rpartition("@")[2] if "@" in address else ""
