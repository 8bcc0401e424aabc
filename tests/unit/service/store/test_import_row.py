"""What a row of an import does to an entry."""

import dataclasses
import datetime as dt
from typing import Any

import pytest

from suppression_service.store import ImportOutcome, ImportRow, Reason, Suppression
from suppression_service.store.entry import Entry

NOW = dt.datetime(2026, 3, 10, tzinfo=dt.UTC)
CREATED, UPDATED, UNCHANGED, KEPT_REMOVED = (
    ImportOutcome.CREATED,
    ImportOutcome.UPDATED,
    ImportOutcome.UNCHANGED,
    ImportOutcome.KEPT_REMOVED,
)


def day(number: int) -> dt.datetime:
    return dt.datetime(2026, 3, number, tzinfo=dt.UTC)


def stored(**fields: Any) -> Suppression:
    """An active entry for ever, of the fifth."""
    entry = Suppression(
        address="jane@example.com",
        stream="",
        reason=Reason.HARD_BOUNCE,
        source="ses",
        detail="550",
        message_id="",
        feedback_id="",
        first_seen=day(5),
        last_seen=day(5),
        occurrences=2,
        expires=None,
        removed=None,
        removed_by="",
        removal_detail="",
        revision=1,
    )
    return dataclasses.replace(entry, **fields)


def row(*, is_dated: bool = True, **fields: Any) -> ImportRow:
    """A row of the same times."""
    return ImportRow(stored(source="import", detail="", occurrences=1, **fields), is_dated)


def imported(
    state: Suppression, *rows: ImportRow, restore_removed: bool = False
) -> tuple[list[ImportOutcome], Suppression]:
    entry = Entry(1, 7, state, revision=2)
    outcomes = [entry.import_row(each, NOW, restore_removed=restore_removed) for each in rows]
    return outcomes, entry.state


def test_the_same_row_twice_changes_nothing_the_second_time() -> None:
    entry = Entry.new("jane@example.com", "", Reason.HARD_BOUNCE, fingerprint=7, now=NOW,
                      revision=2, erased=False)  # fmt: skip
    first, second = (entry.import_row(row(), NOW, restore_removed=False) for _ in range(2))
    assert (first, second) == (CREATED, UNCHANGED)
    assert entry.state == dataclasses.replace(row().entry, revision=2)


@pytest.mark.parametrize(
    ("state", "fields", "becomes"),
    [
        (stored(), {"first_seen": day(1)}, {"first_seen": day(1)}),
        (stored(), {"last_seen": day(7)}, {"last_seen": day(7)}),
        (stored(expires=day(20)), {"expires": day(25)}, {"expires": day(25)}),
        (stored(expires=day(20)), {"expires": None}, {"expires": None}),
        (stored(), {"include_subdomains": True}, {"include_subdomains": True}),
        (
            stored(expires=day(7)),
            {"expires": day(20)},
            {"expires": day(20), "source": "import", "detail": ""},
        ),
    ],
)
def test_a_row_prolongs_or_widens(
    state: Suppression, fields: dict[str, Any], becomes: dict[str, Any]
) -> None:
    outcomes, after = imported(state, row(**fields))
    assert outcomes == [UPDATED]
    assert after == dataclasses.replace(state, revision=2, **becomes)


@pytest.mark.parametrize(
    "fields",
    [
        {"expires": day(20)},
        {"removed": day(9)},
        {"first_seen": day(6), "last_seen": day(4)},
        {"is_dated": False, "first_seen": NOW, "last_seen": NOW},
    ],
)
def test_a_row_never_weakens_an_active_entry(fields: dict[str, Any]) -> None:
    assert imported(stored(include_subdomains=True), row(**fields))[0] == [UNCHANGED]


@pytest.mark.parametrize(
    ("fields", "restore_removed", "outcome"),
    [
        ({}, False, KEPT_REMOVED),
        ({"last_seen": day(8)}, False, KEPT_REMOVED),
        ({"last_seen": day(9)}, False, UPDATED),
        ({"last_seen": day(9), "is_dated": False}, False, KEPT_REMOVED),
        ({}, True, UPDATED),
        ({"removed": day(9)}, True, UNCHANGED),
    ],
)
def test_only_a_row_from_after_a_removal_undoes_it_unless_told_to(
    fields: dict[str, Any], restore_removed: bool, outcome: ImportOutcome
) -> None:
    removed = stored(removed=day(8), removed_by="ann", removal_detail="asked")
    outcomes, after = imported(removed, row(**fields), restore_removed=restore_removed)
    assert outcomes == [outcome]
    assert (after.removed is None) == (outcome is UPDATED)
    assert after.removed_by == ("" if outcome is UPDATED else "ann")


def test_an_erased_entry_takes_no_text() -> None:
    entry = Entry(1, 7, stored(address="erased:00", detail="", removed=day(4)), 2, erased=True)
    assert (
        entry.import_row(
            ImportRow(stored(detail="550 jane"), is_dated=True), NOW, restore_removed=False
        )
        is UPDATED
    )
    assert (entry.state.address, entry.state.detail) == ("erased:00", "")
