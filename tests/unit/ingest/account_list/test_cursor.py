import datetime as dt
import stat
from pathlib import Path

import pytest

from suppression_ingest.account_list.cursor import Cursor
from suppression_service.config import SettingsError

DAY = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
CURSOR = Cursor("123456789012", "eu-west-1", None, DAY, token="t", read=3_000)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.json"


@pytest.mark.parametrize("since", [None, DAY], ids=["all", "since a day"])
def test_a_cursor_is_read_as_it_was_written(file: Path, since: dt.datetime | None) -> None:
    cursor = Cursor("123456789012", "eu-west-1", since, DAY, "token", 12_000)
    cursor.save(file)
    assert Cursor.load(file) == cursor


def test_without_a_file_there_is_no_cursor(file: Path) -> None:
    assert Cursor.load(file) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"since": null, "until": "soon"}'])
def test_a_file_that_holds_something_else_is_said(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(SettingsError, match=r"state\.json"):
        Cursor.load(file)


def test_the_file_is_for_its_owner_only(file: Path) -> None:
    CURSOR.save(file)
    assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be written"):
        CURSOR.save(tmp_path / "none" / "state.json")


@pytest.mark.parametrize(
    "other",
    [
        Cursor("210987654321", "eu-west-1", None, DAY),
        Cursor("123456789012", "us-east-1", None, DAY),
        Cursor("123456789012", "eu-west-1", DAY, DAY),
    ],
    ids=["account", "region", "window"],
)
def test_a_place_of_another_list_is_another(other: Cursor) -> None:
    assert not CURSOR.is_of(other)


def test_a_cursor_is_of_the_same_list_whenever_the_reading_began() -> None:
    later = Cursor("123456789012", "eu-west-1", None, DAY + dt.timedelta(days=1))
    assert CURSOR.is_of(later)
