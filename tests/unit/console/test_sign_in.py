from collections.abc import Callable
from typing import Any

import pytest

from suppression import UnauthenticatedError, UnavailableError
from suppression_console.settings import networks
from suppression_console.sign_in import ATTEMPTS_OF_ONE, RateLimit


def test_a_page_sends_those_who_are_not_signed_in_to_the_form(browser: Any) -> None:
    answer = browser.get("/address?address=jane@example.com", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Faddress%3Faddress%3Djane%40example.com"


def test_a_token_of_the_service_begins_a_session(browser: Any) -> None:
    assert "admin-token" in browser.sign_in("admin").text


def test_the_browser_never_gets_the_token(browser: Any) -> None:
    page = browser.sign_in("admin")
    [cookie] = [each for each in browser.cookies.jar if each.name == "session"]
    assert cookie.value != "admin"
    assert 'value="admin"' not in page.text


def test_the_cookie_of_a_session_is_for_this_site_and_no_script(browser: Any) -> None:
    answer = browser.get("/sign-in")
    form = {"csrf": browser.cookies["sign-in"], "token": "admin"}
    answer = browser.post("/sign-in", data=form, follow_redirects=False)
    cookie = next(v for k, v in answer.headers.multi_items() if "session=" in v)
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


def test_an_unknown_token_is_refused(browser: Any) -> None:
    answer = browser.sign_in("wrong")
    assert answer.status_code == 403
    assert "does not know this token" in answer.text


def test_a_service_that_does_not_answer_is_said_so(browser: Any, service: Any) -> None:
    service.failure = UnavailableError("gone")
    answer = browser.sign_in("admin")
    assert answer.status_code == 503
    assert "does not answer" in answer.text


def test_a_form_of_another_site_signs_nobody_in(browser: Any) -> None:
    browser.get("/sign-in")
    form = {"csrf": browser.cookies["sign-in"], "token": "admin"}
    answer = browser.post("/sign-in", data=form, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403


def test_attempts_are_limited(browser: Any) -> None:
    statuses = [browser.sign_in("wrong").status_code for _ in range(ATTEMPTS_OF_ONE + 1)]
    assert statuses[-2:] == [403, 429]


def test_the_limit_begins_anew_each_minute() -> None:
    now = 0.0
    limit = RateLimit(lambda: now)
    while limit.allows("192.0.2.1"):
        pass
    now = 60.0
    assert limit.allows("192.0.2.1")


def test_signing_out_ends_the_session(admin: Any) -> None:
    admin.submit("/sign-out")
    assert admin.get("/address", follow_redirects=False).status_code == 303


def test_a_token_that_is_withdrawn_ends_the_session(admin: Any, service: Any) -> None:
    service.failure = UnauthenticatedError("withdrawn")
    answer = admin.get("/address?address=a@example.com", follow_redirects=False)
    assert answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_signing_in_leads_to_no_other_site(browser: Any, target: str) -> None:
    browser.get("/sign-in")
    form = {"csrf": browser.cookies["sign-in"], "token": "admin", "next": target}
    answer = browser.post("/sign-in", data=form, follow_redirects=False)
    assert answer.headers["location"] == "/"


def test_no_token_is_enough_only_where_all_users_are_on_this_machine(
    open_browser: Callable[..., Any],
) -> None:
    proxied = open_browser(proxies=networks("127.0.0.1"))
    assert proxied.sign_in("").status_code == 400
