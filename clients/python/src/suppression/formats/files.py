"""Opening what was exported: plain, gzip or zip, from a file or a stream."""

import gzip
import io
import lzma
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, Final, cast

from .layout import LATIN_1_FALLBACK, Layout, look

#: Bytes that are read to find out what a file is.
SAMPLE: Final = 64 * 1024

_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"
#: What macOS adds to a zip.
_NOT_EXPORTED: Final = ("__MACOSX/", ".DS_Store")


class FileError(ValueError):
    """A file cannot be read: it is empty, damaged or encrypted. The text says which and why."""


@dataclass(frozen=True, slots=True)
class File:
    """One file, decompressed. It can be read once.

    Attributes:
        name: for messages; of a file in a zip, the name that it has there.
        stream: the bytes.
        layout: whether it is CSV or JSON, and its columns.
    """

    name: str
    stream: IO[bytes]
    layout: Layout

    def text(self) -> io.TextIOWrapper:
        """Return the text, with its line breaks as they are and without byte order mark."""
        encoding = "utf-8-sig" if self.layout.encoding == "utf-8" else self.layout.encoding
        return io.TextIOWrapper(self.stream, encoding, LATIN_1_FALLBACK, newline="")


def open_files(stream: IO[bytes], name: str) -> Iterator[File]:
    """Yield the one file, or in turn those of a zip. Each can be read until the next is taken.

    Args:
        stream: an open file or standard input. A zip that cannot be read from any place is
            copied to a temporary file first.
        name: for messages. It also decides between two formats with the same columns.

    Raises:
        FileError: a file is empty, damaged or encrypted.
    """
    with reported(name):
        start, stream = _peek(stream, len(_ZIP))
        if start != _ZIP:
            yield _file(stream, name)
            return
        with _seekable(stream) as seekable, zipfile.ZipFile(seekable) as archive:
            for each in archive.infolist():
                if each.is_dir() or any(part in each.filename for part in _NOT_EXPORTED):
                    continue
                with archive.open(each) as inner:
                    yield _file(inner, each.filename)


@contextmanager
def reported(name: str) -> Iterator[None]:
    """Turn what the readers of archives raise into a :class:`FileError`."""
    try:
        yield
    except (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, lzma.LZMAError, EOFError) as error:
        raise FileError(f"{name} is damaged: {error}") from error
    except (RuntimeError, NotImplementedError) as error:
        # zipfile: encrypted, or an unknown compression.
        raise FileError(f"{name} cannot be unpacked: {error}") from error


def _file(stream: IO[bytes], name: str) -> File:
    start, stream = _peek(stream, len(_GZIP))
    if start == _GZIP:
        stream = cast("IO[bytes]", gzip.open(stream))  # noqa: SIM115 - read later
        name = name.removesuffix(".gz")
    sample, stream = _peek(stream, SAMPLE)
    if not sample.strip():
        raise FileError(f"{name} is empty")
    return File(name, stream, look(sample))


def _peek(stream: IO[bytes], size: int) -> tuple[bytes, IO[bytes]]:
    """Return the first bytes of a stream, and a stream that still has them."""
    head = b""
    while len(head) < size and (chunk := stream.read(size - len(head))):
        head += chunk
    if stream.seekable():
        stream.seek(-len(head), io.SEEK_CUR)
        return head, stream
    rest: Any = _Rejoined(head, stream)
    return head, io.BufferedReader(rest, SAMPLE)


class _Rejoined(io.RawIOBase):
    """The bytes that were read already, followed by the rest of their stream."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._head:
            data, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        else:
            data = self._rest.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


@contextmanager
def _seekable(stream: IO[bytes]) -> Iterator[IO[bytes]]:
    if stream.seekable():
        yield stream
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(stream, copy)
        copy.seek(0)
        yield copy
