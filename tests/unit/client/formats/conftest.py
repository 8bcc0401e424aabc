import io
from collections.abc import Callable
from typing import Any

import pytest

from suppression.formats import Row, RowError, Skipped, detect, open_files, read


class Taken:
    """What was read from one stream."""

    def __init__(self, content: bytes, name: str = "list.csv") -> None:
        self.formats: list[str] = []
        self.rows: list[Row] = []
        self.errors: list[RowError] = []
        self.skipped: list[Skipped] = []
        for file in open_files(io.BytesIO(content), name):
            format = detect(file)  # noqa: A001 - as in the package
            self.formats.append(format.name)
            for each in read(file, format):
                kinds: Any = {Row: self.rows, RowError: self.errors, Skipped: self.skipped}
                kinds[type(each)].append(each)

    @property
    def addresses(self) -> list[str]:
        return [row.entry.address for row in self.rows]


@pytest.fixture
def take() -> Callable[..., Taken]:
    return Taken
