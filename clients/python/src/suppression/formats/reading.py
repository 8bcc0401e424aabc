"""Reading the entries out of a file."""

from collections.abc import Iterator, Mapping

from .cells import unescape
from .files import File
from .format import Format
from .layout import Shape
from .records import Record, records
from .rows import Fields, Row, RowError, Skip, Skipped, UnusableRow, entry_of


def read(
    file: File,
    format: Format,  # noqa: A002
    replace: Mapping[str, str] | None = None,
) -> Iterator[Row | RowError | Skipped]:
    """Yield what each record of a file means, in constant memory.

    Args:
        file: is read to its end.
        format: see ``detect``.
        replace: values that take the place of those in the file, by the names of ``Fields``.

    Raises:
        FileError: the file is damaged in a way that hides where the next record begins.
    """
    escaped = format.escaped and file.layout.shape is Shape.CSV
    for record in records(file, format.values):
        if record.problem:
            yield RowError(record.number, record.problem, Fields(), record.original)
            continue
        try:
            values = map(unescape, record.values) if escaped else record.values
            translated = format.translate(*values)
        except Skip as skip:
            yield Skipped(record.number, str(skip))
        except UnusableRow as error:
            yield RowError(record.number, str(error), Fields(), record.original)
        else:
            for fields in translated if isinstance(translated, list) else (translated,):
                yield _row(record, fields._replace(**replace) if replace else fields)


def _row(record: Record, fields: Fields) -> Row | RowError:
    try:
        entry = entry_of(fields)
    except UnusableRow as error:
        return RowError(record.number, str(error), fields, record.original)
    return Row(record.number, entry, fields, record.original)
