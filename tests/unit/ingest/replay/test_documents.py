import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suppression_ingest.replay import documents as module
from suppression_ingest.replay.documents import documents

OBJECTS = st.lists(
    st.dictionaries(
        st.text(alphabet=st.characters(codec="utf-8")),
        st.recursive(
            st.none() | st.integers() | st.text(alphabet=st.characters(codec="utf-8")),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(alphabet=st.characters(codec="utf-8")), inner, max_size=3)
            ),
            max_leaves=6,
        ),
        max_size=4,
    ),
    max_size=5,
)


def split(text: str, size: int = 7) -> list[tuple[int, str]]:
    chunks = (text[start : start + size] for start in range(0, len(text), size))
    return [(document.line, document.text) for document in documents(chunks)]


def values(text: str, size: int = 7) -> list[object]:
    return [json.loads(document) for _, document in split(text, size)]


@given(OBJECTS, st.sampled_from([None, 0, 2, "\t"]), st.sampled_from(["\n", "", " ", "\r\n\r\n"]))
def test_documents_one_after_the_other_are_found_however_they_are_laid_out(
    objects: list[object], indent: int | str | None, between: str
) -> None:
    assert values(between.join(json.dumps(one, indent=indent) for one in objects)) == objects


@given(OBJECTS, st.sampled_from([None, 0, 2, "\t"]), st.integers(1, 50))
def test_the_documents_of_an_array_are_found_however_it_is_laid_out(
    objects: list[object], indent: int | str | None, size: int
) -> None:
    assert values(json.dumps(objects, indent=indent), size) == objects


@given(st.text(alphabet='{}[]:,"\\ \nab1'), st.integers(1, 9))
def test_any_text_is_split_and_nothing_but_punctuation_is_lost(text: str, size: int) -> None:
    found = "".join(document for _, document in split(text, size))
    assert len(found) <= len(text)
    assert all(text.count(c) == found.count(c) for c in '{}"\\ab1:')


def test_a_document_is_named_by_the_line_where_it_begins() -> None:
    text = '\n{"a": 1}\n\n{\n  "b": 2\n}\n{"c": 3}'
    assert [line for line, _ in split(text)] == [2, 4, 7]


BROKEN_LINES = {
    "no json": "Hello world",
    "cut off in a string": '{"a": "b',
    "cut off after a name": '{"a"',
    "cut off after a colon": '{"a":',
    "cut off after a comma": '{"a": 1,',
    "cut off after a bracket": '{"a": [',
    "cut off in an array": '{"a": [{"b": 1},',
    "sound but for a word": '{"a": nope}',
    "a quote too many": '{"a": "b"c"}',
    "a bracket too many": '{"a": 1}}',
    "only closing": "]}",
    "nested without end": "[" * 5_000,
}


@pytest.mark.parametrize("broken", BROKEN_LINES.values(), ids=BROKEN_LINES)
def test_a_broken_line_costs_itself_alone(broken: str) -> None:
    # given a broken line between good ones
    good = ['{"n": 1}', '{"n": 2}', '{"n": [{"m": 3}]}']
    found = split("\n".join([good[0], broken, *good[1:]]))
    # then every good one is found, with its line
    assert [one for one in found if one[1] in good] == [(1, good[0]), (3, good[1]), (4, good[2])]
    # and something else, to be refused
    assert len(found) > len(good)


def test_a_broken_document_between_pretty_ones_costs_itself_alone() -> None:
    pretty = [json.dumps({"n": n, "deep": [{"m": n}]}, indent=2) for n in range(3)]
    cut = pretty[1][:20]
    found = [document for _, document in split("\n".join([pretty[0], cut, pretty[2]]))]
    assert found[0] == pretty[0]
    assert found[-1] == pretty[2]


def test_a_broken_document_in_a_pretty_array_costs_itself_alone() -> None:
    text = '[\n  {\n    "n": 1\n  },\n  {\n    "n": "2\n  },\n  {\n    "n": 3\n  }\n]'
    found = [document for _, document in split(text)]
    assert json.loads(found[0]) == {"n": 1}
    assert json.loads(found[-1]) == {"n": 3}


def test_an_array_that_is_cut_off_is_noticed() -> None:
    assert split('[{"n": 1},\n') == [(1, '{"n": 1}'), (2, "")]


def test_a_byte_order_mark_is_no_document() -> None:
    assert values('\ufeff{"n": 1}') == [{"n": 1}]


@pytest.mark.parametrize("text", ["", " \n\n", "[]", "[\n]"])
def test_where_there_is_nothing_nothing_is_found(text: str) -> None:
    assert split(text) == []


def test_a_document_that_never_ends_does_not_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # given a limit, and a text far beyond it that is never finished
    monkeypatch.setattr(module, "MAX_DOCUMENT", 10_000)
    longest = 0

    def endless() -> Iterator[str]:
        for _ in range(100):
            yield '{"a":[' * 200

    for document in documents(endless()):
        longest = max(longest, len(document.text))
    # then it comes in pieces, none far beyond the limit
    assert longest < 50_000
