from collections.abc import Callable
from typing import Any

import grpc
import pytest

from suppression import (
    MAX_BATCH,
    ConfigurationError,
    Erased,
    InvalidArgumentError,
    Reason,
    SuppressionClient,
    UnavailableError,
    Verdict,
    WhenUnavailable,
)
from suppression.connection import Connection
from suppression.transports import GrpcTransport

ClientOf = Callable[..., Any]
DO_NOT_SEND = WhenUnavailable.DO_NOT_SEND
DOWN = UnavailableError("down", code=grpc.StatusCode.UNAVAILABLE)


async def test_a_check_is_answered(client_of: ClientOf) -> None:
    check = await client_of(when_unavailable=DO_NOT_SEND).check("bad@example.com")

    assert check.verdict is Verdict.DO_NOT_SEND


async def test_a_long_batch_is_answered_in_order(client_of: ClientOf) -> None:
    addresses = [f"{'bad' if n % 7 == 0 else 'good'}-{n}" for n in range(3 * MAX_BATCH + 3)]

    checks = await client_of(when_unavailable=DO_NOT_SEND).batch_check(addresses)

    assert [(c.address, c.send) for c in checks] == [(a, a.startswith("good")) for a in addresses]


async def test_a_long_batch_is_split_at_the_limit(client_of: ClientOf, service: Any) -> None:
    await client_of(when_unavailable=DO_NOT_SEND).batch_check(["a"] * (2 * MAX_BATCH + 1))

    sizes = [len(call.request.addresses) for call in service.calls]
    assert sorted(sizes) == [1, MAX_BATCH, MAX_BATCH]


async def test_an_empty_batch_asks_nothing(client_of: ClientOf, service: Any) -> None:
    checks = await client_of(when_unavailable=DO_NOT_SEND).batch_check([])

    assert (checks, service.calls) == ([], [])


async def test_a_batch_can_be_any_iterable(client_of: ClientOf) -> None:
    checks = await client_of(when_unavailable=DO_NOT_SEND).batch_check(a for a in ("a", "bad"))

    assert [check.send for check in checks] == [True, False]


async def test_an_error_in_one_piece_ends_the_batch(client_of: ClientOf, service: Any) -> None:
    service.failure = InvalidArgumentError("no")

    with pytest.raises(InvalidArgumentError):
        await client_of(when_unavailable=DO_NOT_SEND).batch_check(["a"] * (2 * MAX_BATCH))


async def test_filter_leaves_those_that_may_be_mailed_in_order(client_of: ClientOf) -> None:
    kept = await client_of(when_unavailable=DO_NOT_SEND).filter(["b", "bad", "a", "b"])

    assert kept == ["b", "a", "b"]


@pytest.mark.parametrize(
    ("choice", "kept"), [(DO_NOT_SEND, []), (WhenUnavailable.SEND, ["a", "bad"])]
)
async def test_filter_goes_by_the_policy_while_the_service_is_down(
    client_of: ClientOf, service: Any, choice: WhenUnavailable, kept: list[str]
) -> None:
    service.failure = DOWN

    assert await client_of(when_unavailable=choice).filter(["a", "bad"]) == kept


async def test_unanswered_addresses_are_counted(client_of: ClientOf, service: Any) -> None:
    client = client_of(when_unavailable=DO_NOT_SEND)
    service.failure = DOWN

    await client.check("a")
    await client.batch_check(["b", "c"])

    assert client.unanswered == 3


async def test_a_check_sees_the_clients_own_write(client_of: ClientOf, service: Any) -> None:
    client = client_of(when_unavailable=DO_NOT_SEND)

    done = await client.suppress("a", Reason.MANUAL)
    await client.check("a")

    assert service.calls[-1].request.min_revision == done.revision


async def test_a_removal_says_what_it_removed(client_of: ClientOf) -> None:
    done = await client_of(when_unavailable=DO_NOT_SEND).unsuppress("bad@example.com")

    assert [entry.address for entry in done.removed] == ["bad@example.com"]


async def test_an_erasure_says_how_much_it_changed(client_of: ClientOf) -> None:
    done = await client_of(when_unavailable=DO_NOT_SEND).erase("a@example.com")

    assert done == Erased(suppressions=2, events=3, revision="r4")


async def test_changes_say_where_to_go_on(client_of: ClientOf) -> None:
    changes = await client_of(when_unavailable=DO_NOT_SEND).list_changes("r1")

    assert changes.through_revision == "r1+"


async def test_closing_closes_the_transport(client_of: ClientOf, service: Any) -> None:
    await client_of(when_unavailable=DO_NOT_SEND).close()

    assert service.closed == 1


@pytest.mark.parametrize(
    "settings",
    [{"check_timeout": 0}, {"batch_timeout": -1}, {"timeout": 0}, {"batch_parallelism": 0}],
)
def test_settings_that_cannot_work_are_refused(client_of: ClientOf, settings: Any) -> None:
    with pytest.raises(ConfigurationError):
        client_of(when_unavailable=DO_NOT_SEND, **settings)


def test_nothing_of_grpc_exists_before_the_first_call(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []
    monkeypatch.setattr(grpc, "insecure_channel", lambda *args: opened.append(args))

    SuppressionClient("localhost:1", when_unavailable=DO_NOT_SEND).close()

    assert opened == []


def test_a_channel_from_before_a_fork_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    transport = GrpcTransport(Connection("localhost:1"))
    transport._opened()

    monkeypatch.setattr("os.getpid", lambda: -1)

    with pytest.raises(ConfigurationError, match="fork"):
        transport._opened()
    transport.close()
