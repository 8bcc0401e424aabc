import dataclasses
import datetime as dt

import pytest

from suppression.v1 import suppression_pb2 as pb
from suppression_service.server import convert
from suppression_service.store import Event, MalformedRevision, Reason, Revision, Suppression

NOW = dt.datetime(2026, 3, 1, 12, 30, 15, 123456, dt.UTC)
ENTRY = Suppression(
    address="jane@example.com",
    stream="news",
    reason=Reason.COMPLAINT,
    source="ses",
    detail="abuse",
    message_id="m1",
    feedback_id="f1",
    first_seen=NOW,
    last_seen=NOW + dt.timedelta(days=1),
    occurrences=2,
    expires=NOW + dt.timedelta(days=2),
    removed=NOW + dt.timedelta(days=3),
    removed_by="desk",
    removal_detail="asked to",
    revision=7,
)


def test_an_entry_is_told_field_by_field() -> None:
    told = convert.suppression(ENTRY, "db")
    assert (told.address, told.stream, told.reason) == ("jane@example.com", "news", 3)
    assert (told.source, told.detail) == ("ses", "abuse")
    assert (told.message_id, told.feedback_id, told.occurrences) == ("m1", "f1", 2)
    moments = (told.first_seen_time, told.last_seen_time, told.expire_time, told.removed_time)
    told_days = [(each.ToDatetime(dt.UTC) - NOW).days for each in moments]
    assert told_days == [0, 1, 2, 3]
    assert (told.removed_by, told.removal_detail, told.revision) == ("desk", "asked to", "db.7")


def test_a_standing_entry_for_ever_has_neither_end_nor_removal() -> None:
    told = convert.suppression(dataclasses.replace(ENTRY, expires=None, removed=None), "db")
    assert not told.HasField("expire_time")
    assert not told.HasField("removed_time")


def test_an_entry_of_a_domain_has_no_address() -> None:
    entry = dataclasses.replace(ENTRY, address="@example.com", include_subdomains=True)
    told = convert.suppression(entry, "db")
    assert (told.address, told.domain, told.include_subdomains) == ("", "example.com", True)


def test_every_field_of_an_entry_has_its_place_in_the_contract() -> None:
    domain = dataclasses.replace(ENTRY, address="@example.com", include_subdomains=True)
    told = [convert.suppression(entry, "db").ListFields() for entry in (ENTRY, domain)]
    assert {field.name for fields in told for field, _ in fields} == set(
        pb.Suppression.DESCRIPTOR.fields_by_name
    )


def test_every_field_of_feedback_has_its_place_in_the_contract() -> None:
    event = Event(
        kind="Bounce",
        type="Permanent",
        sub_type="NoEmail",
        feedback_id="f1",
        message_id="m1",
        configuration_set="marketing",
        status="5.1.1",
        diagnostic="no such user",
        counts_as="bounce",
        reason=Reason.HARD_BOUNCE,
        happened=NOW,
        received=NOW + dt.timedelta(days=1),
    )
    told = convert.event(event)
    assert {field.name for field, _ in told.ListFields()} == set(pb.Event.DESCRIPTOR.fields_by_name)
    for name in ("kind", "type", "sub_type", "feedback_id", "message_id", "configuration_set"):
        assert getattr(told, name) == getattr(event, name)
    assert (told.status, told.diagnostic, told.reason) == ("5.1.1", "no such user", 1)
    assert told.event_time.ToDatetime(dt.UTC) == NOW
    assert told.receive_time.ToDatetime(dt.UTC) == NOW + dt.timedelta(days=1)


def test_the_reasons_of_the_store_are_the_contracts() -> None:
    contract = {
        name.removeprefix("REASON_"): number
        for name, number in pb.Reason.items()
        if number not in (pb.REASON_UNSPECIFIED, pb.REASON_INVALID_ADDRESS)
    }
    assert contract == {reason.name: reason.value for reason in Reason}


def test_no_reason_is_unspecified() -> None:
    assert convert.proto_reason(None) == pb.REASON_UNSPECIFIED


@pytest.mark.parametrize("text", ["db.0", "0a1b2c3d.123456789012345678", "a.1"])
def test_a_revision_reads_back_as_it_was_written(text: str) -> None:
    assert str(Revision.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "db",
        "db.",
        ".7",
        "db.-1",
        "db.7 ",
        "db.7\n",
        "db.7.8",
        "DB.7",
        "db.\u0667",
        "db.1234567890123456789",
        "abcdefghijklmnopq.1",
        "db." + "9" * 5_000,
    ],
)
def test_what_is_no_revision_is_refused(text: str) -> None:
    with pytest.raises(MalformedRevision):
        Revision.parse(text)
