import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from deploy.local.aws import free_port
from suppression_service.store import Store
from tests.support.in_process_ingest import run_ingest
from tests.support.processes import BIN, run

INGEST = BIN / "suppression-ingest"
BounceOf = Callable[[str], str]


@pytest.fixture
def migrated_url(sqlite_url: str) -> str:
    Store.open(sqlite_url, migrate_first=True).close()
    return sqlite_url


def replayed(url: str, *arguments: str | Path, stdin: str = "") -> CompletedProcess[str]:
    return run_ingest(("replay", *arguments), {"SUPPRESSION_DATABASE_URL": url}, stdin)


def test_a_replay_of_sound_events_ends_with_0(
    migrated_url: str, tmp_path: Path, bounce_of: BounceOf
) -> None:
    file = tmp_path / "saved.jsonl"
    file.write_text("\n".join([bounce_of("a@x.example"), bounce_of("b@x.example")]))
    done = replayed(migrated_url, file)
    assert done.returncode == 0, done.stderr
    assert "2 new" in done.stdout


def test_a_replay_with_a_broken_line_ends_with_1_and_names_it(
    migrated_url: str, tmp_path: Path, bounce_of: BounceOf
) -> None:
    file = tmp_path / "saved.jsonl"
    file.write_text("\n".join([bounce_of("a@x.example"), "{", bounce_of("b@x.example")]))
    done = run([INGEST, "replay", file], {"SUPPRESSION_DATABASE_URL": migrated_url})
    assert done.returncode == 1
    assert f"{file}:2" in done.stderr
    assert "2 new" in done.stdout


def test_a_replay_verifies_signatures_unless_told_not_to(
    migrated_url: str, tmp_path: Path, bounce_of: BounceOf
) -> None:
    # given an envelope without a signature
    envelope = {
        "Type": "Notification",
        "MessageId": "1",
        "TopicArn": "arn:aws:sns:eu-west-1:123456789012:feedback",
        "Timestamp": "2026-03-02T09:30:06.000Z",
        "Message": bounce_of("a@x.example"),
    }
    file = tmp_path / "saved.json"
    file.write_text(json.dumps(envelope))
    # then it is refused, and taken when nobody is to look
    assert replayed(migrated_url, file).returncode == 1
    assert replayed(migrated_url, file, "--no-verify-signatures").returncode == 0


def test_a_replay_reads_standard_input(migrated_url: str, bounce_of: BounceOf) -> None:
    done = replayed(migrated_url, "-", stdin=bounce_of("a@x.example"))
    assert done.returncode == 0, done.stderr
    assert "1 new" in done.stdout


def test_a_file_that_is_not_there_is_said_before_anything_is_stored(
    migrated_url: str, tmp_path: Path, bounce_of: BounceOf
) -> None:
    file = tmp_path / "saved.json"
    file.write_text(bounce_of("a@x.example"))
    done = replayed(migrated_url, file, tmp_path / "missing.json")
    assert done.returncode == 2
    assert "missing.json" in done.stderr
    store = Store.open(migrated_url)
    assert store.address("a@x.example").events == []
    store.close()


UNUSABLE_DATABASES = {
    "without a schema": "sqlite:///{folder}/empty.db",
    "in a folder that is not there": "sqlite:///{folder}/none/list.db",
    "that nobody serves": "postgresql://user:secret@127.0.0.1:{port}/list",
    "of an engine that is not known": "mysql://user:secret@localhost/list",
    "that is no URL": "list",
}


@pytest.mark.parametrize("command", [["worker"], ["replay", "-"]], ids=lambda c: c[0])
@pytest.mark.parametrize("url", UNUSABLE_DATABASES.values(), ids=UNUSABLE_DATABASES)
def test_a_database_that_cannot_be_used_is_one_line(
    command: list[str], url: str, tmp_path: Path
) -> None:
    done = run_ingest(
        (*command,),
        {
            "SUPPRESSION_DATABASE_URL": url.format(folder=tmp_path, port=free_port()),
            "SUPPRESSION_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/feedback",
        },
    )
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) == 1
    assert "secret" not in done.stderr


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"SUPPRESSION_QUEUE_URL": "feedback"},
        {"SUPPRESSION_WAIT_SECONDS": "soon"},
        {"SUPPRESSION_TOPIC_ARNS": "feedback"},
    ],
    ids=str,
)
def test_a_wrong_setting_is_one_line_and_2(environment: dict[str, str]) -> None:
    done = run_ingest(("worker",), environment)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "SUPPRESSION_" in done.stderr


@pytest.mark.parametrize("command", ["worker", "replay"])
def test_the_help_shows_examples_and_environment_variables(command: str) -> None:
    done = run_ingest((command, "--help"), {})
    assert done.returncode == 0
    assert "Examples:" in done.stdout
    assert "SUPPRESSION_DATABASE_URL" in done.stdout


def test_rates_are_shown_of_what_was_replayed(
    migrated_url: str, tmp_path: Path, bounce_of: BounceOf
) -> None:
    (tmp_path / "saved.jsonl").write_text(bounce_of("a@x.example"))
    replayed(migrated_url, tmp_path / "saved.jsonl")
    environment = {"SUPPRESSION_DATABASE_URL": migrated_url}
    told = json.loads(run_ingest(("rates", "--days", "3650", "--json"), environment).stdout)
    assert told["total"]["hard_bounces"] == 1


def test_rates_without_any_mail_are_a_table(migrated_url: str) -> None:
    done = run_ingest(("rates",), {"SUPPRESSION_DATABASE_URL": migrated_url})
    assert (done.returncode, "bounce rate" in done.stdout) == (0, True)


def test_a_purge_says_what_it_has_forgotten(
    migrated_url: str, tmp_path: Path, bounce_of: BounceOf
) -> None:
    # given feedback that was received just now, so that there is nothing to forget
    (tmp_path / "saved.jsonl").write_text(bounce_of("a@x.example"))
    replayed(migrated_url, tmp_path / "saved.jsonl")
    done = run_ingest(("purge",), {"SUPPRESSION_DATABASE_URL": migrated_url})
    assert (done.returncode, "nothing is old enough" in done.stdout) == (0, True)
