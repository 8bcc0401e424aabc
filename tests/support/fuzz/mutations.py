"""SES's sample events with up to three changed values, and texts that are cut or mixed up."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st

Json = dict[str, Any]
Path_ = tuple[str | int, ...]

_DATA: Final = Path(__file__).parents[2] / "data" / "ses"
SAMPLES: Final[list[Json]] = [
    json.loads(path.read_text())
    for path in sorted(_DATA.glob("*.json"))
    if path.name != "decisions.json"
]

#: Any text, half characters and NULs included.
TEXT: Final = st.text(st.characters(codec=None), max_size=30)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**30, -(10**400), 1e308, float("nan"), float("inf"), -0.0])
    | TEXT
    | st.sampled_from(["", "\0", "\ud800", "a\nb", "x" * 70_000, "a@b.example", "<a@b.example>"])
    | st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-03-02"])
    | st.sampled_from(["Bounce", "Complaint", "Send", "Delivery", "Permanent", "Transient"])
)
ANY_JSON: Final = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
_GONE: Final = object()
# Changes of one value.
_CHANGES = st.one_of(
    st.just(lambda _: _GONE),
    ANY_JSON.map(lambda other: lambda _: other),
    st.just(lambda value: [value]),
    st.just(lambda value: {"value": value}),
    st.just(lambda value: [value] * 40),
    st.just(json.dumps),
    TEXT.map(lambda text: lambda value: f"{value}{text}"),
)


def mutated(samples: list[Json]) -> st.SearchStrategy[Json]:
    """Make samples with up to three changed values."""

    @st.composite
    def make(draw: st.DrawFn) -> Json:
        document = copy.deepcopy(draw(st.sampled_from(samples)))
        for _ in range(draw(st.integers(1, 3))):
            if paths := [*_paths(document)]:
                _change(document, draw(st.sampled_from(paths)), draw(_CHANGES))
        return document

    return make()


def _paths(value: object, here: Path_ = ()) -> Iterator[Path_]:
    members: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        members = [*value.items()]
    elif isinstance(value, list):
        members = [*enumerate(value)]
    for name, member in members:
        yield (*here, name)
        yield from _paths(member, (*here, name))


def _change(document: Any, path: Path_, change: Any) -> None:
    *parents, last = path
    for step in parents:
        document = document[step]
    if (changed := change(document[last])) is _GONE:
        del document[last]
    else:
        document[last] = changed


def cut(text: str) -> st.SearchStrategy[str]:
    """Make texts that end too early, or have random text inserted."""
    position = st.integers(0, len(text))
    inserted = st.builds(lambda at, more: text[:at] + more + text[at:], position, TEXT)
    return inserted | position.map(lambda at: text[:at])
