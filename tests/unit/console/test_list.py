from typing import Any

from suppression.v1 import list_service_pb2

lists: Any = list_service_pb2


def answer(**entry: Any) -> Any:
    return lists.ListSuppressionsResponse(
        suppressions=[{"address": "jane@example.com", "reason": 1, **entry}], next_page_token="next"
    )


def test_filters_in_the_url_are_asked_for(admin: Any, service: Any) -> None:
    admin.get(
        "/list?q=jan&reason=complaint&reason=manual&stream=-&source=ses&state=removed"
        "&order=address&created_before=2026-03-01&page=token"
    )
    [asked] = service.made("ListSuppressions")
    wanted = asked.filter
    assert (wanted.address_prefix, list(wanted.reasons), wanted.source) == ("jan", [3, 5], "ses")
    assert (wanted.HasField("stream"), wanted.stream) == (True, "")
    assert (wanted.state, asked.order, asked.page_token) == (3, 2, "token")
    # The whole last day.
    assert wanted.created_before.ToJsonString() == "2026-03-02T00:00:00Z"


def test_a_domain_begins_with_an_at_sign(admin: Any, service: Any) -> None:
    admin.get("/list?q=@example.com")
    assert service.made("ListSuppressions")[0].filter.domain == "example.com"


def test_a_day_that_is_none_is_said_so(admin: Any) -> None:
    page = admin.get("/list?created_after=soon")
    assert (page.status_code, "created after: give a day" in page.text) == (400, True)


def test_the_next_page_keeps_the_filters(admin: Any, service: Any) -> None:
    service.answers["ListSuppressions"] = answer()
    assert 'href="/list?reason=complaint&amp;page=next"' in admin.get("/list?reason=complaint").text


def test_an_erased_entry_cannot_be_chosen(admin: Any, service: Any) -> None:
    service.answers["ListSuppressions"] = answer(address="erased:0123")
    page = admin.get("/list").text
    assert "erased:0123" not in page
    assert 'name="entry"' not in page


def test_chosen_entries_are_removed_with_one_reason(admin: Any, service: Any) -> None:
    entries = ['["a@example.com", 1, ""]', '["@example.net", 5, "newsletter"]']
    admin.submit("/list/remove", entry=entries, detail="moved", back="q=a")
    made = [(each.address or each.domain, each.detail) for each in service.made("Unsuppress")]
    assert made == [("a@example.com", "moved"), ("example.net", "moved")]


def test_an_export_has_all_pages(admin: Any, service: Any) -> None:
    first, last = answer(), answer(address="john@example.com")
    last.next_page_token = ""
    service.answers["ListSuppressions"] = lambda request: last if request.page_token else first
    lines = admin.get("/list/export?format=csv").text.splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["jane@example.com", "john@example.com"]


def test_a_format_that_there_is_not_is_refused(admin: Any) -> None:
    assert admin.get("/list/export?format=xml").status_code == 400
