"""One server, one console and one browser for all tests of the console."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser import TIMEOUT, chromium
from tests.support.console import ConsoleSystem
from tests.support.processes import Processes


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Not for the session: while Playwright runs, no test of asyncio can.
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def system(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleSystem]:
    """A server and a console; the browser first, since without it all tests are skipped."""
    folder = tmp_path_factory.mktemp("console")
    with Processes(folder / "logs") as processes:
        yield ConsoleSystem.start(processes, folder, days=1)


@pytest.fixture
def page(browser: Browser, system: ConsoleSystem) -> Iterator[Page]:
    """A page of someone who is signed in; it fails if the page breaks the policy, or a script."""
    context = browser.new_context(base_url=system.url)
    context.set_default_timeout(TIMEOUT)
    opened, problems = context.new_page(), list[str]()
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on(
        "console",
        lambda line: problems.append(line.text) if "Content Security Policy" in line.text else None,
    )
    system.sign_in(opened)
    yield opened
    context.close()
    assert problems == []
