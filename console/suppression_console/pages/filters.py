"""The filters of the list: in the URL, in the form, and in the request to the service."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from suppression import Reason
from suppression_console.pages.forms import text_in
from suppression_console.rendering import REASONS, slug
from suppression_console.service import lists

#: The states of entries, as in URLs, with their numbers in the contract. "any" is every state.
STATES: Final = {"active": 1, "expired": 2, "removed": 3, "any": 0}
ORDERS: Final = {"newest": 1, "address": 2}
#: In the URL: entries that apply to all mail.
ALL_MAIL: Final = "-"
_DAYS: Final = ("created_after", "created_before", "changed_after", "changed_before")


class BadFilter(ValueError):
    """A filter cannot be read; the text says which."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the list is shown.

    Attributes:
        q: the beginning of addresses, or a domain after an "@".
        reasons: of entries; none: every reason.
        stream: of entries; empty: every stream; "-": entries for all mail.
        source: of entries; empty: every source.
        state: one of STATES.
        order: one of ORDERS.
        days: the first or last days, as YYYY-MM-DD, by the fields of the contract.
    """

    q: str = ""
    reasons: tuple[Reason, ...] = ()
    stream: str = ""
    source: str = ""
    state: str = "active"
    order: str = "newest"
    days: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, query: QueryParams) -> "Filters":
        """Read them from a URL; what is unknown is left out."""
        given = query.getlist("reason")
        state, order = text_in(query, "state"), text_in(query, "order")
        return cls(
            q=text_in(query, "q"),
            reasons=tuple(reason for reason in REASONS if slug(reason) in given),
            stream=text_in(query, "stream"),
            source=text_in(query, "source"),
            state=state if state in STATES else "active",
            order=order if order in ORDERS else "newest",
            days={name: text for name in _DAYS if (text := text_in(query, name))},
        )

    @property
    def more(self) -> bool:
        """Whether there is a filter that a person does not see at once."""
        return bool(self.stream or self.source or self.days or self.order != "newest")

    def query(self, **more: str) -> str:
        """Return them for a URL, with further parameters."""
        return urlencode([*self._pairs(), *more.items()])

    def message(self) -> Any:
        """Return them as the ``SuppressionFilter`` of the contract.

        Raises:
            BadFilter: a day is not one.
        """
        fields: dict[str, Any] = {name: _midnight(name, day) for name, day in self.days.items()}
        if self.q.startswith("@"):
            fields["domain"] = self.q[1:]
        elif self.q:
            fields["address_prefix"] = self.q
        if self.stream:
            fields["stream"] = "" if self.stream == ALL_MAIL else self.stream
        return lists.SuppressionFilter(
            reasons=self.reasons, source=self.source, state=STATES[self.state], **fields
        )

    def _pairs(self) -> Iterator[tuple[str, str]]:
        yield from (("reason", slug(reason)) for reason in self.reasons)
        plain = {"q": self.q, "stream": self.stream, "source": self.source, **self.days}
        yield from ((name, text) for name, text in plain.items() if text)
        if self.state != "active":
            yield "state", self.state
        if self.order != "newest":
            yield "order", self.order


def _midnight(name: str, day: str) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC)
    except ValueError:
        raise BadFilter(f"{name.replace('_', ' ')}: give a day as YYYY-MM-DD") from None
    # A person who says "until the 3rd" means the 3rd too.
    return found + dt.timedelta(days=1) if name.endswith("before") else found
