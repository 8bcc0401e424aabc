import json
from pathlib import Path

import pytest

from suppression_ingest.reply_table import reply_category
from suppression_service.store import ReplyCategory

REPLIES: list[dict[str, str]] = json.loads(
    Path(__file__).parents[2].joinpath("data/replies/replies.json").read_text(encoding="utf-8")
)


def name_of(reply: dict[str, str]) -> str:
    return f"{reply['receiver']} {reply['status']} {reply['category']}"


@pytest.mark.parametrize("reply", REPLIES, ids=name_of)
def test_each_reply_has_its_category(reply: dict[str, str]) -> None:
    found = reply_category(reply["sub_type"], reply["status"], reply["text"])
    assert found is ReplyCategory[reply["category"]]


def test_every_category_has_replies() -> None:
    assert {reply["category"] for reply in REPLIES} == {*ReplyCategory.__members__}


@pytest.mark.parametrize(
    ("status", "category"),
    [
        ("5.1.1", ReplyCategory.NO_SUCH_USER),
        ("4.2.2", ReplyCategory.MAILBOX_FULL),
        ("5.4.4", ReplyCategory.DNS),
        ("5.3.4", ReplyCategory.CONTENT),
        ("4.7.1", ReplyCategory.GREYLISTING),
        ("5.7.1", ReplyCategory.POLICY),
        ("5.9.9", ReplyCategory.OTHER),
    ],
)
def test_without_a_text_that_says_more_the_status_code_decides(
    status: str, category: ReplyCategory
) -> None:
    assert reply_category("General", status, "smtp; 550 No") is category
