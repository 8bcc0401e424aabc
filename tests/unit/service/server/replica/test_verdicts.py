import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suppression_service.server.replica.verdicts import (
    IGNORED_FOR_ESSENTIAL,
    PRECEDENCE,
    Mail,
    reason_against,
    reasons_against,
)
from suppression_service.store import Reason
from suppression_service.store.replication import UNKNOWN_STREAM

NOW = 1_800_000_000
LAST_SECOND = 2**32 - 1
NEWS = 7


def word(reason: Reason, stream: int = 0, end: int = 0) -> int:
    return end << 32 | stream << 8 | reason


def mail(stream: int = 0, *, essential: bool = False, now: int = NOW) -> Mail:
    return Mail(stream, essential, now)


@pytest.mark.parametrize(
    ("named", "over"),
    [
        (Reason.COMPLAINT, Reason.HARD_BOUNCE),
        (Reason.HARD_BOUNCE, Reason.UNSUBSCRIBE),
        (Reason.UNSUBSCRIBE, Reason.MANUAL),
        (Reason.MANUAL, Reason.SOFT_BOUNCE),
    ],
)
def test_of_two_reasons_the_stronger_is_named(named: Reason, over: Reason) -> None:
    assert reason_against(mail(), [word(over), word(named)]) is named
    assert reason_against(mail(), [word(named), word(over)]) is named


def test_every_reason_has_its_place() -> None:
    assert sorted(PRECEDENCE) == sorted(Reason)


@pytest.mark.parametrize(
    ("reason", "passes"),
    [
        (Reason.COMPLAINT, True),
        (Reason.UNSUBSCRIBE, True),
        (Reason.HARD_BOUNCE, False),
        (Reason.SOFT_BOUNCE, False),
        (Reason.MANUAL, False),
    ],
)
def test_essential_mail_passes_what_the_recipient_wants_and_nothing_else(
    reason: Reason, passes: bool
) -> None:
    assert (reason_against(mail(essential=True), [word(reason)]) is None) == passes
    assert (reason in IGNORED_FOR_ESSENTIAL) == passes


def test_essential_mail_is_stopped_by_the_bounce_behind_a_complaint() -> None:
    both = [word(Reason.COMPLAINT), word(Reason.HARD_BOUNCE)]
    assert reason_against(mail(essential=True), both) is Reason.HARD_BOUNCE


@pytest.mark.parametrize(
    ("entry", "asked", "stopped"),
    [
        pytest.param(0, 0, True, id="all mail stops mail of no stream"),
        pytest.param(0, NEWS, True, id="all mail stops a stream"),
        pytest.param(0, UNKNOWN_STREAM, True, id="all mail stops a stream never named"),
        pytest.param(NEWS, NEWS, True, id="a stream stops itself"),
        pytest.param(NEWS, 8, False, id="a stream passes another"),
        pytest.param(NEWS, 0, False, id="a stream passes mail of no stream"),
        pytest.param(NEWS, UNKNOWN_STREAM, False, id="a stream passes one never named"),
        pytest.param(2**24 - 2, 2**24 - 2, True, id="the last stream stops itself"),
        pytest.param(2**24 - 2, 2**16 - 2, False, id="a large number is not cut"),
    ],
)
def test_an_entry_holds_for_its_stream(entry: int, asked: int, stopped: bool) -> None:
    answer = reason_against(mail(asked), [word(Reason.MANUAL, entry)])
    assert (answer is Reason.MANUAL) == stopped


@pytest.mark.parametrize(
    ("end", "now", "stopped"),
    [
        pytest.param(0, NOW, True, id="no end"),
        pytest.param(NOW + 1, NOW, True, id="a second before the end"),
        pytest.param(NOW, NOW, False, id="at the end"),
        pytest.param(1, NOW, False, id="long past"),
        pytest.param(2**31, NOW, True, id="beyond 31 bits"),
        pytest.param(LAST_SECOND, LAST_SECOND - 1, True, id="the farthest end"),
    ],
)
def test_an_entry_holds_until_its_end(end: int, now: int, stopped: bool) -> None:
    answer = reason_against(mail(now=now), [word(Reason.MANUAL, 2**24 - 2, end)])
    assert answer is None  # A stream of another number, whatever the end.
    answer = reason_against(mail(now=now), [word(Reason.MANUAL, 0, end)])
    assert (answer is Reason.MANUAL) == stopped


def test_an_address_without_entries_may_be_mailed() -> None:
    assert reason_against(mail(), []) is None


_words = st.builds(
    word,
    st.sampled_from(Reason),
    st.sampled_from([0, 1, NEWS, 2**24 - 2]),
    st.sampled_from([0, 1, NOW, NOW + 1, 2**31, LAST_SECOND]),
)


@given(st.lists(_words))
def test_many_words_at_once_are_judged_as_each_alone(words: list[int]) -> None:
    for stream, essential in itertools.product([0, NEWS, UNKNOWN_STREAM], [True, False]):
        asked = mail(stream, essential=essential)
        at_once = reasons_against(asked, np.array(words, dtype=np.uint64)).tolist()
        assert at_once == [reason_against(asked, [each]) or 0 for each in words]
