"""What a format is, and how one is recognised by the columns of a file."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from .files import File
from .layout import Layout
from .rows import Fields

#: Turns the values of a format's columns into ours. Several, if a record means several entries.
Translate: TypeAlias = Callable[..., Fields | list[Fields]]

#: The number of formats that an error message compares a file with.
_NEAR: Final = 3


@dataclass(frozen=True, slots=True)
class Format:
    """The export of a provider.

    Attributes:
        name: as in ``--format``.
        title: for people.
        becomes: what its rows become, for people.
        columns: the names that every file of this format has, in lower case.
        values: the columns that its translation takes; in a file without a header, all.
        translate: takes their texts; empty for a column that the file lacks.
        ignored: further names that a file of this format can have.
        exact: a file with any other column is not of this format, since lists of another kind
            have its columns too.
        escaped: its fields of CSV are escaped, see ``cells``.
        recognises_line: says of the first record of a file without a header whether it is of
            this format. None: its files have a header.
        file_name: a part of the names of its files, where two formats have the same columns.
    """

    name: str
    title: str
    becomes: str
    columns: tuple[str, ...]
    values: tuple[str, ...]
    translate: Translate
    ignored: tuple[str, ...] = ()
    exact: bool = False
    escaped: bool = False
    recognises_line: Callable[[tuple[str, ...]], bool] | None = None
    file_name: str = ""

    def missing(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the columns that a file lacks."""
        found = set(names)
        return tuple(each for each in self.columns if each not in found)

    def surplus(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the columns of a file that forbid it to be of this format."""
        if not self.exact:
            return ()
        known = {*self.columns, *self.values, *self.ignored}
        return tuple(each for each in names if each not in known)

    def recognises(self, layout: Layout) -> bool:
        """Return whether a file is of this format."""
        if layout.first:
            return self.recognises_line is not None and self.recognises_line(layout.first)
        return not self.missing(layout.names) and not self.surplus(layout.names)


class UnknownFormatError(ValueError):
    """A file is of no known format. The text names its columns, and what near formats miss.

    Attributes:
        columns: those of the file.
        near: the formats that are nearest, with the columns that the file lacks, and those that
            it has too many.
    """

    def __init__(self, file: File, formats: Sequence[Format]) -> None:
        self.columns = file.layout.columns
        names = file.layout.names
        shared = {each: len(each.columns) - len(each.missing(names)) for each in formats}
        near = sorted(
            (each for each in formats if shared[each]),
            key=lambda each: (len(each.missing(names)), -shared[each]),
        )
        self.near = [(each, each.missing(names), each.surplus(names)) for each in near[:_NEAR]]
        super().__init__("\n".join([_seen(file), *map(_compared, self.near)]))


def _seen(file: File) -> str:
    kind = f"{file.name} is a {file.layout.shape.value} file of no known format"
    if file.layout.first:
        return f"{kind}: it has no header, and {len(file.layout.first)} fields in its first line"
    return f"{kind}. Its columns: {', '.join(file.layout.columns) or 'none'}"


def _compared(near: tuple[Format, tuple[str, ...], tuple[str, ...]]) -> str:
    compared, missing, surplus = near
    differences = [f"lacks {', '.join(missing)}"] * bool(missing)
    differences += [f"has other columns: {', '.join(surplus)}"] * bool(surplus)
    return f"  for {compared.title} ({compared.name}) it {'; it '.join(differences)}"


def detect_among(formats: Sequence[Format], file: File) -> Format:
    """Return the one of some formats that a file is of.

    Raises:
        UnknownFormatError: there is none.
    """
    found = [each for each in formats if each.recognises(file.layout)]
    if not found:
        raise UnknownFormatError(file, formats)
    # Most columns first; of formats with the same columns the first, unless the name decides.
    return max(
        found,
        key=lambda each: (
            bool(each.file_name) and each.file_name in file.name.casefold(),
            len(each.columns),
        ),
    )
