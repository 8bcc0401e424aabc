"""The console in a real Chromium, in front of a real server and its database."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from suppression import Reason
from tests.support.browser import TIMEOUT, axe
from tests.support.console import ConsoleSystem
from tests.support.sample_list import STORY

FORMATS = Path(__file__).parents[2] / "data" / "formats"
EXPECTED: dict[str, Any] = json.loads((FORMATS / "expected.json").read_text())
PAGES = ["/", "/list", f"/address?address={STORY}", "/import", "/reasons", "/nowhere"]
HTML = "<img src=x onerror=document.title='broken'>"

# In one worker of pytest-xdist, so that the tests share server and browser.
pytestmark = [pytest.mark.xdist_group("console"), pytest.mark.timeout(300)]


def violations(page: Page) -> list[str]:
    """What axe-core finds, as rule and element."""
    found = page.evaluate("axe.run().then(result => result.violations)")
    return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]


def loaded(page: Page) -> int:
    """Bytes of the page and of all that it loads, as they cross the network the first time."""
    sizes = "performance.getEntries().map(each => each.encodedBodySize || 0)"
    return int(sum(page.evaluate(sizes)))


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(page: Page, colours: Any) -> None:
    page.emulate_media(color_scheme=colours)
    found = {}
    for path in PAGES:
        page.goto(path)
        # Not a script of the page, which the policy would refuse.
        page.evaluate(axe())
        found[path] = violations(page)
    assert found == {path: [] for path in PAGES}


def test_the_form_to_sign_in_is_accessible(browser: Browser, system: ConsoleSystem) -> None:
    page = browser.new_page(base_url=system.url)
    page.goto("/sign-in")
    page.evaluate(axe())
    found = violations(page)
    page.close()
    assert found == []


def test_every_page_fits_a_narrow_window_and_stays_small(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    widths, sizes = {}, {}
    for path in PAGES:
        page.goto(path)
        widths[path] = page.evaluate("document.documentElement.scrollWidth")
        sizes[path] = loaded(page)
    assert [path for path in PAGES if widths[path] > 360] == []
    assert [path for path in PAGES if sizes[path] > 100_000] == []


def test_the_search_follows_what_is_typed_and_stays_in_the_url(page: Page) -> None:
    page.goto("/list")
    page.keyboard.press("/")
    page.keyboard.type("jane.d")
    expect(page.get_by_role("link", name=STORY).first).to_be_visible(timeout=TIMEOUT)
    expect(page).to_have_url(re.compile(r"/list\?.*q=jane\.d"), timeout=TIMEOUT)
    expect(page.locator("tbody tr")).to_have_count(2, timeout=TIMEOUT)


def test_a_removal_with_a_reason_changes_the_check(page: Page, system: ConsoleSystem) -> None:
    with system.client() as client:
        client.suppress("removed@example.com", Reason.HARD_BOUNCE)
        page.goto("/list?q=removed@")
        page.get_by_label("Select removed@example.com").check()
        page.get_by_placeholder("Why may they be mailed again?").fill("works again, ticket 17")
        page.get_by_role("button", name="Remove selected").click()
        expect(page.get_by_text("Removed 1 entry.")).to_be_visible(timeout=TIMEOUT)
        page.goto("/address?address=removed@example.com")
        expect(page.locator(".answer .verdict")).to_have_text("Send", timeout=TIMEOUT)
        [entry] = client.get_address("removed@example.com").suppressions
    assert entry.removed_by == "admin-team/console"
    assert entry.removal_detail == "works again, ticket 17"


def test_an_address_is_added_and_erased_with_the_keyboard_alone(page: Page) -> None:
    page.goto("/address?address=person@example.com")
    page.locator("summary", has_text="Add an entry").press("Enter")
    page.get_by_label("Why", exact=True).fill("asked by phone")
    page.get_by_role("button", name="Add", exact=True).press("Enter")
    expect(page.locator(".answer .verdict")).to_have_text("Do not send", timeout=TIMEOUT)
    page.locator("summary", has_text="Erase personal data").press("Enter")
    page.get_by_label("Type the address again").fill("person@example.com")
    page.get_by_role("button", name="Erase for ever").press("Enter")
    expect(page.get_by_text("Erased: 1 entry has")).to_be_visible(timeout=TIMEOUT)
    expect(page.get_by_text("asked by phone")).to_have_count(0)


def test_a_file_of_each_format_is_imported(page: Page) -> None:
    unfinished = {}
    for name, expected in EXPECTED.items():
        page.goto("/import")
        page.get_by_label("Drop a file here").set_input_files(FORMATS / name)
        page.get_by_role("button", name="Look at it").click()
        page.get_by_role("heading", name="What would happen").wait_for()
        run = page.get_by_role("button", name=re.compile(r"Import \d+ entr"))
        if expected["rows"]:
            run.click()
            page.get_by_role("heading", name="Imported", exact=True).wait_for()
        elif run.is_enabled():
            unfinished[name] = "nothing could be imported"
        page.get_by_role("button", name=re.compile("Close|Do not import")).click()
    assert unfinished == {}


def test_rows_that_failed_can_be_downloaded(page: Page, tmp_path: Path) -> None:
    broken = tmp_path / "suppression_bounces.csv"
    broken.write_text("status,reason,email,created\n5.1.1,no such user,no-address,1700000000\n")
    page.goto("/import")
    page.get_by_label("Drop a file here").set_input_files(broken)
    page.get_by_role("button", name="Look at it").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download failed rows").click()
    assert "no-address" in Path(download.value.path()).read_text()


def test_what_is_shown_is_exported(page: Page) -> None:
    page.goto(f"/list?q={STORY}")
    page.locator("summary", has_text="Export").click()
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("JSON Lines")).click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert {json.loads(line)["address"] for line in lines} == {STORY}


def test_html_of_strangers_is_text(page: Page, system: ConsoleSystem) -> None:
    address = '"<b>bold</b>"@example.com'
    with system.client() as client:
        client.suppress(address, Reason.MANUAL, detail=HTML, stream="<u>stream</u>")
    page.goto("/list?q=%22<b>")
    page.get_by_role("link", name=address).click()
    expect(page.get_by_text(HTML)).to_be_visible(timeout=TIMEOUT)
    assert page.locator("main :is(img, b, u)").count() == 0
    assert page.title() != "broken"


def test_a_role_sees_only_what_it_may_do(browser: Browser, system: ConsoleSystem) -> None:
    seen = {}
    for role in ("check", "read", "write"):
        page = browser.new_page(base_url=system.url)
        system.sign_in(page, role)
        seen[role] = page.get_by_role("navigation", name="Pages").inner_text().split()
        page.close()
    assert seen == {
        "check": ["Address"],
        "read": ["Overview", "List", "Address", "Reasons"],
        "write": ["Overview", "List", "Address", "Import", "Reasons"],
    }


def test_without_javascript_the_list_can_be_searched(
    browser: Browser, system: ConsoleSystem
) -> None:
    context = browser.new_context(base_url=system.url, java_script_enabled=False)
    page = context.new_page()
    system.sign_in(page)
    page.goto("/list")
    page.get_by_label("Beginning of an address").fill("jane.d")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=STORY).first.wait_for(timeout=TIMEOUT)
    context.close()
