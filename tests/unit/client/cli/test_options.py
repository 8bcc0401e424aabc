from collections.abc import Callable
from typing import Any

import pytest

from suppression import Reason

Run = Callable[..., Any]


def test_check_says_what_applies_without_a_stream(run: Run) -> None:
    told = " ".join(run("check", "--help").out.split())

    assert "Without it, only entries for all mail apply" in told


@pytest.mark.parametrize(
    "server", ["http://127.0.0.1:50051", "https://a.example", "localhost", "[::1]"]
)
def test_a_server_that_is_no_host_and_port_is_not_asked(
    run: Run, service: Any, server: str
) -> None:
    ran = run("check", "a@example.com", "--server", server)

    assert (ran.status, len(service.calls), "give HOST:PORT" in ran.err) == (2, 0, True)


@pytest.mark.parametrize(
    "args",
    [
        ("check",),
        ("check", "a", "--server", "example.com:1"),
        ("check", "a", "--tls-ca", "does-not-exist.pem"),
        ("check", "a", "--token", "t\n"),
        ("check", "\udcff@example.com"),
        ("add", "a", "--reason", "whim"),
        ("add", "a", "--reason", "invalid-address"),
        ("add", "a", "--ttl", "soon"),
        ("add", "a", "--ttl", "30"),
        ("frobnicate",),
    ],
)
def test_wrong_usage_exits_with_2(run: Run, args: tuple[str, ...]) -> None:
    assert run(*args).status == 2


def test_wrong_usage_asks_nothing(run: Run, service: Any) -> None:
    run("add", "a", "--ttl", "soon")

    assert service.calls == []


@pytest.mark.parametrize("reason", ["hard-bounce", "HARD_BOUNCE", "Hard-Bounce"])
def test_add_takes_a_reason_in_any_spelling(run: Run, service: Any, reason: str) -> None:
    run("add", "a@example.com", "--reason", reason)

    assert service.calls[0].request.reason == Reason.HARD_BOUNCE


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [("45s", 45), ("90m", 5_400), ("12h", 43_200), ("30d", 2_592_000), ("2w", 1_209_600)],
)
def test_add_takes_a_duration(run: Run, service: Any, duration: str, seconds: int) -> None:
    run("add", "a@example.com", "--ttl", duration)

    assert service.calls[0].request.ttl.seconds == seconds


def test_settings_come_from_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPPRESSION_SERVER", "example.com:1")

    assert "example.com:1 is not a loopback address" in run("check", "a").err


def test_plaintext_to_another_machine_can_be_allowed(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPPRESSION_INSECURE", "true")

    assert run("check", "a", "--server", "example.com:1").status == 0


def test_a_token_goes_to_another_machine_only_through_tls(run: Run, service: Any) -> None:
    ran = run("check", "a", "--server", "example.com:1", "--insecure", "--token", "t")

    assert (ran.status, "only sent to it over TLS" in ran.err, service.calls) == (2, True, [])
