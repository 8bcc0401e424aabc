"""A record of the calls for one list, so that a test can see what its client sent."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from suppression_service.server.caller import Caller
from suppression_service.server.rpc import METHODS

_TEXTS: Final = ("address", "stream", "min_revision")


class Traffic:
    """The calls about one list, retries included, in the order of their arrival."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._calls: list[dict[str, Any]] = []
        self._now: Counter[str] = Counter()
        self._most: Counter[str] = Counter()

    @contextlib.contextmanager
    def arrived(self, method: str, request: Any, caller: Caller) -> Iterator[None]:
        """Record a call, which is under way for the length of the block."""
        self._calls.append(self._noted(method, request, caller))
        self._now[method] += 1
        self._most[method] = max(self._most[method], self._now[method])
        try:
            yield
        finally:
            self._now[method] -= 1

    def seen(self, method: str | None = None) -> dict[str, Any]:
        """Return the recorded calls, of one method or of all, as JSON."""
        calls = [call for call in self._calls if method in (None, call["method"])]
        count = Counter(call["method"] for call in calls)
        return {
            "count": {name: count[name] for name in METHODS},
            "calls": calls,
            "batch_sizes": sorted(call["addresses"] for call in calls if "addresses" in call),
            "most_at_once": {name: self._most[name] for name in METHODS},
        }

    def _noted(self, method: str, request: Any, caller: Caller) -> dict[str, Any]:
        fields = request.DESCRIPTOR.fields_by_name
        left = caller.time_remaining()
        noted: dict[str, Any] = {
            "method": method,
            "token": self._token,
            "deadline_ms": None if left is None else int(left * 1000),
        }
        noted |= {name: getattr(request, name) for name in _TEXTS if name in fields}
        if "addresses" in fields:
            noted["addresses"] = len(request.addresses)
        if "mail_class" in fields:
            known = fields["mail_class"].enum_type.values_by_number.get(request.mail_class)
            noted["mail_class"] = known.name.removeprefix("MAIL_CLASS_") if known else "UNKNOWN"
        return noted
