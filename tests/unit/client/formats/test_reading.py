"""Encodings, archives and damage, whatever the provider."""

import gzip
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from suppression.formats import FileError, UnknownFormatError

BOUNCES = "status,reason,email,created\n5.1.1,café fermé,jane@example.com,1718040300\n"
Take = Callable[..., Any]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
def test_text_is_read_in_its_encoding(take: Take, encoding: str) -> None:
    [row] = take(BOUNCES.encode(encoding)).rows

    assert (row.entry.address, row.entry.detail) == ("jane@example.com", "5.1.1 café fermé")


def test_json_is_read_in_utf_16(take: Take) -> None:
    taken = take('[{"address": "jané@example.com", "created_at": ""}]'.encode("utf-16"))

    assert taken.addresses == ["jané@example.com"]


def test_one_byte_of_latin_1_among_utf_8_costs_no_row(take: Take) -> None:
    content = BOUNCES.encode() + b"5.1.1,ferm\xe9,joe@example.com,1718040300\n"

    assert [row.entry.detail for row in take(content).rows] == ["5.1.1 café fermé", "5.1.1 fermé"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_in_the_header(take: Take, delimiter: str) -> None:
    assert take(BOUNCES.replace(",", delimiter).encode()).addresses == ["jane@example.com"]


def test_gzip_is_unpacked(take: Take) -> None:
    assert take(gzip.compress(BOUNCES.encode())).addresses == ["jane@example.com"]


def zipped(**files: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, each in files.items():
            archive.writestr(name, each)
    return content.getvalue()


def test_each_file_of_a_zip_has_its_own_format(take: Take) -> None:
    content = zipped(
        suppression_bounces=BOUNCES.encode(),
        suppression_blocks=BOUNCES.encode(),
        unsubscribes=gzip.compress(b"email,created\nleft@example.com,1718040300\n"),
    )

    assert take(content).formats == ["sendgrid-bounces", "sendgrid-blocks", "sendgrid-unsubscribes"]


class Pipe(io.BytesIO):
    """Standard input: it cannot be read from another place, and gives a few bytes at a time."""

    def seekable(self) -> bool:
        return False

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(size, 100) if size and size > 0 else size)


# With ids: archives have the time in them, and the processes of pytest-xdist compare names.
@pytest.mark.parametrize(
    "content", [BOUNCES.encode(), zipped(bounces=BOUNCES.encode())], ids=["plain", "zip"]
)
def test_a_pipe_is_read(take: Take, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(io, "BytesIO", Pipe)

    assert take(content).addresses == ["jane@example.com"]


def test_rows_that_cannot_be_used_do_not_stop_the_others(take: Take) -> None:
    content = (
        BOUNCES + "5.1.1,x,no address,1\n5.1.1,x,joe@example.com\n5.1.1,x,a@b.example,yesterday\n"
    )

    taken = take((content + "5.1.1,x,last@example.com,1718040300\n").encode())

    assert taken.addresses == ["jane@example.com", "last@example.com"]
    assert [(each.number, each.reason) for each in taken.errors] == [
        (3, "'no address' is no address"),
        (4, "it has 3 fields, the header has 4"),
        (5, "first_seen_time 'yesterday' is no time"),
    ]


def test_a_quote_that_is_not_closed_loses_no_text(take: Take) -> None:
    swallowed = '5.1.1,"open,joe@example.com,1\n' + "5.1.1,x,lost@example.com,1\n" * 6_000

    taken = take((BOUNCES + swallowed).encode())

    assert taken.addresses[0] == "jane@example.com"
    assert taken.errors[0].reason == "a quote in it is not closed"
    assert "".join(e.original for e in taken.errors).count("lost") + len(taken.rows) - 1 == 6_000


def test_a_broken_line_of_json_lines_is_an_error_of_its_own(take: Take) -> None:
    line = '{"emailAddress": "%s@example.com", "reason": "BOUNCE"}\n'

    taken = take((line % "a" + '{"emailAddress": \n[1]\n' + line % "b").encode())

    assert taken.addresses == ["a@example.com", "b@example.com"]
    assert [(each.number, each.original) for each in taken.errors] == [
        (2, '{"emailAddress":'),
        (3, "[1]"),
    ]


def test_json_that_ends_in_the_middle_is_damaged(take: Take) -> None:
    with pytest.raises(FileError, match=r"list\.csv is no JSON after record 1"):
        take(b'[{"address": "a@example.com", "created_at": ""}, {"address"')


@pytest.mark.parametrize(
    "content", [b"", b" \n", gzip.compress(b"")], ids=["nothing", "blanks", "gzip"]
)
def test_an_empty_file_is_reported(take: Take, content: bytes) -> None:
    with pytest.raises(FileError, match="is empty"):
        take(content)


@pytest.mark.parametrize(
    "content",
    [gzip.compress(BOUNCES.encode() * 9)[:-9], zipped(a=BOUNCES.encode())[:-9]],
    ids=["gzip", "zip"],
)
def test_a_damaged_archive_is_reported(take: Take, content: bytes) -> None:
    with pytest.raises(FileError, match="is damaged"):
        take(content)


def test_an_unknown_file_is_compared_with_the_nearest_formats(take: Take) -> None:
    with pytest.raises(UnknownFormatError) as raised:
        take(b"id,email,reason,created\n1,jane@example.com,x,1\n", "users.csv")

    seen, *near = str(raised.value).splitlines()
    assert (
        seen
        == "users.csv is a CSV file of no known format. Its columns: id, email, reason, created"
    )
    assert [each.split("(")[1] for each in near] == [
        "sendgrid-invalid) it has other columns: id",
        "sendgrid-unsubscribes) it has other columns: id, reason",
        "cloudflare) it has other columns: id, reason, created",
    ]


def test_a_list_of_subscribers_is_no_list_of_unsubscribes(take: Take) -> None:
    with pytest.raises(UnknownFormatError):
        take(b"email,created,name\njane@example.com,1718040300,Jane\n")
