"""The password that posts bring: SNS takes it in the endpoint's URL.

Source: "Fanout Amazon SNS notifications to HTTPS endpoints" in the SNS developer
guide: SNS posts without it first, and again with it when it is answered 401 and
a realm. That is how HTTP has it (RFC 7235, 2.1), so the first of the two posts is
no failure: it is asked for the password, and that is all.
"""

import base64
import binascii
import hmac
from typing import Final

from starlette.datastructures import Headers

from suppression_ingest.webhook.refusals import Unauthorized

#: What SNS has to be asked with.
CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="suppression-ingest"'}


def must_be_asked(headers: Headers, password: str) -> bool:
    """Whether a post brings no credentials at all where a password is wanted."""
    return bool(password) and "authorization" not in headers


def check_password(headers: Headers, password: str) -> None:
    """Make sure that a post brings the password, if there is one; the user name is free.

    Raises:
        Unauthorized: it brings another, or something else.
    """
    if not password:
        return
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    given = _password(encoded) if scheme.lower() == "basic" else b""
    if not hmac.compare_digest(given, password.encode()):
        raise Unauthorized("what the post brings is not the password")


def _password(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded.strip(), validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""
