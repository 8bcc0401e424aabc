import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suppression_ingest.decision_table import (
    DEFAULT_TABLE,
    DELAYED_IS_SOFT,
    Case,
    Counts,
    decisive_row,
)
from suppression_ingest.policy import Policy
from suppression_ingest.recipients import Recipient
from suppression_ingest.ses import SesEvent
from suppression_ingest.streams import Streams
from suppression_service.store import Effect, Reason

TABLE: dict[str, Any] = json.loads(
    Path(__file__).parents[2].joinpath("data/ses/decisions.json").read_text()
)
POLICY = Policy(streams=Streams({"letters-set": "letters"}, {"acme": "acme-mail"}))
BOUNCES = [row for row in TABLE["rows"] if row["event"] == "Bounce"]


def name_of(row: dict[str, Any]) -> str:
    columns = ("event", "type", "sub_type", "status", "action", "configuration_set", "tenant")
    return "/".join(str(row[column]) for column in columns if row.get(column))


def event_of(row: dict[str, Any]) -> SesEvent:
    recipient = Recipient("jane@example.com", row.get("action", "failed"), row.get("status", ""))
    return SesEvent(
        kind=row["event"],
        happened=dt.datetime(2026, 3, 2, tzinfo=dt.UTC),
        identity="a feedback id",
        type=row.get("type", ""),
        sub_type=row.get("sub_type", ""),
        recipients=(recipient,),
        configuration_set=row.get("configuration_set", ""),
        tenant=row.get("tenant", ""),
    )


@pytest.mark.parametrize("row", TABLE["rows"], ids=name_of)
def test_each_row_of_the_table_has_its_effect_on_the_list(row: dict[str, Any]) -> None:
    [piece], _ = POLICY.feedback(event_of(row))
    expected = Effect(Reason[row["list"]], row.get("stream", "")) if row["list"] else None
    assert piece.effect == expected


@pytest.mark.parametrize("row", TABLE["rows"], ids=name_of)
def test_each_row_of_the_table_counts_as_it_says(row: dict[str, Any]) -> None:
    [piece], _ = POLICY.feedback(event_of(row))
    assert piece.counts_as == row["counts_as"]


@pytest.mark.parametrize("kind", TABLE["counted_only"])
def test_what_comes_with_every_message_is_not_stored(kind: str) -> None:
    pieces, _ = POLICY.feedback(event_of({"event": kind}))
    assert pieces == []


@pytest.mark.parametrize(("kind", "counts_as"), TABLE["counted_only"].items())
def test_what_comes_with_every_message_counts_as_it_says(kind: str, counts_as: str) -> None:
    assert decisive_row(Case(kind)).counts_as == counts_as


@pytest.mark.parametrize("row", BOUNCES, ids=name_of)
def test_the_case_of_type_and_sub_type_makes_no_difference(row: dict[str, Any]) -> None:
    case = Case("Bounce", row["type"], row["sub_type"], "failed", row.get("status", ""))
    shouted = Case(
        "Bounce", case.type.upper(), case.sub_type.upper(), case.action.upper(), case.status
    )
    assert decisive_row(shouted) == decisive_row(case)


def test_a_delayed_recipient_of_a_permanent_bounce_is_a_soft_bounce_when_the_switch_is_on() -> None:
    row = decisive_row(Case("Bounce", "Permanent", "General", "delayed", "4.0.0"), DELAYED_IS_SOFT)
    assert (row.listed, row.counts_as) == (None, Counts.SOFT_BOUNCE)


@pytest.mark.parametrize("row", BOUNCES, ids=name_of)
def test_the_switch_changes_nothing_about_recipients_that_failed(row: dict[str, Any]) -> None:
    case = Case("Bounce", row["type"], row["sub_type"], "failed", row.get("status", ""))
    assert decisive_row(case, DELAYED_IS_SOFT) == decisive_row(case)


@given(st.from_regex(r"[245]\.[0-9]\.[0-9]", fullmatch=True) | st.text())
def test_no_status_makes_a_transient_bounce_suppress(status: str) -> None:
    assert decisive_row(Case("Bounce", "Transient", "General", "failed", status)).listed is None


@given(st.text(), st.text(), st.text(), st.text(), st.text())
def test_every_case_is_decided(
    kind: str, type_: str, sub_type: str, action: str, status: str
) -> None:
    assert decisive_row(Case(kind, type_, sub_type, action, status)) in DEFAULT_TABLE


@pytest.mark.parametrize("case", [Case("Bounce", "SomethingNew"), Case("SomethingNew")])
def test_what_is_not_known_leads_to_a_warning(case: Case) -> None:
    assert decisive_row(case).warning
