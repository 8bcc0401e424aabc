"""Debian's Chromium, driven by Playwright, which downloads no browser of its own."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Error, sync_playwright

from tests.support.prerequisites import missing

_AXE: Final = Path(__file__).parents[1] / "data" / "axe" / "axe.min.js"
_FLAGS: Final = (
    "--headless",
    "--no-sandbox",  # which Chromium does not have as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
#: What distributions call it.
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
#: Milliseconds that an element may take to appear. Generous, for a busy machine.
TIMEOUT: Final = 60_000


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Start a Chromium for the length of the block."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if not path:
        missing("Chromium", "it is Debian's package chromium; .ci/chromium installs it")
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=[*_FLAGS])
        except Error as error:
            missing("Chromium", error)
        yield browser
        browser.close()


def axe() -> str:
    """Return the script of axe-core."""
    return _AXE.read_text(encoding="utf-8")
