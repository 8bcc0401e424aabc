from typing import Any

import pytest
from google.protobuf.message import Message

from suppression.v1 import suppression_pb2 as pb
from suppression.v1 import suppression_service_pb2 as rpc
from suppression_service.testserver.tokens import token_in
from suppression_service.testserver.traffic import Traffic
from tests.support.callers import FakeCaller


def noted(method: str, request: Message, left: float | None = None) -> dict[str, Any]:
    """Let a call arrive, and return what was noted of it."""
    traffic = Traffic("mine")
    with traffic.arrived(method, request, FakeCaller(left)):
        pass
    [call] = traffic.seen()["calls"]
    return dict(call)


def test_a_check_is_noted_with_what_it_asked() -> None:
    request = rpc.CheckAddressRequest(
        address="a@x.example",
        stream="news",
        mail_class=pb.MAIL_CLASS_ESSENTIAL,
        min_revision="r",
    )
    assert noted("CheckAddress", request, left=1.5) == {
        "method": "CheckAddress",
        "token": "mine",
        "deadline_ms": 1_500,
        "address": "a@x.example",
        "stream": "news",
        "min_revision": "r",
        "mail_class": "ESSENTIAL",
    }


def test_a_batch_is_noted_by_its_size() -> None:
    assert noted("BatchCheck", rpc.BatchCheckRequest(addresses=["a", "b"]))["addresses"] == 2


def test_a_call_without_a_deadline_has_none() -> None:
    assert noted("GetAddress", rpc.GetAddressRequest())["deadline_ms"] is None


def test_a_mail_class_of_a_later_contract_is_noted_as_unknown() -> None:
    request = rpc.CheckAddressRequest(mail_class=99)  # type: ignore[arg-type]
    assert noted("CheckAddress", request)["mail_class"] == "UNKNOWN"


def test_calls_are_counted_by_method_and_told_of_one_where_one_is_asked_for() -> None:
    traffic, caller = Traffic("mine"), FakeCaller()
    for method, request in [
        ("CheckAddress", rpc.CheckAddressRequest()),
        ("BatchCheck", rpc.BatchCheckRequest(addresses=["a"])),
        ("CheckAddress", rpc.CheckAddressRequest()),
    ]:
        with traffic.arrived(method, request, caller):
            pass
    assert traffic.seen()["count"]["CheckAddress"] == 2
    assert traffic.seen("BatchCheck")["batch_sizes"] == [1]
    assert {call["method"] for call in traffic.seen("BatchCheck")["calls"]} == {"BatchCheck"}


def test_the_most_calls_at_once_are_remembered_though_they_fail() -> None:
    traffic, request = Traffic("mine"), rpc.CheckAddressRequest()
    caller = FakeCaller()
    with (
        pytest.raises(RuntimeError),
        traffic.arrived("CheckAddress", request, caller),
        traffic.arrived("CheckAddress", request, caller),
    ):
        raise RuntimeError
    with traffic.arrived("CheckAddress", request, caller):
        assert traffic.seen()["most_at_once"]["CheckAddress"] == 2


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        ("  bearer   abc  ", "abc"),
        ("Bearer", ""),
        ("Bearer a b", ""),
        ("Basic abc", ""),
        ("", ""),
    ],
)
def test_the_token_is_found_in_the_header(header: str, token: str) -> None:
    assert token_in(header) == token
