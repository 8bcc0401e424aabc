from typing import Any

import pytest

from suppression.v1 import suppression_service_pb2 as pb


def test_an_address_that_may_be_mailed_says_send(admin: Any) -> None:
    page = admin.get("/address?address=jane@example.com")
    assert 'class="verdict send"' in page.text
    assert 'class="verdict stop"' not in page.text


def test_each_stream_of_an_entry_is_asked_for_both_classes(admin: Any, service: Any) -> None:
    entry = {"address": "jane@example.com", "stream": "newsletter", "reason": 4}
    service.answers["GetAddress"] = pb.GetAddressResponse(suppressions=[entry])
    admin.get("/address?address=jane@example.com")
    asked = [(each.stream, each.mail_class) for each in service.made("CheckAddress")]
    assert asked == [("", 1), ("", 2), ("newsletter", 1), ("newsletter", 2)]


def test_what_is_no_address_is_said_so(admin: Any) -> None:
    page = admin.get("/address?address=jane")
    assert page.status_code == 400
    assert "address: has no @" in page.text


def test_html_in_an_entry_is_shown_as_text(admin: Any, service: Any) -> None:
    event = {"kind": "Bounce", "diagnostic": "<script>alert(1)</script>"}
    entry = {"reason": 1, "detail": "<img src=x onerror=alert(2)>", "source": '"><b>'}
    entry["first_seen_time"] = {"seconds": 1_790_000_000}
    service.answers["GetAddress"] = pb.GetAddressResponse(suppressions=[entry], events=[event])
    page = admin.get("/address?address=a@example.com").text
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_an_entry_is_added_with_its_reason(admin: Any, service: Any) -> None:
    page = admin.submit(
        "/address/add", address="jane@example.com", reason="unsubscribe", days="30", detail="asked"
    )
    [made] = service.made("Suppress")
    assert (made.reason, made.ttl.seconds, made.source) == (4, 30 * 86_400, "console")
    assert "Added to the list." in page.text


def test_an_entry_is_removed_with_a_reason(admin: Any, service: Any) -> None:
    admin.submit(
        "/address/remove",
        address="jane@example.com",
        reason="hard-bounce",
        stream="",
        detail="works again",
    )
    [made] = service.made("Unsuppress")
    assert (made.reason, made.detail, made.HasField("stream")) == (1, "works again", True)


def test_nothing_is_removed_without_a_reason(admin: Any, service: Any) -> None:
    page = admin.submit("/address/remove", address="a@example.com", reason="manual", detail=" ")
    assert "say why" in page.text
    assert not service.made("Unsuppress")


def test_an_erasure_wants_the_address_twice(admin: Any, service: Any) -> None:
    admin.submit("/address/erase", address="a@example.com", again="b@example.com")
    assert not service.made("EraseAddress")
    admin.submit("/address/erase", address="a@example.com", again="A@example.com", detail="17")
    assert [made.detail for made in service.made("EraseAddress")] == ["17"]


@pytest.mark.parametrize(
    ("token", "shown", "hidden"),
    [
        ("check", ["Would we send?"], ["Story", "Add an entry", "Erase"]),
        ("read", ["Would we send?", "Story"], ["Add an entry", "Erase"]),
        ("write", ["Story", "Add an entry"], ["Erase"]),
        ("admin", ["Story", "Add an entry", "Erase"], []),
    ],
)
def test_a_role_decides_what_is_shown(
    browser: Any, token: str, shown: list[str], hidden: list[str]
) -> None:
    browser.sign_in(token)
    page = browser.get("/address?address=jane@example.com").text
    assert [text for text in shown if text not in page] == []
    assert [text for text in hidden if text in page] == []


@pytest.mark.parametrize("path", ["/address/remove", "/address/erase"])
def test_a_role_decides_what_works(browser: Any, service: Any, path: str) -> None:
    browser.sign_in("write")
    answer = browser.submit(path, address="a@example.com", again="a@example.com", detail="why")
    assert answer.status_code == 403
    assert not service.made("Unsuppress") + service.made("EraseAddress")
