import json
from collections.abc import Callable
from typing import Any

import grpc
import pytest

from suppression import FieldViolation, InvalidArgumentError, UnavailableError

Run = Callable[..., Any]


def test_check_reads_addresses_from_standard_input(run: Run) -> None:
    ran = run("check", "-", stdin="a@example.com\n\n b@example.com \n")

    assert ran.out == "send\ta@example.com\nsend\tb@example.com\n"


def test_check_exits_with_3_when_the_service_cannot_be_asked(run: Run, service: Any) -> None:
    service.failure = UnavailableError("UNAVAILABLE: gone", code=grpc.StatusCode.UNAVAILABLE)

    assert run("check", "a").status == 3


def test_a_service_that_is_away_is_one_line(run: Run, service: Any) -> None:
    service.failure = UnavailableError("UNAVAILABLE: gone")

    assert run("check", "a").err == (
        "suppression: the service at 127.0.0.1:50051 is unavailable: UNAVAILABLE: gone\n"
    )


def test_what_the_service_refuses_is_wrong_usage(run: Run, service: Any) -> None:
    service.failure = InvalidArgumentError("INVALID_ARGUMENT: no")

    assert run("add", "a").status == 2


BAD_LINE = "a@example.com\n\nnobody\nb@example.com\n"


def _refuse_what_has_no_at(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    suppress = service.Suppress

    def refuse(request: Any) -> Any:
        if "@" in request.address:
            return suppress(request)
        raise InvalidArgumentError("no", violations=(FieldViolation("address", "there is no @"),))

    monkeypatch.setattr(service, "Suppress", refuse)


def test_add_goes_on_after_a_line_that_is_no_address(
    run: Run, service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _refuse_what_has_no_at(service, monkeypatch)

    assert run("add", "-", stdin=BAD_LINE).out.count("added") == 2


def test_add_says_which_line_is_no_address_and_how_many(
    run: Run, service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _refuse_what_has_no_at(service, monkeypatch)

    ran = run("add", "-", stdin=BAD_LINE)

    assert (ran.status, ran.err.splitlines()) == (
        2,
        [
            "suppression: line 3: nobody: there is no @",
            "suppression: 2 done, 1 refused",
        ],
    )


def test_add_stops_at_what_is_wrong_for_every_address(run: Run, service: Any) -> None:
    service.failure = InvalidArgumentError("no", violations=(FieldViolation("ttl", "too long"),))

    run("add", "a@example.com", "b@example.com")

    assert len(service.calls) == 1


def test_erase_asks_before(run: Run, service: Any) -> None:
    ran = run("erase", "a@example.com", "b@example.com", stdin="n\n")

    assert (ran.status, ran.out.strip(), len(service.calls)) == (2, "", 0)
    assert "these 2 addresses" in ran.err


def test_erase_asks_nobody_when_told_so(run: Run) -> None:
    ran = run("erase", "-", "--yes", "--json", stdin="a@example.com\n")

    assert json.loads(ran.out) == {
        "address": "a@example.com",
        "suppressions": 2,
        "events": 3,
        "revision": "r4",
    }


def test_erase_of_standard_input_must_be_told_so(run: Run, service: Any) -> None:
    ran = run("erase", "-", stdin="a@example.com\n")

    assert (ran.status, len(service.calls), "--yes" in ran.err) == (2, 0, True)
