from collections.abc import Callable
from datetime import timedelta
from typing import Any

import grpc
import pytest

from suppression import (
    MAX_BATCH,
    InvalidArgumentError,
    MailClass,
    PermissionDeniedError,
    Reason,
    UnavailableError,
    WhenUnavailable,
)
from suppression.exchanges import Exchanges, Mail, Timeouts, batches
from suppression.policy import Policy
from suppression.v1 import suppression_service_pb2 as pb

Play = Callable[..., Any]

SEND = pb.CheckAddressResponse(verdict=1)
DOWN = UnavailableError("down", code=grpc.StatusCode.UNAVAILABLE)
FOREIGN = InvalidArgumentError("of another database", reason="REVISION_FOREIGN")


def exchanges(choice: WhenUnavailable = WhenUnavailable.DO_NOT_SEND) -> Exchanges:
    return Exchanges(Policy(choice), Timeouts(check=0.25, batch=1.0, other=5.0))


def having_written(play: Play, revision: str) -> Exchanges:
    said = exchanges()
    play(_suppress(said), pb.SuppressResponse(revision=revision))
    return said


def _suppress(said: Exchanges, **wanted: Any) -> Any:
    every: dict[str, Any] = {"stream": "", "source": "", "detail": "", "ttl": None}
    every |= {"domain": "", "include_subdomains": False}
    return said.suppress("a@example.com", Reason.MANUAL, **(every | wanted))


def _unsuppress(said: Exchanges, **wanted: Any) -> Any:
    every = {"domain": "", "reason": None, "stream": None, "source": "", "detail": ""}
    return said.unsuppress("a@example.com", **(every | wanted))


def _erase(said: Exchanges) -> Any:
    return said.erase("a@example.com", detail="request 7")


def test_a_check_asks_for_exactly_the_mail_at_hand(play: Play) -> None:
    mail = Mail("news", MailClass.ESSENTIAL, "r7")

    played = play(exchanges().check(" A@example.com", mail), SEND)

    assert played.calls[0].request == pb.CheckAddressRequest(
        address=" A@example.com", stream="news", mail_class=2, min_revision="r7"
    )


def test_a_batch_asks_for_exactly_the_mail_at_hand(play: Play) -> None:
    mail = Mail("news", MailClass.ESSENTIAL, "r7")

    played = play(exchanges().batch(["a", "b"], mail), pb.BatchCheckResponse())

    assert played.calls[0].request == pb.BatchCheckRequest(
        addresses=["a", "b"], stream="news", mail_class=2, min_revision="r7"
    )


def test_an_entry_is_asked_for_with_all_that_was_said(play: Play) -> None:
    wanted = _suppress(
        exchanges(), stream="news", source="crm", detail="by phone", ttl=timedelta(days=30)
    )

    request = play(wanted, pb.SuppressResponse()).calls[0].request

    assert (request.stream, request.source, request.detail) == ("news", "crm", "by phone")
    assert request.ttl.seconds == 30 * 24 * 3600


def test_an_entry_for_ever_has_no_ttl(play: Play) -> None:
    request = play(_suppress(exchanges()), pb.SuppressResponse()).calls[0].request

    assert not request.HasField("ttl")


def test_a_removal_of_everything_names_no_reason_and_no_stream(play: Play) -> None:
    request = play(_unsuppress(exchanges()), pb.UnsuppressResponse()).calls[0].request

    assert (request.HasField("reason"), request.HasField("stream")) == (False, False)


def test_a_removal_for_all_mail_names_the_empty_stream(play: Play) -> None:
    wanted = _unsuppress(exchanges(), stream="", reason=Reason.MANUAL)

    request = play(wanted, pb.UnsuppressResponse()).calls[0].request

    assert (request.HasField("reason"), request.HasField("stream")) == (True, True)


@pytest.mark.parametrize(
    ("wanted", "response", "seconds"),
    [
        (lambda e: e.check("a", Mail()), SEND, 0.25),
        (lambda e: e.batch(["a"], Mail()), pb.BatchCheckResponse(), 1.0),
        (_suppress, pb.SuppressResponse(), 5.0),
        (_unsuppress, pb.UnsuppressResponse(), 5.0),
        (_erase, pb.EraseAddressResponse(), 5.0),
        (lambda e: e.get_address("a", domain=""), pb.GetAddressResponse(), 5.0),
        (lambda e: e.list_changes("", 0, None), pb.ListChangesResponse(), 5.0),
        (lambda e: e.list_changes("", 0, timedelta(seconds=30)), pb.ListChangesResponse(), 35.0),
    ],
)
def test_every_call_has_a_deadline(play: Play, wanted: Any, response: Any, seconds: float) -> None:
    assert play(wanted(exchanges()), response).calls[0].timeout == seconds


@pytest.mark.parametrize(
    ("wanted", "response"),
    [
        (lambda e: e.check("a", Mail()), SEND),
        (lambda e: e.batch(["a"], Mail()), pb.BatchCheckResponse()),
    ],
)
def test_checks_after_a_write_are_at_least_as_new(play: Play, wanted: Any, response: Any) -> None:
    said = having_written(play, "r5")

    assert play(wanted(said), response).calls[0].request.min_revision == "r5"


def test_a_removal_is_remembered_too(play: Play) -> None:
    said = exchanges()

    play(_unsuppress(said), pb.UnsuppressResponse(revision="r6"))

    assert play(said.check("a", Mail()), SEND).calls[0].request.min_revision == "r6"


def test_an_erasure_is_remembered_too(play: Play) -> None:
    said = exchanges()

    play(_erase(said), pb.EraseAddressResponse(revision="r7"))

    assert play(said.check("a", Mail()), SEND).calls[0].request.min_revision == "r7"


def test_an_erasure_says_who_and_why(play: Play) -> None:
    request = play(_erase(exchanges()), pb.EraseAddressResponse()).calls[0].request

    assert (request.address, request.detail) == ("a@example.com", "request 7")


def test_a_failed_write_is_not_remembered(play: Play) -> None:
    said = having_written(play, "r5")

    with pytest.raises(UnavailableError):
        play(_suppress(said), DOWN)

    assert play(said.check("a", Mail()), SEND).calls[0].request.min_revision == "r5"


def test_a_revision_of_the_callers_goes_first(play: Play) -> None:
    said = having_written(play, "r5")

    played = play(said.check("a", Mail(min_revision="r2")), SEND)

    assert played.calls[0].request.min_revision == "r2"


def test_an_empty_revision_of_the_callers_asks_for_nothing_special(play: Play) -> None:
    said = having_written(play, "r5")

    played = play(said.check("a", Mail(min_revision="")), SEND)

    assert played.calls[0].request.min_revision == ""


@pytest.mark.parametrize("reason", ["REVISION_FOREIGN", "REVISION_AHEAD"])
def test_a_carried_revision_of_another_database_is_dropped_at_once(play: Play, reason: str) -> None:
    said = having_written(play, "r5")

    played = play(said.check("a", Mail()), InvalidArgumentError(reason=reason), SEND)

    assert [call.request.min_revision for call in played.calls] == ["r5", ""]


def test_a_carried_revision_of_another_database_is_not_sent_again(play: Play) -> None:
    said = having_written(play, "r5")

    play(said.check("a", Mail()), FOREIGN, SEND)

    assert play(said.check("a", Mail()), SEND).calls[0].request.min_revision == ""


def test_a_foreign_revision_is_asked_without_only_once(play: Play) -> None:
    said = having_written(play, "r5")

    with pytest.raises(InvalidArgumentError):
        play(said.check("a", Mail()), FOREIGN, FOREIGN)


def test_a_foreign_revision_of_the_callers_is_raised(play: Play) -> None:
    with pytest.raises(InvalidArgumentError):
        play(exchanges().check("a", Mail(min_revision="r2")), FOREIGN)


def test_another_mistake_is_raised_although_a_revision_was_carried(play: Play) -> None:
    said = having_written(play, "r5")

    with pytest.raises(InvalidArgumentError):
        play(said.check("a", Mail()), InvalidArgumentError(reason="MAIL_CLASS_UNKNOWN"))


def test_the_service_may_be_gone_when_asked_again(play: Play) -> None:
    said = having_written(play, "r5")

    played = play(said.check("a", Mail()), FOREIGN, DOWN)

    assert not played.answer.answered


def test_a_write_during_a_check_is_not_dropped_with_the_older_one(play: Play) -> None:
    said = having_written(play, "r5")
    under_way = said.check("a", Mail())
    next(under_way)
    play(_suppress(said), pb.SuppressResponse(revision="r6"))

    under_way.throw(FOREIGN)

    assert play(said.check("a", Mail()), SEND).calls[0].request.min_revision == "r6"


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        (320 * "a", 320 * "a"),
        (160 * "ü", 160 * "ü"),
        (321 * "a", ""),
        (161 * "ü", ""),
    ],
)
def test_a_text_too_long_for_an_address_is_sent_as_an_empty_one(
    play: Play, address: str, sent: str
) -> None:
    played = play(exchanges().batch(["a", address], Mail()), pb.BatchCheckResponse())

    assert list(played.calls[0].request.addresses) == ["a", sent]
    assert played.answer[1].address == address


def test_a_batch_that_cannot_be_asked_goes_by_the_policy(play: Play) -> None:
    played = play(exchanges(WhenUnavailable.SEND).batch(["a", "b"], Mail()), DOWN)

    assert [(check.address, check.send) for check in played.answer] == [("a", True), ("b", True)]


@pytest.mark.parametrize("choice", WhenUnavailable)
def test_a_mistake_of_the_callers_is_raised_whatever_the_policy(
    play: Play, choice: WhenUnavailable
) -> None:
    with pytest.raises(PermissionDeniedError):
        play(exchanges(choice).check("a", Mail()), PermissionDeniedError())


@pytest.mark.parametrize(
    "wanted", [_suppress, _unsuppress, _erase, lambda e: e.get_address("a", domain="")]
)
def test_only_checks_go_by_the_policy(play: Play, wanted: Any) -> None:
    with pytest.raises(UnavailableError):
        play(wanted(exchanges(WhenUnavailable.SEND)), DOWN)


@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        (0, []),
        (1, [1]),
        (MAX_BATCH, [MAX_BATCH]),
        (MAX_BATCH + 1, [MAX_BATCH, 1]),
        (2 * MAX_BATCH, [MAX_BATCH, MAX_BATCH]),
    ],
)
def test_batches_are_as_long_as_the_service_takes(count: int, sizes: list[int]) -> None:
    assert [len(piece) for piece in batches(str(n) for n in range(count))] == sizes


def test_batches_keep_the_order() -> None:
    addresses = [str(n) for n in range(MAX_BATCH + 5)]

    assert [address for piece in batches(addresses) for address in piece] == addresses


def test_one_text_is_not_taken_for_many_addresses() -> None:
    with pytest.raises(TypeError):
        batches("jane@example.com")
