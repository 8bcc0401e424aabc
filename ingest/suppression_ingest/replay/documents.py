"""SavedMessage messages: files of JSON Lines, and files that are one JSON document.

A file whose first line is a whole JSON document is JSON Lines. It is read line by line, so
it can have any size. Any other file is read into memory as one document.
"""

import itertools
import json
from collections.abc import Callable, Iterator
from typing import IO, Any, Final, NamedTuple

#: The most bytes of a line, or of a file that is one document.
MAX_DOCUMENT: Final = 64 * 1024 * 1024

_NOT_JSON: Final = object()


class SavedMessage(NamedTuple):
    """A saved message.

    ``line`` is the line where its document begins, from 1. ``text`` is the input of the
    pipeline, which refuses it if it is broken.
    """

    line: int
    text: str


def saved_messages(stream: IO[bytes], advance: Callable[[int], None]) -> Iterator[SavedMessage]:
    """Yield the messages of a file, in order.

    Bytes that are not UTF-8 become lone surrogates. They make their document or address
    invalid, and cannot turn it into another valid one.

    Args:
        stream: the file.
        advance: called with the number of bytes that have been read since the last call.
    """
    lines = _lines(stream, advance)
    first = next(lines, None)
    if first is None:
        return
    if _parsed(first.text) is not _NOT_JSON or not first.text.startswith(("{", "[")):
        for line in itertools.chain([first], lines):
            yield from _messages(line)
    else:
        yield from _one_document(first, lines)


def _one_document(first: SavedMessage, lines: Iterator[SavedMessage]) -> Iterator[SavedMessage]:
    """Yield the messages of a file that is one document.

    If the file is not one document, it may be JSON Lines whose first line is broken: yield
    the messages of each line.
    """
    read, size = [first], len(first.text)
    while size <= MAX_DOCUMENT and (line := next(lines, None)):
        read.append(line)
        size += len(line.text)
    whole = SavedMessage(first.line, "\n".join(line.text for line in read))
    if _parsed(whole.text) is not _NOT_JSON:
        yield from _messages(whole)
    elif any(isinstance(_parsed(line.text), dict) for line in read):
        for line in itertools.chain(read, lines):
            yield from _messages(line)
    else:
        yield SavedMessage(first.line, first.text)  # one broken document is refused once


def _lines(stream: IO[bytes], advance: Callable[[int], None]) -> Iterator[SavedMessage]:
    """Yield the lines that are not blank. A line that is too long is cut."""
    number, goes_on = 0, False
    while line := stream.readline(MAX_DOCUMENT):
        advance(len(line))
        if not goes_on:
            number += 1
            text = line.decode("utf-8", "surrogateescape").removeprefix("\ufeff").strip()
            if text:
                yield SavedMessage(number, text)
        goes_on = not line.endswith(b"\n")


def _parsed(text: str) -> Any:
    """Return the value of a JSON text, or a mark that it is not one."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _NOT_JSON


def _messages(document: SavedMessage) -> Iterator[SavedMessage]:
    """Yield the messages in a document.

    An SNS envelope or an SES event is one message. A saved SQS message holds one in its
    ``Body``. Arrays, the ``Messages`` that ``aws sqs receive-message`` prints, and the
    ``Records`` of a Lambda function hold several.
    """
    value = _parsed(document.text)
    members = value if isinstance(value, list) else _members(value)
    if members is None:
        yield SavedMessage(document.line, _body(value) or document.text)
    else:
        yield from (SavedMessage(document.line, _member_text(member)) for member in members)


def _members(value: Any) -> list[Any] | None:
    named = (value.get(name) for name in ("Messages", "Records")) if isinstance(value, dict) else ()
    return next((members for members in named if isinstance(members, list)), None)


def _member_text(member: Any) -> str:
    if not isinstance(member, dict):
        return ""  # for the pipeline to refuse
    return _body(member) or json.dumps(member.get("Sns", member))


def _body(value: Any) -> str:
    """Return the body of an SQS message. Lambda writes its name in lower case."""
    body = value.get("Body", value.get("body")) if isinstance(value, dict) else None
    return body if isinstance(body, str) else ""
