import datetime as dt
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from suppression.v1 import suppression_pb2 as pb
from suppression_service.server import list_convert
from suppression_service.server.auth import Role
from suppression_service.server.errors import InvalidField
from suppression_service.store import ImportRow
from tests.support.callers import FakeCaller

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
YESTERDAY = Timestamp(seconds=int(NOW.timestamp()) - 86_400)
TOMORROW = Timestamp(seconds=int(NOW.timestamp()) + 86_400)
FUTURE = Timestamp(seconds=TOMORROW.seconds + 1)


def import_row(role: Role | None = None, **fields: Any) -> ImportRow:
    caller = FakeCaller()
    caller.token_role = role
    caller.token_name = "" if role is None else "desk"
    row = {"address": "Jane@Example.com", "reason": pb.REASON_MANUAL, **fields}
    return list_convert.import_row(pb.Suppression(**row), caller, NOW)


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"address": ""}, "address", "ADDRESS_OR_DOMAIN"),
        ({"domain": "example.com"}, "address", "ADDRESS_OR_DOMAIN"),
        ({"address": "erased:00"}, "address", "ADDRESS_ERASED"),
        ({"address": "Jane <jane@example.com>"}, "address", "ADDRESS_INVALID"),
        ({"include_subdomains": True}, "include_subdomains", "DOMAIN_MISSING"),
        ({"reason": 0}, "reason", "REASON_MISSING"),
        ({"reason": -7}, "reason", "REASON_UNKNOWN"),
        ({"stream": "s" * 101}, "stream", "TEXT_TOO_LONG"),
        ({"source": "a\nb"}, "source", "TEXT_HAS_CONTROLS"),
        ({"occurrences": -1}, "occurrences", "OCCURRENCES_OUT_OF_RANGE"),
        ({"occurrences": 2**63 - 1}, "occurrences", "OCCURRENCES_OUT_OF_RANGE"),
        ({"last_seen_time": FUTURE}, "last_seen_time", "TIME_IN_FUTURE"),
        ({"removed_time": FUTURE}, "removed_time", "TIME_IN_FUTURE"),
        ({"expire_time": Timestamp(seconds=2**62)}, "expire_time", "TIME_OUT_OF_RANGE"),
        ({"first_seen_time": Timestamp(seconds=-(2**62))}, "first_seen_time", "TIME_OUT_OF_RANGE"),
    ],
)
def test_a_row_that_cannot_be_used_says_which_field(
    fields: dict[str, Any], field: str, reason: str
) -> None:
    with pytest.raises(InvalidField) as refused:
        import_row(**fields)
    assert (refused.value.field, refused.value.reason) == (field, reason)
    assert "ane" not in refused.value.description


def test_a_row_without_times_is_of_now_and_not_dated() -> None:
    row = import_row()
    assert (row.entry.first_seen, row.entry.last_seen, row.is_dated) == (NOW, NOW, False)


def test_a_time_is_the_time_of_the_other_and_no_later_than_now() -> None:
    row = import_row(first_seen_time=YESTERDAY)
    assert row.entry.first_seen == row.entry.last_seen == YESTERDAY.ToDatetime(dt.UTC)
    assert row.is_dated
    assert import_row(last_seen_time=TOMORROW).entry.last_seen == NOW


@pytest.mark.parametrize(
    ("role", "source"), [(None, "ses"), (Role.ADMIN, "ses"), (Role.WRITE, "desk/ses")]
)
def test_only_an_administrator_chooses_the_source(role: Role | None, source: str) -> None:
    assert import_row(role, source="ses").entry.source == source


def test_only_an_administrator_imports_removed_entries() -> None:
    with pytest.raises(InvalidField) as refused:
        import_row(Role.WRITE, removed_time=YESTERDAY)
    assert refused.value.reason == "ROLE_TOO_LOW"
    removed = import_row(Role.ADMIN, removed_time=YESTERDAY, removed_by="ann").entry
    assert (removed.removed, removed.removed_by) == (YESTERDAY.ToDatetime(dt.UTC), "ann")
    assert removed.occurrences == 0
