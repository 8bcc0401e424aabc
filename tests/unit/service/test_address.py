import json
from pathlib import Path
from typing import Any

import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suppression_service.address import (
    MAX_ADDRESS,
    MAX_DOMAIN_LABELS,
    MAX_WRITTEN,
    DomainTooBroad,
    InvalidAddress,
    InvalidDomain,
    canonical,
    canonical_domain,
    masked,
)

VECTORS: dict[str, list[dict[str, Any]]] = json.loads(
    Path(__file__).parents[3].joinpath("clients/conformance/addresses.json").read_text()
)


def text_of(vector: dict[str, Any]) -> str:
    return vector["given"] if "given" in vector else "".join(t * n for t, n in vector["repeat"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(text, vector["canonical"], id=f"{vector['why']} {number}")
        for vector in VECTORS["same"]
        for number, text in enumerate(vector["given"])
    ],
)
def test_every_way_of_writing_an_address_has_one_canonical_form(text: str, expected: str) -> None:
    assert canonical(text) == expected


@pytest.mark.parametrize("vector", VECTORS["different"], ids=lambda v: v["why"])
def test_addresses_of_different_mailboxes_stay_apart(vector: dict[str, Any]) -> None:
    assert len({canonical(address) for address in vector["addresses"]}) == len(vector["addresses"])


@pytest.mark.parametrize("vector", VECTORS["invalid"], ids=lambda v: v["why"])
def test_what_is_no_address_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(InvalidAddress):
        canonical(text_of(vector))


@pytest.mark.parametrize("vector", VECTORS["valid_at_the_limit"], ids=lambda v: v["why"])
def test_an_address_at_the_limit_is_accepted(vector: dict[str, Any]) -> None:
    assert canonical(text_of(vector)) == text_of(vector)


@pytest.mark.parametrize("filling", ["a.", "ü", "a\u0301", "@"])
def test_a_text_longer_than_any_address_is_refused_unread(filling: str) -> None:
    with pytest.raises(InvalidAddress, match="characters"):
        canonical("a@" + filling * MAX_WRITTEN)


@pytest.mark.parametrize("dot", ".。．｡")  # noqa: RUF001
def test_a_label_that_is_too_long_is_refused_before_its_form_is_computed(
    dot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(idna, "encode")
    with pytest.raises(InvalidAddress, match="label"):
        canonical("a@x" + dot + "界" * 64 + dot + "example")


@pytest.mark.parametrize("domain", [".".join(["界" * 15] * 15), "界" * 60, "\ufdfa" * 4])
def test_a_domain_that_cannot_fit_is_refused_before_its_labels_are_computed(
    domain: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(idna, "encode")
    with pytest.raises(InvalidAddress, match="internationalised"):
        canonical("a@" + domain)


def test_a_domain_that_is_none_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidAddress):
        canonical("a@☃.example")
    monkeypatch.delattr(idna, "encode")
    with pytest.raises(InvalidAddress, match="internationalised"):
        canonical("b@☃.example")


def test_blanks_around_an_address_do_not_count() -> None:
    assert canonical(" " * MAX_WRITTEN + "a@b.example") == "a@b.example"


_quoted = st.builds('"{}"@x.example'.format, st.text(st.sampled_from('ae\u0301İΣ\\\\" @:.')))


@given(st.text() | st.emails() | _quoted)
def test_canonical_text_is_a_fixed_point_and_any_other_text_is_refused(text: str) -> None:
    try:
        once = canonical(text)
    except InvalidAddress:
        return
    assert canonical(once) == once
    assert len(once.encode()) <= MAX_ADDRESS


@given(st.text(st.sampled_from("aBéÜßxn-. 。[1]"), max_size=20) | st.emails())
def test_a_domain_has_the_form_that_it_has_in_an_address(text: str) -> None:
    try:
        domain = canonical_domain(text)
    except InvalidDomain:
        return
    assert canonical(f"a@{text}") == f"a@{domain}"
    assert canonical_domain(domain) == domain


@pytest.mark.parametrize("text", ["com", "COM.", " xn--p1ai", "рф"])
def test_a_top_level_domain_is_too_broad(text: str) -> None:
    with pytest.raises(DomainTooBroad):
        canonical_domain(text)


@pytest.mark.parametrize(
    "text",
    [
        "", ".", " ", "@example.com", "*.example.com", ".example.com", "a@example.com",
        "a..example", "[192.0.2.1]", "x" * 64 + ".example", "é" * MAX_WRITTEN, "\ud800.example",
        "a." * MAX_DOMAIN_LABELS + "example",
    ],
)  # fmt: skip
def test_what_is_no_domain_is_refused(text: str) -> None:
    with pytest.raises(InvalidDomain):
        canonical_domain(text)


@given(st.text(min_size=1, alphabet=st.characters(codec=None)))
def test_a_refusal_never_repeats_the_text(text: str) -> None:
    secret = "zq9" + text + "zq9"
    with pytest.raises(InvalidAddress) as refused:
        canonical(secret + "@@")
    assert "zq9" not in str(refused.value)


@pytest.mark.parametrize(
    ("address", "expected"),
    [("jane@example.com", "j***@e***"), ("no address", "***"), ("", "***"), ("@", "***@***")],
)
def test_a_masked_address_tells_first_letters_only(address: str, expected: str) -> None:
    assert masked(address) == expected
