from structlog.testing import capture_logs

from suppression_service.server.calls import MAX_LINES, RefusalLog
from suppression_service.server.errors import TooManyCalls

REFUSED = TooManyCalls("CALLS_UNDER_WAY", "too many calls are under way")


def test_a_refused_call_is_logged_by_method_status_and_reason() -> None:
    with capture_logs() as lines:
        RefusalLog().note("CheckAddress", REFUSED)
    [line] = lines
    assert (line["method"], line["code"], line["reason"]) == (
        "CheckAddress",
        "RESOURCE_EXHAUSTED",
        "CALLS_UNDER_WAY",
    )


def test_the_lines_of_a_minute_have_an_end_and_the_rest_is_counted() -> None:
    # given a clock that stands still for more refusals than there are lines, and goes on
    times = iter([0.0] * (MAX_LINES + 4) + [60.0] * 2)
    refusals = RefusalLog(clock=lambda: next(times))
    with capture_logs() as lines:
        for _ in range(MAX_LINES + 4):
            refusals.note("CheckAddress", REFUSED)
    # then each has its line until the limit, and the next minute tells of the others
    events = [line["event"] for line in lines]
    assert events.count("call refused") == MAX_LINES + 1
    assert [line["calls"] for line in lines if "calls" in line] == [3]
