"""What is written can be read again, by us or by the provider."""

import csv
import io
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suppression.formats import EXPORTS, ErrorFile, Row, RowError, detect, open_files, read
from suppression.v1 import suppression_pb2 as pb

WRITE = {each.name: each for each in EXPORTS}


def written(name: str, entries: Iterable[Any]) -> str:
    return "".join(WRITE[name].write(entries))


def entry(**fields: Any) -> Any:
    return pb.Suppression(**({"address": "jane@example.com", "reason": 1} | fields))


times = st.integers(1, 4_000_000_000_000_000).map(
    lambda micros: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["=1+1", "'=1", "''", "a\r\nb", ' "x",', "\ufeff"]
)
entries = st.builds(
    entry,
    address=st.sampled_from(["jane@example.com", "=1@example.com", '"a,b"@example.com']),
    reason=st.integers(1, 5),
    first_seen_time=times,
    last_seen_time=times,
    expire_time=st.none() | times,
    removed_time=st.none() | times,
    occurrences=st.integers(0, 2**63 - 1),
    **dict.fromkeys(
        ["stream", "source", "detail", "message_id", "feedback_id", "removed_by", "removal_detail"],
        texts,
    ),
) | st.builds(
    entry, address=st.just(""), domain=st.just("example.net"), include_subdomains=st.booleans()
)


@pytest.mark.parametrize("name", ["csv", "jsonl"])
@settings(max_examples=30, deadline=None)
@given(listed=st.lists(entries, min_size=1, max_size=4))
def test_our_own_formats_lose_nothing(name: str, listed: list[Any]) -> None:
    stream = io.BytesIO(written(name, listed).encode())
    [file] = open_files(stream, "list")
    taken = list(read(file, detect(file)))

    assert [each.entry for each in taken if isinstance(each, Row)] == listed


def test_no_cell_of_our_csv_is_a_formula() -> None:
    text = written("csv", [entry(address="+1@example.com", detail="=HYPERLINK(1)", stream="\t=1")])

    assert not any(
        cell[:1] in "=+-@\t"
        for row in csv.reader(io.StringIO(text, newline=""))
        for cell in row
        if cell
    )


PROVIDERS = {
    "ses": "jane@example.com,BOUNCE\n",
    "sendgrid": "email\njane@example.com\n",
    "mailgun-bounces": "address,code,error,created_at\n"
    'jane@example.com,550,gone,"Mon, 10 Jun 2024 17:25:00 GMT"\n',
    "postmark": '{"Suppressions": [{"EmailAddress": "jane@example.com"}]}\n',
    "mailchimp": "Email Address\njane@example.com\n",
    "mandrill": "jane@example.com\n",
    "sparkpost": "recipient,type,description\njane@example.com,non_transactional,gone\n"
    "jane@example.com,transactional,gone\n",
    "listmonk": "email,name,attributes\njane@example.com,,{}\n",
    "cloudflare": "jane@example.com\n",
}


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_hard_bounce_is_written_as_the_provider_imports_it(name: str) -> None:
    seen = datetime(2024, 6, 10, 17, 25, tzinfo=UTC)

    assert written(name, [entry(detail="gone", last_seen_time=seen)]) == PROVIDERS[name]


def test_a_tag_of_mailgun_is_the_stream() -> None:
    listed = [entry(reason=4, stream="news"), entry(reason=4)]

    rows = written("mailgun-unsubscribes", listed).splitlines()

    assert rows[1:] == ["jane@example.com,news,", "jane@example.com,*,"]


def test_a_call_of_postmark_has_fifty_addresses() -> None:
    calls = written("postmark", [entry()] * 120).splitlines()

    assert [len(json.loads(call)["Suppressions"]) for call in calls] == [50, 50, 20]


LEFT_OUT = {
    "removed": {"removed_time": datetime(2024, 1, 1, tzinfo=UTC)},
    "expired": {"expire_time": datetime(2024, 1, 1, tzinfo=UTC)},
    "of a domain": {"address": "", "domain": "example.net"},
    "erased": {"address": "erased:0a1b"},
    "of a stream": {"stream": "news"},
    "of another reason": {"reason": 5},
}


@pytest.mark.parametrize("case", LEFT_OUT)
def test_what_a_provider_cannot_say_is_left_out(case: str) -> None:
    now = datetime(2025, 1, 1, tzinfo=UTC).timestamp()

    assert not WRITE["ses"].holds(entry(**LEFT_OUT[case]), now)
    assert WRITE["csv"].holds(entry(**LEFT_OUT[case]), now)


def test_the_entries_of_one_stream_can_be_asked_for() -> None:
    assert WRITE["sendgrid"].holds(entry(stream="news"), 0, "news")


def test_an_error_file_can_be_mended_and_imported(take: Callable[..., Any]) -> None:
    content = (
        "status,reason,email,created\n"
        "5.1.1,=gone,jane at example.com,1718040300\n"
        "5.1.1,gone,joe@example.com,soon\n"
    )
    file = io.StringIO()
    errors = ErrorFile(file)
    for each in take(content.encode()).errors:
        assert isinstance(each, RowError)
        errors.add("bounces.csv", each)

    mended = file.getvalue().replace("jane at ", "jane@").replace(",soon,", ",1718040301,")
    taken = take(mended.encode())

    assert taken.errors == []
    assert [(row.entry.address, row.entry.reason, row.entry.detail) for row in taken.rows] == [
        ("jane@example.com", 1, "5.1.1 =gone"),
        ("joe@example.com", 1, "5.1.1 gone"),
    ]
    assert taken.rows[1].entry.first_seen_time.seconds == 1718040301
