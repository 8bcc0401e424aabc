import pickle

import pytest

from suppression import Dimension, MailClass, Reason, ReplyCategory, Role, Verdict
from suppression.v1 import statistics_service_pb2 as statistics
from suppression.v1 import suppression_pb2 as pb


@pytest.mark.parametrize(
    ("enum", "proto", "prefix"),
    [
        (Verdict, pb.Verdict, "VERDICT_"),
        (Reason, pb.Reason, "REASON_"),
        (MailClass, pb.MailClass, "MAIL_CLASS_"),
        (ReplyCategory, statistics.ReplyCategory, "REPLY_CATEGORY_"),
        (Role, statistics.Role, "ROLE_"),
        (Dimension, statistics.Dimension, "DIMENSION_"),
    ],
)
def test_members_are_those_of_the_contract(enum: type[Verdict], proto: object, prefix: str) -> None:
    assert {prefix + member.name: member.value for member in enum} == dict(proto.items())  # type: ignore[attr-defined]


def test_an_unknown_number_becomes_a_member_of_its_own() -> None:
    assert Verdict(70).name == "UNKNOWN_70"


def test_an_unknown_verdict_is_not_send() -> None:
    assert Verdict(71) != Verdict.SEND


def test_one_unknown_number_is_one_member() -> None:
    assert Reason(72) is Reason(72)


def test_an_unknown_member_survives_pickling() -> None:
    assert pickle.loads(pickle.dumps(Reason(73))) is Reason(73)


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="send"):
        Verdict("send")
