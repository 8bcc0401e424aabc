import json
import re
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from suppression_ingest.masking import MAX_LENGTH, masked

REPLIES: list[dict[str, str]] = json.loads(
    Path(__file__).parents[2].joinpath("data/replies/replies.json").read_text(encoding="utf-8")
)
JANE = "jane.doe@example.com"

_LOCALS = st.from_regex(r"[a-z0-9][a-z0-9._+'=-]{2,30}[a-z0-9]", fullmatch=True)
_DOMAINS = st.from_regex(r"[a-z]{2,10}(-[a-z]{1,5})?\.[a-z]{2,8}", fullmatch=True)
_TEMPLATES = st.sampled_from(
    [
        "550 5.1.1 <{}>: user unknown",
        "550 5.1.1 {}... no such user",
        "mailbox for {}, is full",
        "rcpt to:<{}> rejected",
        "({}) does not exist (#5.1.1)",
        "to={}; said no",
        '"{}" is over quota',
        "{}",
        "User {}\r\n is disabled; see https://x.example/?u={}",
    ]
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("550 5.1.1 <jane.doe@example.com>: user unknown", "550 5.1.1 <[address]>: user unknown"),
        ("550 5.1.1 other@example.org is gone", "550 5.1.1 [address] is gone"),
        ("550 mailbox of Doe, Jane is full", "550 mailbox of [name], [name] is full"),
        ("550 blocked [192.0.2.7] and 2001:db8::7", "550 blocked [[ip]] and [ip]"),
        ("see https://x.example/?u=jane or www.x.example", "see [url] or [url]"),
        ("554 mx1.mail.example refused", "554 [host] refused"),
        ("421 4.7.0 [TSS04] 5.7.606 (S3140)", "421 4.7.0 [TSS04] 5.7.606 (S3140)"),
        ("550 ticket 123456789", "550 ticket [number]"),
        ("550 a1b2c3d4e5f6 - gsmtp", "550 [id] - gsmtp"),
        ("two\r\n lines", "two lines"),
    ],
)
def test_what_names_a_person_or_a_mail_is_masked(text: str, expected: str) -> None:
    assert masked(text, JANE) == expected


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: reply["text"][:40])
def test_replies_of_receivers_keep_what_they_mean_and_lose_the_rest(
    reply: dict[str, str],
) -> None:
    shown = masked(reply["text"], "jane.doe@hotmail.com")
    assert not re.search(r"@|\bjane\b|\bdoe\b|://|54\.240", shown)
    assert len(shown) <= MAX_LENGTH
    assert not reply["text"] or re.search(r"[A-Za-z]{3}", shown)


@settings(max_examples=150)
@given(local=_LOCALS, domain=_DOMAINS, template=_TEMPLATES, other=_LOCALS)
@example("user", "example.com", "550 5.1.1 <{}>: user unknown", "nobody")
def test_no_address_and_no_local_part_is_left(
    local: str, domain: str, template: str, other: str
) -> None:
    # "address" and "name" are what is written instead.
    assume(not {local, other} & {"address", "name", "url", "host", "number", "id", "ip"})
    for shown_as in (f"{local}@{domain}", local, local.upper(), f"{other}@{domain}"):
        text = template.replace("{}", shown_as)
        shown = masked(text, f"{local}@{domain}")
        assert "@" not in shown
        assert domain not in shown
        assert not re.search(rf"(?<!\w){re.escape(local)}(?!\w)", shown, re.IGNORECASE)
        if shown_as.startswith(f"{other}@") and not re.search(
            rf"(?<!\w){re.escape(other)}(?!\w)", template, re.IGNORECASE
        ):
            assert not re.search(rf"(?<!\w){re.escape(other)}(?!\w)", shown, re.IGNORECASE)
