import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from suppression_service.store import NewSuppression, Reason, Store
from tests.support.aws.account import PREFIX, SET, Account, day
from tests.support.aws.ses import Sent, Suppressed
from tests.support.in_process_ingest import run_ingest
from tests.support.processes import BIN, Processes

INGEST = BIN / "suppression-ingest"
README = Path(__file__).parents[4] / "README.md"
Command = Callable[..., CompletedProcess[str]]


@pytest.fixture
def command(account: Account, environment: dict[str, str], sqlite_url: str) -> Command:
    """Run a command in the account, on a database that is migrated."""
    Store.open(sqlite_url, migrate_first=True).close()

    def execute(*arguments: str, **settings: str) -> CompletedProcess[str]:
        database = {"SUPPRESSION_DATABASE_URL": sqlite_url}
        return run_ingest(arguments, environment | database | settings)

    return execute


@pytest.fixture
def store(command: Command, sqlite_url: str) -> Iterator[Store]:
    opened = Store.open(sqlite_url)
    yield opened
    opened.close()


def exported(output: str) -> dict[str, str]:
    return dict(re.findall(r"^export (\w+)=(\S+)$", output, re.MULTILINE))


# --- provision -----------------------------------------------------------------------------------


def test_the_settings_that_provision_prints_make_the_doctor_green(command: Command) -> None:
    provisioned = command("provision", "--configuration-set", SET)
    assert provisioned.returncode == 0, provisioned.stderr
    examined = command("doctor", **exported(provisioned.stdout))
    assert examined.returncode == 0, examined.stdout


def test_standard_output_holds_the_settings_alone(command: Command) -> None:
    done = command("provision", "--configuration-set", SET)
    assert all(line.startswith("export ") for line in done.stdout.splitlines())
    assert "+ topic" in done.stderr


def test_a_dry_run_shows_the_plan_and_does_nothing(command: Command, account: Account) -> None:
    done = command("provision", "--configuration-set", SET, "--dry-run")
    assert done.returncode == 0
    assert done.stdout.startswith("+ topic: ")
    assert done.stdout.endswith("14 to do\n")
    assert account.ses.configuration_sets == {}


def test_a_dry_run_of_what_is_there_has_nothing_to_do(wired: Account, command: Command) -> None:
    done = command("provision", "--configuration-set", SET, "--dry-run")
    assert done.stdout.endswith("nothing to do\n")


def test_a_refusal_half_way_says_that_it_may_be_run_again(
    command: Command, account: Account
) -> None:
    account.ses.denied["CreateConfigurationSet"] = "AccessDeniedException"
    done = command("provision", "--configuration-set", SET)
    assert done.returncode == 3
    assert "allow ses:CreateConfigurationSet" in done.stderr
    assert "run this again" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--configuration-set", "no set"],
        ["--configuration-set", SET, "--name", "no name"],
        [
            "--configuration-set",
            SET,
            "--alarm-topic-arn",
            f"arn:aws:sns:us-east-1:123456789012:{PREFIX}",
        ],
    ],
    ids=["no set", "a bad set", "a bad name", "alarms on the feedback"],
)
def test_a_wrong_wish_is_one_line_and_2(command: Command, arguments: list[str]) -> None:
    done = command("provision", *arguments)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


# --- doctor --------------------------------------------------------------------------------------


def test_a_failure_comes_with_its_fix_and_status_1(wired: Account, command: Command) -> None:
    wired.destination["Enabled"] = False
    done = command("doctor", "--configuration-set", SET, "--queue-url", wired.queue().url)
    assert done.returncode == 1
    assert re.search(r"^✗ FAIL +event destination +\S+ is disabled", done.stdout, re.MULTILINE)
    assert re.search(r"^ +fix: fix the topic's policy", done.stdout, re.MULTILINE)


def test_what_cannot_be_told_is_status_3(wired: Account, command: Command) -> None:
    wired.ses.denied["GetAccount"] = "AccessDeniedException"
    done = command(
        "doctor",
        SUPPRESSION_CONFIGURATION_SET=SET,
        SUPPRESSION_QUEUE_URL=wired.queue().url,
        SUPPRESSION_TOPIC_ARNS=wired.names.topic_arn,
    )
    assert done.returncode == 3, done.stdout
    assert "allow ses:GetAccount" in done.stdout


def test_json_is_all_that_is_printed(wired: Account, command: Command) -> None:
    done = command("doctor", "--json")
    document = json.loads(done.stdout)
    assert document["exit_status"] == done.returncode == 1


def test_a_probe_without_a_sender_is_one_line_and_2(command: Command) -> None:
    done = command("doctor", "--probe")
    assert done.returncode == 2
    assert "--from" in done.stderr


def bounce(sent: Sent) -> str:
    """What SES publishes about a message to its simulator."""
    recipient = {"emailAddress": sent.to, "action": "failed", "status": "5.1.1"}
    return json.dumps(
        {
            "eventType": "Bounce",
            "bounce": {
                "feedbackId": sent.message_id,
                "bounceType": "Permanent",
                "bounceSubType": "General",
                "bouncedRecipients": [recipient],
                "timestamp": "2026-03-02T09:30:06.000Z",
            },
            "mail": {
                "messageId": sent.message_id,
                "timestamp": "2026-03-02T09:30:05.000Z",
                "source": sent.sender,
                "destination": [sent.to],
                "tags": {"ses:configuration-set": [sent.configuration_set]},
            },
        }
    )


def bounce_all_mail_of(account: Account, sender: str) -> None:
    """Have SES know a sender, and bounce what it is given to send."""

    def publish(sent: Sent) -> None:
        for destination in account.ses.configuration_sets[
            sent.configuration_set
        ].destinations.values():
            topic = destination["SnsDestination"]["TopicArn"]
            account.aws.sns.publish(TopicArn=topic, Message=bounce(sent))

    account.ses.identities.append(sender)
    account.ses.on_send = publish


@pytest.fixture
def ready_to_probe(wired: Account) -> dict[str, str]:
    """The settings of a wired account whose SES bounces what it is given to send."""
    bounce_all_mail_of(wired, "news@x.example")
    return {
        "SUPPRESSION_CONFIGURATION_SET": SET,
        "SUPPRESSION_QUEUE_URL": wired.queue().url,
        "SUPPRESSION_TOPIC_ARNS": wired.names.topic_arn,
    }


def test_a_probe_is_followed_to_the_list(
    ready_to_probe: dict[str, str],
    command: Command,
    environment: dict[str, str],
    sqlite_url: str,
    processes: Processes,
) -> None:
    # Given a worker
    settings = {**environment, **ready_to_probe, "SUPPRESSION_DATABASE_URL": sqlite_url}
    worker = processes.start("worker", [INGEST, "worker"], settings)
    worker.line("started")
    # When the doctor probes
    done = command("doctor", "--probe", "--from", "news@x.example", **ready_to_probe)
    # Then the bounce came all the way.
    assert done.returncode == 0, done.stdout
    assert re.search(r"✓ ok +probe +the bounce was stored \d+ s after", done.stdout)


def test_the_commands_of_the_readme_lead_from_an_empty_account_to_a_bounce(
    account: Account, environment: dict[str, str], tmp_path: Path, processes: Processes
) -> None:
    bounce_all_mail_of(account, "news@example.com")
    blocks = re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    [commands] = [block for block in blocks if "provision" in block]
    script = f"set -e; cd {tmp_path}\n{commands.replace('eu-west-1', 'us-east-1')}"
    settings = {"PATH": f"{BIN}:{os.environ['PATH']}", "SUPPRESSION_LISTEN": "127.0.0.1:0"}
    typed = processes.start("readme", ["bash", "-c", script], {**environment, **settings})
    for line in ("14 to do", "schema new", "the bounce was stored"):
        typed.line(line)


def test_a_probe_without_a_worker_says_that_the_bounce_waits(
    ready_to_probe: dict[str, str], command: Command
) -> None:
    done = command(
        "doctor", "--probe", "--from", "news@x.example", "--probe-seconds", "1", **ready_to_probe
    )
    assert done.returncode == 1
    assert "1 wait in the queue" in done.stdout
    assert "fix: start suppression-ingest worker" in done.stdout


def test_a_probe_from_an_unverified_address_says_so(
    ready_to_probe: dict[str, str], command: Command
) -> None:
    done = command("doctor", "--probe", "--from", "nobody@x.example", **ready_to_probe)
    assert done.returncode == 1
    assert "Email address is not verified" in done.stdout


# --- sync ----------------------------------------------------------------------------------------


def listed(account: Account, *addresses: str) -> None:
    account.ses.suppressed |= {address: Suppressed("BOUNCE", day(1)) for address in addresses}


def suppressed(store: Store, address: str) -> None:
    with store.write() as transaction:
        transaction.suppress([NewSuppression(address, Reason.COMPLAINT)])


def test_a_synchronisation_goes_both_ways_and_says_what_it_did(
    command: Command, account: Account, store: Store
) -> None:
    listed(account, "jane@x.example", "mary@x.example")
    suppressed(store, "june@x.example")
    done = command("sync")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "123456789012/us-east-1: 2 read, 0 known",
        "  2 only at SES",
        "  1 only in our list",
        "  2 added to our list",
        "  1 written to SES",
    ]
    assert store.address("jane@x.example").suppressions
    assert account.ses.suppressed["june@x.example"].reason == "COMPLAINT"


def test_lists_that_differ_are_status_1_in_a_report(
    command: Command, account: Account, store: Store
) -> None:
    listed(account, "jane@x.example")
    suppressed(store, "june@x.example")
    done = command("sync", "--report", "--json", "--show", "5")
    assert done.returncode == 1
    [found] = json.loads(done.stdout)["lists"]
    assert (found["account"], found["region"], found["tenant"]) == ("123456789012", "us-east-1", "")
    assert (found["differing"]["only_at_ses"], found["differing"]["only_here"]) == (1, 1)
    assert found["examples"] == {"only_at_ses": ["j***@x***"], "only_here": ["j***@x***"]}


def test_lists_that_do_not_differ_are_status_0_in_a_report(command: Command) -> None:
    assert command("sync", "--report").returncode == 0


def test_every_address_that_differs_is_written_to_a_file_of_the_owner(
    command: Command, account: Account, tmp_path: Path
) -> None:
    listed(account, "jane@x.example", "june@x.example")
    file = tmp_path / "drift.csv"
    command("sync", "--report", "--addresses", str(file))
    assert file.read_text().splitlines() == [
        "account,region,tenant,stream,difference,address",
        "123456789012,us-east-1,,,only_at_ses,jane@x.example",
        "123456789012,us-east-1,,,only_at_ses,june@x.example",
    ]
    assert file.stat().st_mode & 0o777 == 0o600


def test_addresses_that_ses_refuses_are_counted_masked_and_status_1(
    command: Command, account: Account, store: Store
) -> None:
    suppressed(store, "june@x.example")
    account.ses.unacceptable.add("june@x.example")
    done = command("sync", "--show", "5")
    assert done.returncode == 1, done.stderr
    assert "  1 refused by SES, which lists no such addresses\n    j***@x***" in done.stdout
    assert "june@" not in done.stdout + done.stderr


def test_an_account_that_fails_is_status_3_and_the_others_are_synchronised(
    command: Command, account: Account, store: Store
) -> None:
    listed(account, "jane@x.example")
    done = command("sync", "--ses-accounts", "nobody@us-east-1,eu-west-1")
    assert done.returncode == 3
    assert "not finished: boto3 refuses its settings" in done.stdout
    assert "123456789012/eu-west-1: 1 read" in done.stdout
    assert store.address("jane@x.example").suppressions


def test_a_role_in_another_account_is_assumed(command: Command) -> None:
    role = "arn:aws:iam::210987654321:role/suppression-sync"
    done = command("sync", "--ses-accounts", f"{role}@eu-west-1")
    assert done.returncode == 0, done.stderr
    assert "210987654321/eu-west-1: 0 read" in done.stdout


def test_the_lists_of_tenants_are_synchronised_with_their_streams(
    command: Command, account: Account, store: Store
) -> None:
    account.ses.tenants["shop"] = {"jane@x.example": Suppressed("BOUNCE", day(1))}
    done = command("sync", "--rate", "100", SUPPRESSION_TENANT_STREAMS="shop=shop-mail")
    assert "123456789012/us-east-1/shop, stream shop-mail: 1 read" in done.stdout
    [entry] = store.address("jane@x.example").suppressions
    assert entry.stream == "shop-mail"


def test_a_run_that_a_signal_ends_is_continued_by_the_next(
    command: Command,
    account: Account,
    environment: dict[str, str],
    sqlite_url: str,
    processes: Processes,
) -> None:
    # Given a run that is interrupted while it waits for its second page
    account.ses.page = 1
    listed(account, *(f"{number}@x.example" for number in range(1_000)))
    settings = {**environment, "SUPPRESSION_DATABASE_URL": sqlite_url}
    first = processes.start("sync", [INGEST, "sync"], settings)
    account.ses.wait_for("ListSuppressedDestinations")
    first.send(signal.SIGINT)
    assert first.ended() == 130
    assert "run it again to continue where it stopped" in first.output
    # When it is run again
    account.ses.page = 1_000
    second = command("sync")
    # Then it goes on after what was stored.
    assert second.returncode == 0, second.stderr
    assert re.search(r"us-east-1: 99\d read", second.stdout)


def test_it_goes_on_until_a_signal_comes(
    account: Account,
    store: Store,
    environment: dict[str, str],
    sqlite_url: str,
    processes: Processes,
) -> None:
    # Given a synchronisation that goes on, and has had its first round
    settings = {**environment, "SUPPRESSION_DATABASE_URL": sqlite_url}
    settings["SUPPRESSION_METRICS_LISTEN"] = "127.0.0.1:0"
    running = processes.start("sync", [INGEST, "sync", "--every", "1s"], settings)
    running.line("synchronised")
    # When SES lists an address
    listed(account, "jane@x.example")
    # Then the next round adds it, and shows so; and a signal ends it in good order.
    running.line("added=1")
    assert store.address("jane@x.example").suppressions
    running.send(signal.SIGTERM)
    assert running.ended() == 0


@pytest.mark.parametrize(
    "options",
    [
        ["--since", "2026-01-01"],
        ["--direction", "pull", "--removed-here", "remove"],
        ["--direction", "push", "--removed-at-ses", "remove"],
        ["--direction", "pull", "--removed-at-ses", "restore"],
        ["--every", "hourly"],
        ["--every", "1h", "--json"],
    ],
    ids=" ".join,
)
def test_options_that_contradict_each_other_are_refused(
    command: Command, options: list[str]
) -> None:
    assert command("sync", *options).returncode == 2


@pytest.mark.parametrize("name", ["provision", "doctor", "sync"])
def test_the_help_shows_examples_on_lines_of_their_own(command: Command, name: str) -> None:
    done = command(name, "--help")
    assert done.returncode == 0
    assert re.search(rf"^    suppression-ingest {name}", done.stdout, re.MULTILINE)
