import pytest
from hypothesis import given
from hypothesis import strategies as st

from suppression_ingest.recipients import NO_ADDRESS, recipient_address
from suppression_service.address import canonical


@pytest.mark.parametrize(
    "written",
    [
        "jane@example.com",
        " Jane@Example.COM ",
        "<jane@example.com>",
        "Jane Doe <jane@example.com>",
        '"Doe, Jane" <jane@example.com>',
        '"a <b@c>" <jane@example.com>',
        "=?utf-8?q?J=C3=A4ne?= <jane@example.com>",
        "jane@example.com (Jane)",
        "jane@example.com (Jane (Doe))",
        "Jane Doe <jane@example.com> (at work)",
        "rfc822;jane@example.com",
        "RFC822; <jane@example.com>",
        "<rfc822;jane@example.com>",
        "utf-8;jane@example.com",
        "jane@example.com,",
        "jane@example.com; ",
        "<jane@example.com>,",
        "rfc822;jane@example.com (Jane),",
        '"jane"@example.com',
        'Jane <"jane"@example.com>',
    ],
)
def test_the_address_is_found_in_what_ses_writes(written: str) -> None:
    assert recipient_address(written) == "jane@example.com"


@pytest.mark.parametrize("written", ["a..b@docomo.example", "a.@docomo.example", '"a b"@x.example'])
def test_local_parts_that_providers_really_issue_are_kept(written: str) -> None:
    assert recipient_address(written) == written


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "<>",
        "jane",
        "jane@",
        "@example.com",
        "Jane <jane>",
        "(jane@example.com)",
        "jane@example.com Jane)",
        "jane@example.com (" + ")" * 1_000_000,
        "x400;jane@example.com",
        "mailto:jane@example.com",
        "Jane <mailto:jane@example.com>",
        "a@b.example, c@d.example",
        "jane\0@example.com",
        "jane@exa\udcffmple.com",
        "j" * 100_000,
    ],
)
def test_what_is_no_address_gives_the_empty_one(written: str) -> None:
    assert recipient_address(written) == NO_ADDRESS


@given(st.text(alphabet=st.characters(codec=None)) | st.emails().map(lambda a: f"Name <{a}>"))
def test_any_text_gives_a_canonical_address_or_the_empty_one(text: str) -> None:
    address = recipient_address(text)
    assert address == NO_ADDRESS or canonical(address) == address
