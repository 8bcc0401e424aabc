"""The images of the console in docs/images: ``make screenshots`` takes them anew."""

import random
import tempfile
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from playwright.sync_api import Browser

from suppression_service.store.schema import statistic
from suppression_service.store.series import Measure
from tests.support import sample_list
from tests.support.browser import chromium
from tests.support.console import ConsoleSystem
from tests.support.processes import Processes

_FOLDER: Final = Path(__file__).parents[2] / "docs" / "images"
_DAYS: Final = 28
_SENDGRID: Final = Path(__file__).parents[1] / "data" / "formats" / "suppression_bounces.csv"
#: Name of the image, page, colours, and size of the window.
_IMAGES: Final = (
    ("overview", "/", "light", (1280, 860)),
    ("list", "/list", "light", (1280, 700)),
    ("address", f"/address?address={sample_list.STORY}", "light", (1280, 860)),
    ("reasons", "/reasons", "dark", (1280, 860)),
)


def main() -> None:
    """Start a system with a made-up list, and write the images."""
    with tempfile.TemporaryDirectory() as name, Processes(Path(name) / "logs") as processes:
        folder = Path(name)
        system = ConsoleSystem.start(processes, folder, days=_DAYS)
        _spread_additions(f"sqlite:///{folder / 'list.db'}")
        with chromium() as browser:
            for image, path, colours, size in _IMAGES:
                _take(browser, system, image, path, colours, size)
            _take_import(browser, system)


def _take(
    browser: Browser,
    system: ConsoleSystem,
    image: str,
    path: str,
    colours: str,
    size: tuple[int, int],
) -> None:
    page = browser.new_page(
        color_scheme="dark" if colours == "dark" else "light",
        viewport={"width": size[0], "height": size[1]},
    )
    system.sign_in(page)
    page.goto(f"{system.url}{path}")
    page.screenshot(path=_FOLDER / f"console-{image}.png")
    page.close()


def _take_import(browser: Browser, system: ConsoleSystem) -> None:
    page = browser.new_page(color_scheme="light", viewport={"width": 1280, "height": 620})
    system.sign_in(page)
    page.goto(f"{system.url}/import")
    page.get_by_label("Drop a file here").set_input_files(_SENDGRID)
    page.get_by_role("button", name="Look at it").click()
    page.get_by_text("What would happen").wait_for()
    page.screenshot(path=_FOLDER / "console-import.png")
    page.close()


def _spread_additions(database_url: str) -> None:
    """Count the entries that became active on many days, as if nothing had been replayed."""
    dice = random.Random(5)
    engine = sa.create_engine(database_url)
    added = statistic.c.measure == int(Measure.SUPPRESSIONS)
    with engine.begin() as connection:
        rows = connection.execute(sa.select(statistic).where(added)).all()
        connection.execute(sa.delete(statistic).where(added))
        counts: dict[tuple[int, int], int] = {}
        for row in rows:
            # As a mapping, since "count" is a method of tuples.
            for _ in range(row._mapping["count"]):
                key = (row.day - dice.randint(0, _DAYS), row.series_id)
                counts[key] = counts.get(key, 0) + 1
        connection.execute(
            sa.insert(statistic),
            [
                {"day": day, "measure": int(Measure.SUPPRESSIONS), "series_id": series, "count": n}
                for (day, series), n in counts.items()
            ],
        )
    engine.dispose()


if __name__ == "__main__":
    main()
