import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suppression_ingest.replay import documents as module
from suppression_ingest.replay.documents import saved_messages

EVENT = {"eventType": "Send", "mail": {}}
TEXT = json.dumps(EVENT)
TEXTS = st.text(alphabet=st.characters(codec="utf-8"))
OBJECTS = st.lists(
    st.dictionaries(
        TEXTS.filter(lambda name: name not in ("Body", "body", "Messages", "Records", "Sns")),
        st.recursive(
            st.none() | st.integers() | TEXTS,
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
            max_leaves=6,
        ),
        max_size=4,
    ),
    max_size=5,
)


def read(text: str) -> list[tuple[int, str]]:
    stream = io.BytesIO(text.encode("utf-8", "surrogateescape"))
    return [(line, message) for line, message in saved_messages(stream, lambda _: None)]


def values(text: str) -> list[object]:
    return [json.loads(message) for _, message in read(text)]


@given(OBJECTS, st.sampled_from(["\n", "\n\n", "\r\n", " \n \n"]))
def test_every_line_of_json_lines_is_a_message(objects: list[object], between: str) -> None:
    assert values(between.join(map(json.dumps, objects))) == objects


@given(OBJECTS, st.sampled_from([None, 0, 2, "\t"]))
def test_every_member_of_an_array_is_a_message_however_it_is_laid_out(
    objects: list[object], indent: int | str | None
) -> None:
    assert values(json.dumps(objects, indent=indent)) == objects


@given(st.text(alphabet='{}[]:,"\\ \nab1'))
def test_any_text_is_read(text: str) -> None:
    for line, message in read(text):
        assert 1 <= line <= text.count("\n") + 1
        assert isinstance(message, str)


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    "document",
    [
        pytest.param(EVENT, id="a bare event"),
        pytest.param({"MessageId": "1", "ReceiptHandle": "r", "Body": TEXT}, id="an SQS message"),
        pytest.param({"Messages": [{"Body": TEXT}]}, id="what aws sqs receive-message prints"),
        pytest.param({"Records": [{"body": TEXT, "eventSource": "aws:sqs"}]}, id="Lambda from SQS"),
        pytest.param({"Records": [{"Sns": EVENT, "EventSource": "aws:sns"}]}, id="Lambda from SNS"),
        pytest.param([{"Body": TEXT}], id="an array of SQS messages"),
        pytest.param([EVENT], id="an array of events"),
    ],
)
def test_a_message_is_found_in_every_wrapping(document: Any, indent: int | None) -> None:
    assert values(json.dumps(document, indent=indent)) == [EVENT]


def test_an_envelope_stays_as_it_is() -> None:
    text = json.dumps({"Type": "Notification", "Message": TEXT, "TopicArn": "t"})
    assert read(text) == [(1, text)]


def test_every_message_of_several_is_found() -> None:
    messages = {"Messages": [{"Body": "one"}, {"Body": "two"}]}
    assert [message for _, message in read(json.dumps(messages))] == ["one", "two"]


@pytest.mark.parametrize("member", [None, 5, "text", []])
def test_a_wrapping_around_something_odd_gives_a_message_to_refuse(member: object) -> None:
    assert read(json.dumps({"Messages": [member]})) == [(1, "")]


def test_a_message_is_named_by_its_line() -> None:
    assert [line for line, _ in read('\n{"a": 1}\n\n{"b": 2}\n{"c": 3}')] == [2, 4, 5]


BROKEN_LINES = {
    "no json": "Hello world",
    "cut off in a string": '{"a": "b',
    "cut off after a comma": '{"a": 1,',
    "cut off in an array": '{"a": [{"b": 1},',
    "a bracket too many": '{"a": 1}}',
    "only closing": "]}",
    "nested without end": "[" * 5_000,
}


@pytest.mark.parametrize("at", [0, 1, 3])
@pytest.mark.parametrize("broken", BROKEN_LINES.values(), ids=BROKEN_LINES)
def test_a_broken_line_costs_itself_alone(broken: str, at: int) -> None:
    lines = ['{"n": 1}', '{"n": 2}', '{"n": [{"m": 3}]}']
    lines.insert(at, broken)
    # it stands among the others as it is, to be refused
    assert read("\n".join(lines)) == list(enumerate(lines, start=1))


@pytest.mark.parametrize("document", [EVENT, [EVENT, EVENT]], ids=["event", "array"])
def test_a_document_that_is_cut_off_is_refused_once(document: object) -> None:
    [(line, _)] = read(json.dumps(document, indent=2)[:-3])
    assert line == 1


def test_a_byte_order_mark_is_no_message() -> None:
    assert values('\ufeff{"n": 1}') == [{"n": 1}]


@pytest.mark.parametrize("text", ["", " \n\n", "[]", "[\n]"])
def test_where_there_is_nothing_nothing_is_found(text: str) -> None:
    assert read(text) == []


def test_a_line_that_is_too_long_is_refused_once_and_the_rest_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_DOCUMENT", 100)
    found = read('{"n": 1}\n{"long": "' + "x" * 1_000 + '"}\n{"n": 2}\n')
    assert [(line, len(text) <= 100) for line, text in found] == [(1, True), (2, True), (3, True)]


@pytest.mark.parametrize("first", ['{"n": 0}', '{"n": '], ids=["sound", "broken"])
def test_json_lines_without_end_do_not_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    # given a limit, and a file that is far longer
    monkeypatch.setattr(module, "MAX_DOCUMENT", 1_000)
    stream = io.BytesIO((first + "\n" + '{"n": 1}\n' * 10_000).encode())
    messages = saved_messages(stream, lambda _: None)
    # when the first message has been read
    next(messages)
    # then hardly more than the limit was
    assert stream.tell() < 2_000
    assert sum(1 for _ in messages) == 10_000
