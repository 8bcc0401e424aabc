import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from suppression_ingest.pipeline import Pipeline
from suppression_ingest.policy import Policy
from suppression_ingest.replay.replay import STANDARD_INPUT, replay
from suppression_ingest.sns.envelope import Envelope
from suppression_service.store import Store

Json = dict[str, Any]


def trusting(_envelope: Envelope) -> None:
    """Take every envelope."""


@pytest.fixture
def pipeline(store: Store) -> Pipeline:
    return Pipeline(store, trusting, Policy())


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with capture_logs() as lines:
        yield lines


@pytest.fixture
def bounce(sample: Callable[[str], Json]) -> Json:
    return sample("bounce-event")


def test_saved_events_reach_the_list(
    pipeline: Pipeline, store: Store, tmp_path: Path, bounce: Json
) -> None:
    file = tmp_path / "saved.json"
    file.write_text(json.dumps(bounce, indent=2))
    assert replay(pipeline, [str(file)]).new == 1
    assert len(store.address("gone@shop.example").suppressions) == 1


def test_a_second_replay_changes_nothing(pipeline: Pipeline, tmp_path: Path, bounce: Json) -> None:
    file = tmp_path / "saved.json"
    file.write_text(json.dumps(bounce))
    replay(pipeline, [str(file)])
    again = replay(pipeline, [str(file)])
    assert (again.new, again.duplicates) == (0, 1)


def test_standard_input_is_read_where_a_file_could_be(
    pipeline: Pipeline, bounce: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = json.dumps(bounce).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert replay(pipeline, [STANDARD_INPUT]).new == 1


def test_a_bad_line_is_named_by_file_and_line(
    pipeline: Pipeline, tmp_path: Path, bounce: Json, logged: list[Any]
) -> None:
    # given a file whose second line is cut off
    file = tmp_path / "saved.jsonl"
    line = json.dumps(bounce)
    file.write_text(f"{line}\n{line[:300]}\n{line}\n")
    # when it is replayed
    stats = replay(pipeline, [str(file)])
    # then that line is named, and only that one refused
    assert [entry["at"] for entry in logged] == [f"{file}:2"]
    assert (stats.received, stats.refused.total()) == (3, 1)


def test_what_is_nobodys_event_is_refused_and_named(
    pipeline: Pipeline, tmp_path: Path, bounce: Json, logged: list[Any]
) -> None:
    file = tmp_path / "saved.jsonl"
    file.write_text(f'{{"AlarmName": "a", "NewStateValue": "OK"}}\n{json.dumps(bounce)}\n')
    stats = replay(pipeline, [str(file)])
    assert (stats.new, dict(stats.refused)) == (1, {"not an SES event": 1})
    assert [(entry["at"], entry["cause"]) for entry in logged] == [
        (f"{file}:1", "an alarm of CloudWatch")
    ]


def test_a_bad_line_is_never_quoted(
    pipeline: Pipeline, tmp_path: Path, bounce: Json, logged: list[Any]
) -> None:
    file = tmp_path / "saved.jsonl"
    file.write_text(json.dumps(bounce)[:300] + "\nHello gone@shop.example\n")
    replay(pipeline, [str(file)])
    assert logged
    assert "gone" not in str(logged)


def test_bytes_that_are_no_text_do_not_stop_a_replay(
    pipeline: Pipeline, store: Store, tmp_path: Path, bounce: Json
) -> None:
    # given an address with a byte in it that no UTF-8 has, and a good event
    odd = json.dumps(bounce).encode().replace(b"gone@shop", b"go\xffne@shop")
    odd = odd.replace(b"feed-0001", b"feed-0002")
    file = tmp_path / "saved.jsonl"
    file.write_bytes(odd + b"\n" + json.dumps(bounce).encode())
    # then the good one is heard, and the other recorded without an address
    replay(pipeline, [str(file)])
    assert len(store.address("gone@shop.example").suppressions) == 1
    assert len(store.address("").events) == 1


def test_progress_is_reported_in_bytes(pipeline: Pipeline, tmp_path: Path, bounce: Json) -> None:
    file = tmp_path / "saved.json"
    file.write_text(json.dumps(bounce) + "ü\n", encoding="utf-8")
    read: list[int] = []
    replay(pipeline, [str(file)], read.append)
    assert sum(read) == file.stat().st_size


def test_a_file_of_many_events_is_stored_in_several_transactions(
    pipeline: Pipeline, store: Store, tmp_path: Path, bounce: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suppression_ingest.replay.replay.BATCH", 2)
    file = tmp_path / "saved.jsonl"
    lines = [
        json.dumps(bounce | {"bounce": bounce["bounce"] | {"feedbackId": str(n)}}) for n in range(5)
    ]
    file.write_text("\n".join(lines))
    before = store.address("").revision
    assert replay(pipeline, [str(file)]).new == 5
    assert store.address("").revision == before + 3
