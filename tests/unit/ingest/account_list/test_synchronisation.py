import datetime as dt
from typing import Any

import pytest

from suppression_ingest.account_list.differences import Callbacks, Difference
from suppression_ingest.account_list.options import Direction, RemovedAtSes, RemovedHere
from suppression_ingest.errors import NotPermitted
from suppression_service.store import Erasure, Reason
from tests.support.aws.lists import Lists, day


class Interrupted(Exception):
    pass


def interrupted_after(entries: int) -> Callbacks:
    def page(read: int) -> None:
        if read >= entries:
            raise Interrupted

    return Callbacks(page=page)


# --- from SES to us ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theirs", "reason"),
    [("BOUNCE", Reason.HARD_BOUNCE), ("COMPLAINT", Reason.COMPLAINT)],
    ids=["bounce", "complaint"],
)
def test_what_we_lack_is_added_with_its_reason_source_and_time(
    lists: Lists, theirs: str, reason: Reason
) -> None:
    lists.listed("jane@x.example", theirs, on=4)
    lists.run()
    [entry] = lists.ours("jane@x.example")
    assert (entry.reason, entry.source, entry.last_seen) == (reason, "ses-account-list", day(4))


def test_an_entry_that_is_dated_ahead_of_our_clock_is_dated_by_it(lists: Lists) -> None:
    lists.ses.page = 1
    lists.listed("june@x.example", on=1)
    lists.listed("jane@x.example", on=4)

    def set_back(_: int) -> None:
        lists.today = day(2)

    lists.run(callbacks=Callbacks(page=set_back))
    [entry] = lists.ours("jane@x.example")
    assert entry.last_seen == day(2)


def test_a_second_run_changes_nothing(lists: Lists) -> None:
    lists.listed("jane@x.example")
    lists.run()
    before = lists.store.revision()
    again = lists.run()
    assert lists.store.revision() == before
    assert (again.known, again.added) == (1, 0)


def test_what_we_have_is_left_as_it_is(lists: Lists) -> None:
    lists.suppress("jane@x.example")
    before = lists.ours("jane@x.example")
    lists.listed("jane@x.example")
    lists.run()
    assert lists.ours("jane@x.example") == before


def test_an_entry_of_one_stream_is_not_one_for_all_mail(lists: Lists) -> None:
    lists.suppress("jane@x.example", Reason.COMPLAINT, "news")
    lists.listed("jane@x.example", "COMPLAINT")
    lists.run()
    assert {one.stream for one in lists.ours("jane@x.example")} == {"", "news"}


def test_an_unsuppress_that_is_older_is_overtaken(lists: Lists) -> None:
    lists.suppress("jane@x.example", on=6)
    lists.unsuppress("jane@x.example", on=7)
    lists.listed("jane@x.example", on=8)
    lists.run()
    assert lists.standing("jane@x.example") == {Reason.HARD_BOUNCE}


def test_cases_are_one_address(lists: Lists) -> None:
    lists.listed("Jane@X.example", on=2)
    lists.listed("jane@x.example", on=1)
    counts = lists.run()
    assert counts.added == 1
    assert [one.last_seen for one in lists.ours("jane@x.example")] == [day(2)]


def test_what_is_no_address_is_counted_and_left_out(lists: Lists) -> None:
    lists.listed("nobody")
    lists.listed("jane@x.example")
    counts = lists.run()
    assert (counts.unusable, counts.added) == (1, 1)


def test_the_simulator_is_left_out(lists: Lists) -> None:
    lists.listed("bounce@simulator.amazonses.com")
    assert lists.run().added == 0


def test_every_page_is_read_no_faster_than_one_a_second(lists: Lists) -> None:
    lists.ses.page = 2
    for number in range(7):
        lists.listed(f"{number}@x.example")
    assert lists.run().added == 7
    assert len(lists.ses.called("ListSuppressedDestinations")) == 4
    assert lists.time.slept == [1.0, 1.0, 1.0]


def test_a_list_that_changes_while_it_is_read_is_read_as_it_was(lists: Lists) -> None:
    lists.run()
    [asked] = lists.ses.called("ListSuppressedDestinations")
    assert asked["EndDate"] == lists.today


def test_a_run_since_a_day_leaves_out_what_is_older_and_compares_nothing(lists: Lists) -> None:
    lists.listed("old@x.example", on=1)
    lists.listed("new@x.example", on=5)
    lists.run(direction=Direction.PULL, since=day(4))
    assert not lists.ours("old@x.example")
    assert lists.ours("new@x.example")
    assert lists.store.account_list_pages("123456789012/us-east-1 since 2026-03-04") == []


def test_a_push_adds_nothing_to_our_list(lists: Lists) -> None:
    lists.listed("jane@x.example")
    counts = lists.run(direction=Direction.PUSH)
    assert counts.differing == {Difference.ONLY_AT_SES: 1}
    assert not lists.ours("jane@x.example")


# --- interrupted ---------------------------------------------------------------------------------


def test_a_run_that_broke_off_goes_on_after_the_last_page_that_was_stored(lists: Lists) -> None:
    # Given a run that breaks off after the second of four pages
    lists.ses.page = 2
    for number in range(8):
        lists.listed(f"{number}@x.example")
    with pytest.raises(Interrupted):
        lists.run(callbacks=interrupted_after(4))
    # When it is run again
    counts = lists.run()
    # Then only the other two are read, nothing is missing, and nothing lacks at SES.
    assert counts.read == 4
    assert all(lists.ours(f"{number}@x.example") for number in range(8))
    assert lists.written() == []


@pytest.mark.parametrize(
    ("options", "later"),
    [({"restart": True}, 0), ({}, 2)],
    ids=["asked to", "after two days"],
)
def test_a_run_that_broke_off_starts_again(
    lists: Lists, options: dict[str, Any], later: int
) -> None:
    lists.ses.page = 2
    for number in range(4):
        lists.listed(f"{number}@x.example")
    with pytest.raises(Interrupted):
        lists.run(callbacks=interrupted_after(2))
    lists.today += dt.timedelta(days=later)
    assert lists.run(**options).read == 4


def test_a_page_token_that_ses_has_forgotten_starts_again(lists: Lists) -> None:
    lists.ses.page = 2
    for number in range(4):
        lists.listed(f"{number}@x.example")
    with pytest.raises(Interrupted):
        lists.run(callbacks=interrupted_after(2))
    lists.ses.refused_once = [("ListSuppressedDestinations", "InvalidNextTokenException")]
    counts = lists.run()
    assert (counts.read, counts.known, counts.added) == (4, 2, 2)


def test_a_run_that_broke_off_while_writing_writes_the_rest(lists: Lists) -> None:
    for name in ("a", "b", "c"):
        lists.suppress(f"{name}@x.example")

    def interrupt(_: object) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        lists.run(callbacks=Callbacks(changed=interrupt))
    assert lists.run().written == 2
    assert set(lists.ses.suppressed) == {"a@x.example", "b@x.example", "c@x.example"}


# --- from us to SES ------------------------------------------------------------------------------


def test_what_ses_lacks_is_written_with_its_reason(lists: Lists) -> None:
    lists.suppress("a@x.example", Reason.HARD_BOUNCE)
    lists.suppress("b@x.example", Reason.COMPLAINT)
    lists.run()
    assert lists.written() == [("a@x.example", "BOUNCE"), ("b@x.example", "COMPLAINT")]


def test_a_pull_writes_nothing_to_ses(lists: Lists) -> None:
    lists.suppress("a@x.example")
    counts = lists.run(direction=Direction.PULL)
    assert counts.differing == {Difference.ONLY_HERE: 1}
    assert lists.written() == []


def test_a_complaint_at_ses_is_never_made_a_bounce(lists: Lists) -> None:
    lists.suppress("jane@x.example", Reason.HARD_BOUNCE)
    lists.listed("Jane@X.example", "COMPLAINT")
    lists.run()
    assert lists.written() == []


def test_a_complaint_among_bounces_of_several_cases_counts(lists: Lists) -> None:
    lists.suppress("jane@x.example", Reason.COMPLAINT)
    lists.listed("Jane@X.example", "COMPLAINT")
    lists.listed("jane@x.example", "BOUNCE")
    lists.run()
    assert lists.written() == []


def test_a_bounce_at_ses_becomes_the_complaint_that_we_know_of(lists: Lists) -> None:
    lists.suppress("jane@x.example", Reason.COMPLAINT)
    lists.listed("jane@x.example", "BOUNCE")
    counts = lists.run()
    assert lists.written() == [("jane@x.example", "COMPLAINT")]
    assert counts.differing == {Difference.OTHER_REASON: 1}
    assert lists.standing("jane@x.example") == {Reason.COMPLAINT, Reason.HARD_BOUNCE}


@pytest.mark.parametrize(
    ("reason", "stream"),
    [
        (Reason.MANUAL, ""),
        (Reason.UNSUBSCRIBE, ""),
        (Reason.SOFT_BOUNCE, ""),
        (Reason.COMPLAINT, "news"),
    ],
    ids=["manual", "unsubscribe", "soft bounce", "of one stream"],
)
def test_what_is_of_no_concern_to_ses_is_not_written(
    lists: Lists, reason: Reason, stream: str
) -> None:
    lists.suppress("a@x.example", reason, stream)
    lists.run()
    assert lists.written() == []


def test_addresses_of_the_simulator_are_not_written(lists: Lists) -> None:
    lists.suppress("bounce+1@simulator.amazonses.com")
    lists.run()
    assert lists.written() == []


def test_writing_ends_at_the_limit_and_counts_what_is_left(lists: Lists) -> None:
    for number in range(5):
        lists.suppress(f"{number}@x.example")
    counts = lists.run(limit=2)
    assert (counts.written, counts.left) == (2, 3)
    assert len(lists.written()) == 2


def test_an_address_that_ses_refuses_does_not_hold_back_those_after_it(lists: Lists) -> None:
    # given an address that SES refuses, and others before and after it
    for name in ("a", "b", "c"):
        lists.suppress(f"{name}@x.example")
    lists.ses.unacceptable.add("b@x.example")
    # when they are written
    counts = lists.run(limit=2)
    # then SES has the others, and the one is reported and does not count towards the limit
    assert set(lists.ses.suppressed) == {"a@x.example", "c@x.example"}
    assert (counts.written, counts.refused, counts.left) == (2, 1, 0)
    assert lists.refused == ["b@x.example"]


def test_a_refusal_of_more_than_an_address_ends_the_writing(lists: Lists) -> None:
    lists.suppress("a@x.example")
    lists.ses.denied["PutSuppressedDestination"] = "AccessDeniedException"
    with pytest.raises(NotPermitted):
        lists.run()


def test_writing_keeps_to_one_request_a_second(lists: Lists) -> None:
    for number in range(3):
        lists.suppress(f"{number}@x.example")
    lists.run()
    assert lists.time.slept == [1.0, 1.0, 1.0]  # one page read, three entries written


def test_an_address_that_is_unsuppressed_meanwhile_is_not_written(lists: Lists) -> None:
    lists.suppress("a@x.example")
    lists.suppress("b@x.example")

    def unsuppress(_: object) -> None:
        lists.unsuppress("b@x.example")

    lists.run(callbacks=Callbacks(changed=unsuppress))
    assert lists.written() == [("a@x.example", "BOUNCE")]


def test_afterwards_the_lists_do_not_differ(lists: Lists) -> None:
    lists.suppress("a@x.example")
    lists.listed("b@x.example", "COMPLAINT")
    lists.run()
    assert not lists.run(dry=True).differing.total()


def test_a_report_counts_the_differences_and_changes_neither_list(lists: Lists) -> None:
    lists.suppress("a@x.example")
    lists.listed("b@x.example")
    lists.listed("c@x.example")
    before = lists.store.revision()
    counts = lists.run(dry=True)
    assert counts.differing == {Difference.ONLY_AT_SES: 2, Difference.ONLY_HERE: 1}
    assert lists.store.revision() == before
    assert lists.written() == []
    assert lists.store.account_list_pages("123456789012/us-east-1") == []


def test_each_address_that_differs_is_reported(lists: Lists) -> None:
    lists.suppress("a@x.example")
    lists.listed("b@x.example")
    lists.run(dry=True)
    assert lists.differing == [
        (Difference.ONLY_AT_SES, "b@x.example"),
        (Difference.ONLY_HERE, "a@x.example"),
    ]


# --- removed from our list -----------------------------------------------------------------------


def removed_here(lists: Lists) -> None:
    """Have SES list an address, and remove it from our list afterwards."""
    lists.listed("jane@x.example", on=8)
    lists.run(direction=Direction.PULL)
    lists.unsuppress("jane@x.example", on=9)


def test_what_was_removed_here_stays_removed_and_stays_at_ses(lists: Lists) -> None:
    removed_here(lists)
    counts = lists.run()
    assert counts.differing == {Difference.REMOVED_HERE: 1}
    assert not lists.standing("jane@x.example")
    assert "jane@x.example" in lists.ses.suppressed


def test_what_was_removed_here_is_removed_at_ses_if_wanted(lists: Lists) -> None:
    removed_here(lists)
    counts = lists.run(removed_here=RemovedHere.REMOVE)
    assert counts.deleted == 1
    assert lists.ses.suppressed == {}


def test_every_spelling_at_ses_is_removed(lists: Lists) -> None:
    removed_here(lists)
    lists.listed("Jane@x.example", on=7)
    lists.listed("JANE@x.example", on=6)
    assert lists.run(removed_here=RemovedHere.REMOVE).deleted == 3
    assert lists.ses.suppressed == {}


def test_a_complaint_that_still_stands_here_keeps_the_entry_at_ses(lists: Lists) -> None:
    lists.suppress("jane@x.example", Reason.HARD_BOUNCE, on=7)
    lists.suppress("jane@x.example", Reason.COMPLAINT, on=7)
    lists.listed("jane@x.example", "BOUNCE", on=8)
    lists.unsuppress("jane@x.example", on=9, reason=Reason.HARD_BOUNCE)
    counts = lists.run(removed_here=RemovedHere.REMOVE)
    assert (counts.deleted, counts.added) == (0, 0)
    assert lists.ses.suppressed["jane@x.example"].reason == "COMPLAINT"


def test_an_address_that_bounces_again_meanwhile_is_not_removed_at_ses(lists: Lists) -> None:
    removed_here(lists)

    def bounce(_: int) -> None:
        lists.suppress("jane@x.example")

    counts = lists.run(removed_here=RemovedHere.REMOVE, callbacks=Callbacks(page=bounce))
    assert counts.deleted == 0
    assert "jane@x.example" in lists.ses.suppressed


def test_removals_at_ses_count_towards_the_limit(lists: Lists) -> None:
    removed_here(lists)
    lists.suppress("a@x.example")
    counts = lists.run(removed_here=RemovedHere.REMOVE, limit=1)
    assert (counts.deleted, counts.written, counts.left) == (1, 0, 1)


def test_an_entry_that_ses_deleted_meanwhile_is_no_failure(lists: Lists) -> None:
    removed_here(lists)

    def delete(_: int) -> None:
        lists.ses.suppressed.clear()

    counts = lists.run(removed_here=RemovedHere.REMOVE, callbacks=Callbacks(page=delete))
    assert (counts.deleted, counts.refused) == (1, 0)


# --- removed at SES ------------------------------------------------------------------------------


def removed_at_ses(lists: Lists, *more: str) -> None:
    """Have both lists hold addresses, and remove them at SES."""
    for address in ("jane@x.example", *more):
        lists.suppress(address, on=7)
        lists.listed(address, on=8)
    lists.today = day(9)
    lists.run()
    for address in ("jane@x.example", *more):
        del lists.ses.suppressed[address]
    lists.today = day(10)


def test_what_was_removed_at_ses_stays_here_and_is_not_written_again(lists: Lists) -> None:
    removed_at_ses(lists)
    first, second = lists.run(), lists.run()
    assert first.differing == second.differing == {Difference.REMOVED_AT_SES: 1}
    assert lists.standing("jane@x.example") == {Reason.HARD_BOUNCE}
    assert lists.written() == []


def test_what_was_removed_at_ses_is_removed_here_if_wanted(lists: Lists) -> None:
    removed_at_ses(lists)
    counts = lists.run(removed_at_ses=RemovedAtSes.REMOVE)
    assert (counts.removed, counts.written) == (1, 0)
    [entry] = lists.ours("jane@x.example")
    assert (entry.removed_by, entry.removal_detail) == (
        "ses-account-list",
        "removed from 123456789012/us-east-1",
    )
    assert not lists.run().differing


def test_what_was_removed_at_ses_is_written_again_if_wanted(lists: Lists) -> None:
    removed_at_ses(lists)
    counts = lists.run(removed_at_ses=RemovedAtSes.RESTORE)
    assert counts.written == 1
    assert "jane@x.example" in lists.ses.suppressed


def test_what_bounced_again_was_not_removed_at_ses(lists: Lists) -> None:
    removed_at_ses(lists)
    lists.suppress("jane@x.example", on=10)
    counts = lists.run(removed_at_ses=RemovedAtSes.REMOVE)
    assert (counts.removed, counts.written) == (0, 1)
    assert counts.differing == {Difference.ONLY_HERE: 1}


def test_more_removals_than_the_maximum_are_not_made(lists: Lists) -> None:
    removed_at_ses(lists, "june@x.example")
    counts = lists.run(removed_at_ses=RemovedAtSes.REMOVE, max_removals=1)
    assert (counts.removed, counts.held_back, counts.written) == (0, 2, 0)
    assert lists.standing("jane@x.example")
    # and still can be, by a later run
    assert lists.run(removed_at_ses=RemovedAtSes.REMOVE).removed == 2


def test_entries_of_other_reasons_and_streams_are_not_removed(lists: Lists) -> None:
    removed_at_ses(lists)
    lists.suppress("jane@x.example", Reason.MANUAL, on=7)
    lists.suppress("jane@x.example", Reason.HARD_BOUNCE, "news", on=7)
    lists.run(removed_at_ses=RemovedAtSes.REMOVE)
    standing = [(one.reason, one.stream) for one in lists.ours("jane@x.example") if not one.removed]
    assert sorted(standing) == [(Reason.HARD_BOUNCE, "news"), (Reason.MANUAL, "")]


def test_an_erased_entry_is_not_removed(lists: Lists) -> None:
    removed_at_ses(lists)
    with lists.store.write() as transaction:
        transaction.erase([Erasure("jane@x.example")])
    assert lists.run(removed_at_ses=RemovedAtSes.REMOVE).removed == 0
    assert lists.standing("jane@x.example")


def test_what_ses_never_listed_was_not_removed_there(lists: Lists) -> None:
    lists.run()
    lists.suppress("jane@x.example", on=7)
    assert lists.run(dry=True).differing == {Difference.ONLY_HERE: 1}


def test_a_report_does_not_forget_what_was_removed_at_ses(lists: Lists) -> None:
    removed_at_ses(lists)
    lists.run(dry=True)
    assert lists.run().differing == {Difference.REMOVED_AT_SES: 1}


# --- tenants -------------------------------------------------------------------------------------


def test_the_list_of_a_tenant_is_that_of_its_stream(lists: Lists) -> None:
    lists.listed("jane@x.example", tenant="shop")
    lists.listed("june@x.example")
    lists.suppress("mary@x.example", Reason.COMPLAINT, "shop-mail")
    lists.suppress("rose@x.example")
    lists.run(tenant="shop", stream="shop-mail")
    assert [one.stream for one in lists.ours("jane@x.example")] == ["shop-mail"]
    assert not lists.ours("june@x.example")
    assert set(lists.ses.tenants["shop"]) == {"jane@x.example", "mary@x.example"}
    assert set(lists.ses.suppressed) == {"june@x.example"}


def test_an_address_in_the_lists_of_account_and_tenant_is_in_both_here(lists: Lists) -> None:
    lists.listed("jane@x.example", on=3)
    lists.listed("jane@x.example", on=3, tenant="shop")
    lists.run()
    lists.run(tenant="shop", stream="shop-mail")
    assert {one.stream for one in lists.ours("jane@x.example")} == {"", "shop-mail"}


def test_a_removal_from_a_stream_reaches_the_list_of_its_tenant_only(lists: Lists) -> None:
    lists.listed("jane@x.example")
    lists.listed("jane@x.example", tenant="shop")
    lists.run(tenant="shop", stream="shop-mail")
    lists.unsuppress("jane@x.example", on=9)
    lists.run(tenant="shop", stream="shop-mail", removed_here=RemovedHere.REMOVE)
    assert lists.ses.tenants["shop"] == {}
    assert set(lists.ses.suppressed) == {"jane@x.example"}
