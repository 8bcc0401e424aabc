import datetime as dt
from collections.abc import Callable
from typing import Any, cast

import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2
from hypothesis import given
from hypothesis import strategies as st

from suppression.v1 import suppression_pb2 as pb
from suppression.v1 import suppression_service_pb2 as rpc
from suppression_service.server import convert
from suppression_service.server.errors import DOMAIN, InvalidField
from suppression_service.store import NewSuppression, Reason, Removal
from tests.support.callers import FakeCaller

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
JANE = "jane@example.com"


def suppress(**fields: Any) -> Callable[[], object]:
    asked = rpc.SuppressRequest(**{"address": JANE, "reason": pb.REASON_MANUAL, **fields})
    return lambda: convert.new_suppression(asked, FakeCaller(), NOW)


def unsuppress(**fields: Any) -> Callable[[], object]:
    asked = rpc.UnsuppressRequest(**{"address": JANE, **fields})
    return lambda: convert.removal(asked, FakeCaller())


def erase(**fields: Any) -> Callable[[], object]:
    asked = rpc.EraseAddressRequest(**{"address": JANE, **fields})
    return lambda: convert.erasure(asked)


def page(**fields: Any) -> rpc.ListChangesRequest:
    return rpc.ListChangesRequest(**fields)


REFUSALS = [
    ("address", "ADDRESS_OR_DOMAIN", suppress(address="")),
    ("address", "ADDRESS_OR_DOMAIN", suppress(domain="example.com")),
    ("address", "ADDRESS_OR_DOMAIN", unsuppress(domain="example.com")),
    ("domain", "DOMAIN_TOO_BROAD", suppress(address="", domain="com")),
    ("domain", "DOMAIN_TOO_BROAD", unsuppress(address="", domain="COM.")),
    ("domain", "DOMAIN_INVALID", suppress(address="", domain="@example.com")),
    ("include_subdomains", "DOMAIN_MISSING", suppress(include_subdomains=True)),
    ("address", "ADDRESS_INVALID", suppress(address="Jane <jane@example.com>")),
    ("address", "ADDRESS_INVALID", unsuppress(address="jane")),
    ("reason", "REASON_MISSING", suppress(reason=0)),
    ("reason", "REASON_NOT_STORABLE", suppress(reason=pb.REASON_INVALID_ADDRESS)),
    ("reason", "REASON_UNKNOWN", suppress(reason=99)),
    ("reason", "REASON_UNKNOWN", suppress(reason=-1)),
    ("reason", "REASON_MISSING", unsuppress(reason=0)),
    ("reason", "REASON_NOT_STORABLE", unsuppress(reason=pb.REASON_INVALID_ADDRESS)),
    ("reason", "REASON_UNKNOWN", unsuppress(reason=99)),
    ("stream", "TEXT_TOO_LONG", suppress(stream="s" * 101)),
    ("stream", "TEXT_TOO_LONG", suppress(stream="ü" * 51)),
    ("stream", "TEXT_HAS_CONTROLS", suppress(stream="a\nb")),
    ("stream", "TEXT_TOO_LONG", unsuppress(stream="s" * 101)),
    ("source", "TEXT_TOO_LONG", suppress(source="s" * 101)),
    ("source", "TEXT_HAS_CONTROLS", unsuppress(source="a\0b")),
    ("detail", "TEXT_TOO_LONG", suppress(detail="d" * 1_001)),
    ("detail", "TEXT_HAS_CONTROLS", unsuppress(detail="\x1b[31m")),
    ("address", "ADDRESS_INVALID", erase(address="jane")),
    ("detail", "TEXT_TOO_LONG", erase(detail="d" * 1_001)),
    ("ttl", "TTL_NOT_POSITIVE", suppress(ttl=Duration())),
    ("ttl", "TTL_NOT_POSITIVE", suppress(ttl=Duration(seconds=-1))),
    ("ttl", "TTL_NOT_POSITIVE", suppress(ttl=Duration(nanos=1))),
    ("ttl", "TTL_TOO_LONG", suppress(ttl=Duration(seconds=3650 * 86_400 + 1))),
    ("ttl", "DURATION_OUT_OF_RANGE", suppress(ttl=Duration(seconds=2**62))),
    ("page_size", "PAGE_SIZE_NEGATIVE", lambda: convert.page_size(page(page_size=-1))),
    (
        "max_wait",
        "MAX_WAIT_NEGATIVE",
        lambda: convert.max_wait(page(max_wait=Duration(seconds=-1))),
    ),
    (
        "max_wait",
        "DURATION_OUT_OF_RANGE",
        lambda: convert.max_wait(page(max_wait=Duration(seconds=2**62))),
    ),
    ("mail_class", "MAIL_CLASS_UNKNOWN", lambda: convert.is_essential(cast("pb.MailClass", 3))),
    ("mail_class", "MAIL_CLASS_UNKNOWN", lambda: convert.is_essential(cast("pb.MailClass", -1))),
    ("min_revision", "REVISION_MALFORMED", lambda: convert.revision_in("min_revision", "7", "db")),
    (
        "after_revision",
        "REVISION_FOREIGN",
        lambda: convert.revision_in("after_revision", "other.7", "db"),
    ),
]


@pytest.mark.parametrize(
    ("field", "reason", "check"),
    REFUSALS,
    ids=[f"{field}-{reason}-{n}" for n, (field, reason, _) in enumerate(REFUSALS)],
)
def test_a_field_that_cannot_be_used_is_named(
    field: str, reason: str, check: Callable[[], object]
) -> None:
    with pytest.raises(InvalidField) as refused:
        check()
    # Then the message, ErrorInfo and BadRequest agree on what is wrong.
    assert str(refused.value).startswith(f"{field}: ")
    [info, bad] = refused.value.details()
    told, violations = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    assert info.Unpack(told)
    assert bad.Unpack(violations)
    assert (told.reason, told.domain) == (reason, DOMAIN)
    assert [violation.field for violation in violations.field_violations] == [field]


@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_no_refusal_of_an_address_repeats_it(text: str) -> None:
    secret = f"zq9{text}zq9@@"
    with pytest.raises(InvalidField) as refused:
        convert.address_in(secret)
    assert "zq9" not in str(refused.value)
    assert b"zq9" not in b"".join(detail.value for detail in refused.value.details())


def test_a_suppress_is_taken_over_field_by_field() -> None:
    asked = rpc.SuppressRequest(
        address=" Jane@Example.com ",
        reason=pb.REASON_UNSUBSCRIBE,
        stream="news",
        source="desk",
        detail="on the phone",
        ttl=Duration(seconds=90, nanos=500_000_000),
    )
    assert convert.new_suppression(asked, FakeCaller(), NOW) == NewSuppression(
        JANE,
        Reason.UNSUBSCRIBE,
        "news",
        "desk",
        "on the phone",
        NOW + dt.timedelta(seconds=90.5),
    )


def test_a_suppress_without_a_ttl_or_a_source_is_for_ever_and_by_the_api() -> None:
    asked = rpc.SuppressRequest(address=JANE, reason=pb.REASON_MANUAL)
    assert convert.new_suppression(asked, FakeCaller(), NOW) == NewSuppression(
        JANE, Reason.MANUAL, source="api", expires=None
    )


def test_an_unsuppress_that_names_nothing_means_every_reason_and_stream() -> None:
    asked = rpc.UnsuppressRequest(address=JANE)
    assert convert.removal(asked, FakeCaller()) == Removal(JANE, source="api")


def test_an_unsuppress_that_names_an_empty_stream_means_entries_for_all_mail() -> None:
    asked = rpc.UnsuppressRequest(address=JANE, stream="", reason=pb.REASON_MANUAL)
    assert convert.removal(asked, FakeCaller()) == Removal(JANE, Reason.MANUAL, "", "api")


@pytest.mark.parametrize("limit", [("stream", 100), ("source", 100), ("detail", 1_000)])
def test_a_text_at_its_limit_is_taken(limit: tuple[str, int]) -> None:
    field, size = limit
    text = "ü" * (size // 2)
    assert getattr(suppress(**{field: text})(), field) == text


@pytest.mark.parametrize("ttl", [dt.timedelta(days=3650), dt.timedelta(microseconds=1)], ids=str)
def test_an_entry_at_the_limit_of_ttl_ends_then(ttl: dt.timedelta) -> None:
    duration = Duration()
    duration.FromTimedelta(ttl)
    assert getattr(suppress(ttl=duration)(), "expires") == NOW + ttl  # noqa: B009 - any command


@pytest.mark.parametrize(
    ("asked", "used"), [(0, 1_000), (1, 1), (10_000, 10_000), (10_001, 10_000), (2**31 - 1, 10_000)]
)
def test_a_page_is_at_most_so_large(asked: int, used: int) -> None:
    assert convert.page_size(page(page_size=asked)) == used


@pytest.mark.parametrize(("asked", "used"), [(0, 0), (1, 1), (60, 60), (10**9, 60)])
def test_a_wait_is_at_most_so_long(asked: int, used: int) -> None:
    wait = convert.max_wait(page(max_wait=Duration(seconds=asked)))
    assert wait == dt.timedelta(seconds=used)


def test_no_wait_is_asked_for_by_leaving_it_out() -> None:
    assert convert.max_wait(page()) == dt.timedelta()


@pytest.mark.parametrize(
    ("mail_class", "essential"),
    [
        (pb.MAIL_CLASS_UNSPECIFIED, False),
        (pb.MAIL_CLASS_ORDINARY, False),
        (pb.MAIL_CLASS_ESSENTIAL, True),
    ],
)
def test_only_essential_mail_is_essential(mail_class: pb.MailClass, essential: bool) -> None:
    assert convert.is_essential(mail_class) == essential


@pytest.mark.parametrize(("text", "number"), [("", 0), ("db.0", 0), ("db.12", 12)])
def test_a_revision_of_this_database_is_its_number(text: str, number: int) -> None:
    assert convert.revision_in("min_revision", text, "db") == number
