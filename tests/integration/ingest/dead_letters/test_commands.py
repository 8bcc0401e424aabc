import json
import stat
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.support.feedback import Feedback
from tests.support.in_process_ingest import run_ingest
from tests.support.processes import BIN, eventually, run

Json = dict[str, Any]
BounceOf = Callable[[str], str]


class Dead:
    """A dead-letter queue, what is put into it, and the command that looks at it."""

    def __init__(self, feedback: Feedback) -> None:
        self.feedback = feedback
        self.sqs = feedback.stand_in.sqs

    def put(self, *bodies: str) -> None:
        """Give messages up."""
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.feedback.wiring.dead_letter_url, MessageBody=body)

    def signed(self, message: str) -> str:
        """Return what SNS makes of a message."""
        url = self.feedback.wiring.queue_url
        self.feedback.publish(message)
        [received] = self.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=received["ReceiptHandle"])
        return received["Body"]

    def run(self, *arguments: str | Path, **environment: str) -> CompletedProcess[str]:
        settings = {
            **self.feedback.stand_in.environment,
            "SUPPRESSION_QUEUE_URL": self.feedback.wiring.queue_url,
            "SUPPRESSION_TOPIC_ARNS": self.feedback.wiring.topic_arn,
            "SUPPRESSION_DATABASE_URL": self.feedback.database_url,
        }
        return run_ingest(("dead-letters", *arguments), settings | environment)

    def visible(self) -> int:
        """How many messages the queue would give out now."""
        answer = self.sqs.get_queue_attributes(
            QueueUrl=self.feedback.wiring.dead_letter_url, AttributeNames=["All"]
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])


@pytest.fixture
def dead(feedback: Feedback) -> Dead:
    return Dead(feedback)


# --- list --------------------------------------------------------------------------------------


def test_a_list_of_nothing_ends_with_0(dead: Dead) -> None:
    done = dead.run("list")
    assert done.returncode == 0, done.stderr
    assert "0 shown" in done.stdout


def test_each_letter_is_listed_with_its_reason(dead: Dead, bounce_of: BounceOf) -> None:
    # given a letter that is broken, one that is forged, one of another topic, and a good one
    sound = dead.signed(bounce_of("jane@shop.example"))
    forged: Json = json.loads(sound)
    foreign = forged | {"TopicArn": "arn:aws:sns:us-east-1:123456789012:another"}
    dead.put("{", json.dumps(forged | {"Message": "Hello"}), json.dumps(foreign), sound)
    # when they are listed for a program
    done = dead.run("list", "--json")
    # then each has its reason
    assert done.returncode == 1, done.stderr
    results = [letter["result"] for letter in json.loads(done.stdout)["messages"]]
    assert sorted(results) == ["accepted", "foreign topic", "forged", "malformed"]


def test_a_letter_is_listed_with_its_kind_and_masked_addresses(
    dead: Dead, bounce_of: BounceOf
) -> None:
    dead.put(dead.signed(bounce_of("jane@shop.example")))
    [letter] = json.loads(dead.run("list", "--json").stdout)["messages"]
    assert (letter["kind"], letter["recipients"]) == ("Bounce", ["j***@s***"])


@pytest.mark.parametrize("form", [[], ["--json"]], ids=str)
def test_no_address_is_listed_in_full(dead: Dead, bounce_of: BounceOf, form: list[str]) -> None:
    bounce = bounce_of("jane@shop.example")
    dead.put(dead.signed(bounce), bounce, bounce[:-4], json.dumps({"eventType": bounce}))
    done = dead.run("list", *form)
    assert "shop.example" not in done.stdout + done.stderr


def test_listed_letters_stay_to_be_seen_by_others(dead: Dead) -> None:
    dead.put(*(f"broken {n}" for n in range(25)))
    dead.run("list")
    assert dead.visible() == 25


def test_a_list_stores_nothing(dead: Dead, bounce_of: BounceOf, feedback: Feedback) -> None:
    dead.put(dead.signed(bounce_of("jane@shop.example")))
    dead.run("list")
    assert feedback.occurrences("jane@shop.example") == []


def test_a_list_ends_at_its_limit_and_tells_how_many_are_left(dead: Dead) -> None:
    dead.put(*(f"broken {n}" for n in range(13)))
    done = dead.run("list", "--limit", "11")
    assert done.stdout.splitlines()[-1] == "11 shown, about 2 more in the queue"


def test_the_queue_may_be_named(dead: Dead) -> None:
    dead.put("broken")
    url = dead.feedback.wiring.dead_letter_url
    done = dead.run("list", "--dead-letter-queue-url", url, SUPPRESSION_QUEUE_URL="")
    assert "1 shown" in done.stdout


def test_a_queue_without_dead_letters_is_one_line_and_2(dead: Dead) -> None:
    done = dead.run("list", SUPPRESSION_QUEUE_URL=dead.feedback.wiring.dead_letter_url)
    assert done.returncode == 2
    assert "no dead-letter queue" in done.stderr


def test_without_any_queue_it_is_one_line_and_2(dead: Dead) -> None:
    done = dead.run("list", SUPPRESSION_QUEUE_URL="")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_a_queue_that_does_not_exist_is_one_line_and_3(dead: Dead) -> None:
    done = dead.run("list", SUPPRESSION_QUEUE_URL=dead.feedback.wiring.queue_url + "-none")
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) == 1


# --- redrive -----------------------------------------------------------------------------------


def test_letters_that_are_sent_back_reach_the_list(
    dead: Dead, bounce_of: BounceOf, feedback: Feedback
) -> None:
    # given good letters
    addresses = [f"jane{n}@shop.example" for n in range(12)]
    dead.put(*(dead.signed(bounce_of(address)) for address in addresses))
    # when they are sent back, and a worker gets them
    done = dead.run("redrive", "--json")
    feedback.start_worker()
    # then all are listed, and none is left
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["moved"] == 12
    for address in addresses:
        feedback.wait_until_listed(address)
    assert feedback.dead() == 0


def test_a_redrive_says_how_it_was_done(dead: Dead) -> None:
    dead.put("broken")
    assert "one by one" in dead.run("redrive").stdout


def test_a_redrive_of_nothing_ends_with_0(dead: Dead) -> None:
    assert dead.run("redrive").returncode == 0


# --- save --------------------------------------------------------------------------------------


def test_saved_letters_can_be_replayed(
    dead: Dead, bounce_of: BounceOf, feedback: Feedback, tmp_path: Path
) -> None:
    # given good letters in a file
    dead.put(*(dead.signed(bounce_of(f"jane{n}@shop.example")) for n in range(3)))
    file = tmp_path / "dead.jsonl"
    assert dead.run("save", file).returncode == 0
    # when it is replayed
    settings = {
        **feedback.stand_in.environment,
        "SUPPRESSION_DATABASE_URL": feedback.database_url,
        "SUPPRESSION_TOPIC_ARNS": feedback.wiring.topic_arn,
    }
    done = run([BIN / "suppression-ingest", "replay", file], settings)
    # then all are listed
    assert "3 new" in done.stdout, done.stderr


def test_saved_letters_stay_in_the_queue(dead: Dead, tmp_path: Path) -> None:
    dead.put(*(f"broken {n}" for n in range(13)))
    done = dead.run("save", tmp_path / "dead.jsonl")
    assert "13 saved, 0 deleted" in done.stdout
    assert dead.visible() == 13


def test_saved_letters_leave_the_queue_if_asked_to(
    dead: Dead, tmp_path: Path, feedback: Feedback
) -> None:
    dead.put(*(f"broken {n}" for n in range(13)))
    file = tmp_path / "dead.jsonl"
    done = dead.run("save", file, "--delete")
    assert done.returncode == 0
    assert feedback.dead() == 0
    assert len(file.read_text().splitlines()) == 13


def test_a_file_that_is_there_is_not_written_over(dead: Dead, tmp_path: Path) -> None:
    # given a file, and a letter
    file = tmp_path / "dead.jsonl"
    file.write_text("precious")
    dead.put("broken")
    # then nothing is saved into it, or deleted
    assert dead.run("save", file, "--delete").returncode == 2
    assert file.read_text() == "precious"
    eventually("the letter is there", lambda: dead.visible() == 1)


def test_only_its_owner_may_read_the_file(dead: Dead, tmp_path: Path) -> None:
    dead.put("broken")
    file = tmp_path / "dead.jsonl"
    dead.run("save", file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("command", ["list", "redrive", "save"])
def test_the_help_shows_an_example(command: str) -> None:
    done = run_ingest(("dead-letters", command, "--help"), {})
    assert f"dead-letters {command}" in done.stdout
