"""Files with suppressed addresses: reading every provider's export, and writing lists.

Nothing here opens a connection. Everything works in constant memory.

>>> with open("suppression_bounces.csv", "rb") as stream:
...     for file in open_files(stream, stream.name):
...         for row in read(file, detect(file)):
...             match row:
...                 case Row(entry=entry): ...
...                 case RowError(reason=why): ...
...                 case Skipped(reason=why): ...

An entry is the ``Suppression`` message of the contract.
"""

from .error_file import ErrorFile
from .exports import EXPORTS, Export
from .files import File, FileError, open_files
from .format import Format, UnknownFormatError
from .providers import FORMATS, detect
from .reading import read
from .rows import Fields, Row, RowError, Skipped

__all__ = [
    "EXPORTS",
    "FORMATS",
    "ErrorFile",
    "Export",
    "Fields",
    "File",
    "FileError",
    "Format",
    "Row",
    "RowError",
    "Skipped",
    "UnknownFormatError",
    "detect",
    "open_files",
    "read",
]
