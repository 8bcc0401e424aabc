"""A sample of every provider's export, and what becomes of its rows."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from suppression.formats import FORMATS
from suppression.formats.rows import fields_of

SAMPLES = Path(__file__).parents[3] / "data" / "formats"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text("utf-8"))


def outcome(taken: Any) -> dict[str, Any]:
    texts = [fields_of(row.entry)._asdict() for row in taken.rows]
    rows = [{name: text for name, text in row.items() if text} for row in texts]
    found = {"format": taken.formats[0], "rows": rows}
    for kind in ("skipped", "errors"):
        if listed := [[each.number, each.reason] for each in getattr(taken, kind)]:
            found[kind] = listed
    return found


@pytest.mark.parametrize("name", EXPECTED)
def test_rows_become_entries(name: str, take: Callable[..., Any]) -> None:
    taken = take((SAMPLES / name).read_bytes(), name)

    assert outcome(taken) == EXPECTED[name]


def test_every_format_has_a_sample() -> None:
    sampled = {each["format"] for each in EXPECTED.values()}

    assert {each.name for each in FORMATS} - sampled == set()


def test_every_sample_is_expected() -> None:
    assert {each.name for each in SAMPLES.iterdir()} == {*EXPECTED, "expected.json"}
