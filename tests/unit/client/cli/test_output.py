import json
from collections.abc import Callable
from typing import Any

Run = Callable[..., Any]


def test_check_prints_a_line_for_each_address(run: Run) -> None:
    ran = run("check", "a@example.com", "bad@example.com")

    assert ran.out == "send\ta@example.com\ndo-not-send\tbad@example.com\thard-bounce\n"


def test_check_prints_json_lines(run: Run) -> None:
    ran = run("check", "--json", "bad@example.com")

    assert json.loads(ran.out) == {
        "address": "bad@example.com",
        "send": False,
        "verdict": "DO_NOT_SEND",
        "reason": "HARD_BOUNCE",
        "revision": "",
        "as_of": None,
    }


def test_add_says_what_became_of_each_address(run: Run) -> None:
    ran = run("add", "a@example.com", "b@example.com", "--stream", "news")

    assert ran.out == "added\ta@example.com\tmanual\tnews\nadded\tb@example.com\tmanual\tnews\n"


def test_remove_says_what_it_removed(run: Run) -> None:
    ran = run("remove", "bad@example.com", "good@example.com")

    assert ran.out == "removed\tbad@example.com\tmanual\tall mail\nnot listed\tgood@example.com\n"


def test_remove_prints_json_lines(run: Run) -> None:
    ran = run("remove", "good@example.com", "--json")

    assert json.loads(ran.out) == {"address": "good@example.com", "removed": [], "revision": "r2"}


def test_show_prints_the_entries(run: Run) -> None:
    assert "hard-bounce" in run("show", "a@example.com").out


def test_show_leaves_out_columns_that_say_nothing(run: Run) -> None:
    assert "source" not in run("show", "a@example.com").out


def test_show_says_how_long_an_entry_holds(run: Run) -> None:
    assert "for ever" in run("show", "a@example.com").out


def test_show_says_that_there_is_no_feedback(run: Run) -> None:
    assert "no feedback" in run("show", "a@example.com").out


def test_show_prints_json_lines(run: Run) -> None:
    ran = run("show", "a@example.com", "--json")

    assert json.loads(ran.out)["suppressions"][0]["reason"] == "HARD_BOUNCE"


def test_text_from_strangers_cannot_command_the_terminal(run: Run) -> None:
    assert "\x1b" not in run("show", "a@example.com").out
