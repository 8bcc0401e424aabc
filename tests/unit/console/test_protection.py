from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from suppression_console.protection import CONTENT_SECURITY_POLICY
from suppression_console.settings import networks


def test_nothing_inline_is_run_or_shown() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("path", ["/sign-in", "/nowhere", "/static/console.css", "/healthz"])
def test_every_answer_has_the_policy(browser: Any, path: str) -> None:
    assert browser.get(path).headers["content-security-policy"] == CONTENT_SECURITY_POLICY


def test_pages_are_not_kept_by_browsers_and_files_are(browser: Any) -> None:
    assert browser.get("/sign-in").headers["cache-control"] == "no-store"
    assert "immutable" in browser.get("/static/console.css").headers["cache-control"]


def test_a_name_that_leads_here_from_elsewhere_is_refused(open_browser: Callable[..., Any]) -> None:
    assert open_browser("http://evil.example").get("/sign-in").status_code == 421


def test_beyond_loopback_only_a_proxy_that_is_named_may_connect(
    open_browser: Callable[..., Any],
) -> None:
    stranger = open_browser(listen="0.0.0.0:8090", proxies=networks("10.0.0.0/8"))
    assert stranger.get("/sign-in").status_code == 403


def test_a_proxy_must_have_terminated_tls(open_browser: Callable[..., Any]) -> None:
    console = open_browser("http://console.example", proxies=networks("127.0.0.1"))
    assert console.get("/sign-in").status_code == 421
    assert console.get("/sign-in", headers={"x-forwarded-proto": "https"}).status_code == 200


def test_cookies_are_secure_over_tls(open_browser: Callable[..., Any]) -> None:
    console = open_browser("http://console.example", proxies=networks("127.0.0.1"))
    answer = console.get("/sign-in", headers={"x-forwarded-proto": "https"})
    assert "__Host-sign-in=" in answer.headers["set-cookie"]
    assert "Secure" in answer.headers["set-cookie"]


def test_a_form_without_the_token_of_the_session_does_nothing(admin: Any, service: Any) -> None:
    form = {"csrf": "guessed", "address": "jane@example.com", "reason": "manual"}
    assert admin.post("/address/add", data=form).status_code == 403
    assert not service.made("Suppress")


def test_a_form_that_is_too_large_is_refused(admin: Any) -> None:
    answer = admin.post("/address/add", content=b"a" * 300_000)
    assert answer.status_code == 413


def test_a_form_of_unknown_length_that_is_too_large_is_refused(admin: Any) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(2):
            yield b"a" * 200_000

    form = {"content-type": "application/x-www-form-urlencoded"}
    assert admin.post("/address/add", content=parts(), headers=form).status_code == 413


def test_anyone_may_ask_for_its_health(open_browser: Callable[..., Any]) -> None:
    console = open_browser("http://10.1.2.3", listen="0.0.0.0:8090", proxies=networks("10.9.9.9"))
    assert console.get("/healthz").status_code == 200


def test_a_tunnel_to_this_machine_needs_no_tls(open_browser: Callable[..., Any]) -> None:
    console = open_browser("http://localhost", listen="0.0.0.0:8090", proxies=networks("127.0.0.1"))
    assert console.get("/sign-in").status_code == 200
