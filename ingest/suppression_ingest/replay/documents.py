"""Saved messages: one JSON document after the other, out of a stream of text.

A file may hold one document, pretty-printed or not, several of them one after
the other, JSON Lines, or one array of them. It is read piece by piece, and a
document that is broken costs itself alone.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

#: Characters of a document at most; ten SQS messages of the largest size have less.
MAX_DOCUMENT: Final = 16 * 1024 * 1024

_BLANK = re.compile(r"[\s\ufeff]*")
_TOKEN = re.compile(r'["{}\[\]:,]')
_IN_STRING = re.compile(r'\\.|["\n]', re.DOTALL)
_DECODER: Final = json.JSONDecoder()


class Document(NamedTuple):
    """A piece of the text: the line where it begins, from 1, and what stands there.

    ``text`` is one JSON value, or something broken that is left to whoever
    parses it to refuse.
    """

    line: int
    text: str


class _Broken(Exception):
    """The text cannot become JSON, whatever follows."""


class _Unfinished(Exception):
    """The text may become JSON when more of it has come."""


def documents(chunks: Iterable[str]) -> Iterator[Document]:
    """Return the documents of a text that comes in chunks, in order."""
    return _Splitter(iter(chunks)).documents()


class _Splitter:
    """Holds the part of the text that is not split yet, hardly more than a document."""

    def __init__(self, chunks: Iterator[str]) -> None:
        self._chunks = chunks
        self._text = ""
        self._place = 0
        self._line = 1
        self._line_start = 0
        self._in_array = False

    def documents(self) -> Iterator[Document]:
        while self._skip_to_document():
            yield self._take(self._document_end())
        if self._in_array:
            yield Document(self._line, "")  # cut off: its end is missing

    def _skip_to_document(self) -> bool:
        """Pass over what stands between documents; return whether another one follows."""
        while True:
            blank = _BLANK.match(self._text, self._place)
            assert blank is not None  # noqa: S101 - it matches nothing, too
            self._advance(blank.end())
            if self._place == len(self._text):
                if not self._read():
                    return False
            elif not self._at_punctuation():
                return True
            else:
                self._advance(self._place + 1)

    def _at_punctuation(self) -> bool:
        """Whether the array around the documents begins, goes on or ends here."""
        match self._text[self._place]:
            case "[" if not self._in_array:
                self._in_array = True
            case "]" if self._in_array:
                self._in_array = False
            case ",":
                return self._in_array
            case _:
                return False
        return True

    def _document_end(self) -> int:
        while True:
            try:
                return _DECODER.raw_decode(self._text, self._place)[1]
            except (ValueError, RecursionError):
                pass
            try:
                return _balanced_end(self._text, self._place)
            except _Broken:
                if (fresh := self._fresh_line()) is not None:
                    return fresh
            except _Unfinished:
                pass
            if len(self._text) - self._place > MAX_DOCUMENT or not self._read():
                fresh = self._fresh_line()
                return len(self._text) if fresh is None else fresh

    def _fresh_line(self) -> int | None:
        """Return where the next line ends before which a document may begin, if one is known.

        It is a line that is indented no more than the one of the broken document.
        """
        indent = self._place - self._line_start
        fresh = re.compile(rf"\n(?=[ \t]{{0,{min(indent, 80)}}}[{{\[])")
        found = fresh.search(self._text, self._place)
        return found.start() if found else None

    def _take(self, end: int) -> Document:
        document = Document(self._line, self._text[self._place : end])
        self._advance(end)
        return document

    def _advance(self, place: int) -> None:
        if lines := self._text.count("\n", self._place, place):
            self._line += lines
            self._line_start = self._text.rindex("\n", self._place, place) + 1
        self._place = place

    def _read(self) -> bool:
        """Double what is held: a long document is then looked at a few times, not often."""
        kept = self._text[self._place :]
        self._line_start -= self._place
        self._place = 0
        pieces, wanted = [kept], max(1, len(kept))
        while wanted > 0 and (chunk := next(self._chunks, "")):
            pieces.append(chunk)
            wanted -= len(chunk)
        self._text = "".join(pieces)
        return len(pieces) > 1


def _balanced_end(text: str, start: int) -> int:
    """Return where a document ends by its brackets alone, sound inside or not.

    Raises:
        _Broken: a line ends within a string, or an object begins where none can.
        _Unfinished: the text ends first.
    """
    if text[start] not in "{[":
        return _line_end(text, start)
    open_brackets: list[str] = []
    place, before = start, ":"
    while token := _TOKEN.search(text, place):
        place, mark = token.end(), token[0]
        if mark == '"':
            place = _string_end(text, place)
        elif mark in "{[":
            if not _value_may_follow(before, open_brackets):
                raise _Broken
            open_brackets.append(mark)
        elif mark in "}]":
            open_brackets.pop()
            if not open_brackets:
                return place
        before = mark
    raise _Unfinished


def _value_may_follow(mark: str, open_brackets: list[str]) -> bool:
    return mark in ":[" or (mark == "," and open_brackets[-1] == "[")


def _string_end(text: str, place: int) -> int:
    while found := _IN_STRING.search(text, place):
        if found[0] == '"':
            return found.end()
        if found[0] == "\n":
            raise _Broken
        place = found.end()
    raise _Unfinished


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    if end < 0:
        raise _Unfinished
    return end
