"""What a saved document holds: one message, or several in somebody's wrapping."""

import json
from collections.abc import Iterator
from typing import Any

from suppression_ingest.errors import Malformed
from suppression_ingest.json_object import JsonObject, parse_object


def bodies_of(text: str) -> Iterator[str]:
    """Return the message bodies in a document, as the pipeline takes them.

    That is the document itself, if it is an SNS envelope or a bare SES event;
    the ``Body`` of a saved SQS message, alone or in the ``Messages`` of what
    ``aws sqs receive-message`` prints; and what stands in the ``Records`` that
    Lambda functions are called with.
    """
    try:
        document = parse_object(text)
    except Malformed:
        yield text  # for the pipeline to refuse, like any other
        return
    for name in ("Messages", "Records"):
        if isinstance(document.get(name), list):
            yield from (_body(member) for member in document[name])
            return
    yield _body_of_message(document) or text


def _body(member: Any) -> str:
    if not isinstance(member, dict):
        return ""
    return _body_of_message(member) or _as_text(member.get("Sns", member))


def _body_of_message(message: JsonObject) -> str:
    """Return the body of an SQS message; Lambda writes its name small."""
    body = message.get("Body", message.get("body"))
    return body if isinstance(body, str) else ""


def _as_text(document: Any) -> str:
    try:
        return json.dumps(document)
    except RecursionError:
        return ""
