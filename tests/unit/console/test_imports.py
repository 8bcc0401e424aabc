import re
from typing import Any

import pytest

from suppression import UnavailableError

BOUNCES = "status,reason,email,created\n5.1.1,no such user,jane@example.com,1700000000\n"


def upload(browser: Any, text: str, name: str = "bounces.csv", **fields: str) -> Any:
    form = {"csrf": browser.csrf("/import"), **fields}
    return browser.post("/import", data=form, files={"file": (name, text.encode())})


def shown(browser: Any, page: Any) -> str:
    """Return the page of an import once it is at rest."""
    while "hx-trigger" in page.text:
        page = browser.get(page.url.path)
    text: str = page.text
    return text


def run(browser: Any, page: Any) -> str:
    return shown(browser, browser.submit(f"{page.url.path}/run"))


def test_a_file_is_tried_before_anything_changes(admin: Any, service: Any) -> None:
    page = shown(admin, upload(admin, BOUNCES))
    assert "SendGrid, bounces" in page
    assert "Import 1 entry" in page
    assert [each.dry_run for each in service.made("ImportSuppressions")] == [True]


def test_it_is_imported_when_that_is_wanted(admin: Any, service: Any) -> None:
    page = upload(admin, BOUNCES)
    shown(admin, page)
    assert re.search(r"</svg>\s*Imported", run(admin, page))
    assert [each.dry_run for each in service.made("ImportSuppressions")] == [True, False]


def test_a_file_of_no_known_format_is_said_so(admin: Any) -> None:
    assert "of no known format" in shown(admin, upload(admin, "colour,size\nred,1\n"))


def test_a_row_that_the_service_refuses_can_be_downloaded(admin: Any, service: Any) -> None:
    refusal = {"field": "address", "reason": "ADDRESS_INVALID", "message": "no domain"}
    service.answers["ImportSuppressions"] = service.refused(refusal)
    page = upload(admin, BOUNCES)
    assert "address: no domain" in shown(admin, page)
    rows = admin.get(f"{page.url.path}/failed-rows.csv").text
    assert "address: no domain" in rows
    assert "jane@example.com" in rows


def test_a_service_that_goes_away_is_said_so(admin: Any, service: Any) -> None:
    page = upload(admin, BOUNCES)
    shown(admin, page)
    service.failure_of["ImportSuppressions"] = UnavailableError("away")
    assert "Run the import again" in run(admin, page)


def test_an_import_of_another_session_cannot_be_seen(open_browser: Any) -> None:
    first, second = open_browser(), open_browser()
    first.sign_in("admin")
    second.sign_in("admin")
    assert second.get(upload(first, BOUNCES).url.path).status_code == 404


@pytest.mark.parametrize("token", ["check", "read"])
def test_who_may_not_write_may_not_upload(browser: Any, token: str) -> None:
    browser.sign_in(token)
    assert browser.get("/import").status_code == 403
