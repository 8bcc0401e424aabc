"""What Docker Compose would say to its file, and whether it knows the programs."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from suppression_ingest.account_list.settings import SYNC
from suppression_ingest.webhook.server import GRACE_SECONDS, STOP_SECONDS
from suppression_service.server.processes import KILL_AFTER
from suppression_service.server.settings import ServiceSettings
from tests.support import programs
from tests.support.processes import BIN, run

FILE = Path(__file__).parents[3] / "deploy" / "compose.yaml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
OURS = ["migrate", "service", "worker", "webhook", "sync", "console"]
#: Variables that the user must set, since a program does not start without them.
TOLD = {"SUPPRESSION_TOPIC_ARNS": "arn:aws:sns:eu-west-1:123456789012:ses-feedback"}
#: What the webhook's settings have for the worker's sake, and what is for the proxy in front.
OF_THE_WORKER = {
    "SUPPRESSION_QUEUE_URL",
    "SUPPRESSION_PUBLISH_RATES",
    "SUPPRESSION_EVENT_RETENTION",
    "SUPPRESSION_STATISTICS_RETENTION",
    "SUPPRESSION_BATCH_SIZE",
    "SUPPRESSION_WAIT_SECONDS",
}
OF_TLS = {"SUPPRESSION_WEBHOOK_TLS_CERTIFICATE", "SUPPRESSION_WEBHOOK_TLS_KEY"}
CHECK: list[str | Path] = [BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec"]


def test_the_file_has_the_fields_of_the_specification_and_no_others() -> None:
    done = run([*CHECK, FILE])
    assert done.returncode == 0, done.stdout


def test_a_field_that_there_is_not_would_be_noticed(tmp_path: Path) -> None:
    wrong = tmp_path / "compose.yaml"
    wrong.write_text(FILE.read_text().replace("    healthcheck:", "    helthcheck:"))
    assert "helthcheck" in run([*CHECK, wrong]).stdout


@pytest.mark.parametrize("name", OURS)
def test_every_setting_is_one_of_the_program(name: str) -> None:
    container = COMPOSE["services"][name]
    ours = {each for each in container["environment"] if each.startswith("SUPPRESSION_")}
    assert ours <= programs.settings(*container["command"])


def test_every_setting_of_the_synchronisation_reaches_it() -> None:
    container = COMPOSE["services"]["sync"]
    settings = {f"SUPPRESSION_{name.upper()}" for name in SYNC} - {"SUPPRESSION_METRICS_LISTEN"}
    assert settings <= set(container["environment"])


@pytest.mark.parametrize("name", ["worker", "webhook"])
def test_every_setting_of_ingest_reaches_it(name: str) -> None:
    container = COMPOSE["services"][name]
    # One is for stand-ins of SNS; the other needs a port that the file does not open.
    left_out = {"SUPPRESSION_CERTIFICATE_ENDPOINT", "SUPPRESSION_METRICS_LISTEN"}
    if name == "webhook":
        left_out |= OF_THE_WORKER | OF_TLS
    assert programs.settings(*container["command"]) - left_out <= set(container["environment"])


@pytest.mark.parametrize("name", OURS)
def test_the_program_takes_the_settings_that_it_is_given(name: str) -> None:
    container = COMPOSE["services"][name]
    # The user sets the others, so this test does not check them.
    given = {k: v for k, v in container["environment"].items() if not v.startswith("${")}
    assert programs.takes(container["command"], given | TOLD)


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_one_of_the_program(name: str) -> None:
    assert programs.knows(*COMPOSE["services"][name]["command"])


def test_the_server_is_asked_for_its_health_by_a_command_of_the_program() -> None:
    kind, *command = COMPOSE["services"]["service"]["healthcheck"]["test"]
    assert kind == "CMD"
    assert programs.knows(*command)


def test_servers_are_reached_from_this_machine_alone() -> None:
    ports = [port for each in COMPOSE["services"].values() for port in each.get("ports", [])]
    assert ports == [
        "127.0.0.1:50051:50051",
        "127.0.0.1:8090:8090",
        "127.0.0.1:8080:8080",
    ]


def test_some_run_only_where_they_are_asked_for() -> None:
    asked_for = {name for name, each in COMPOSE["services"].items() if "profiles" in each}
    assert asked_for == {"webhook", "sync", "console"}


def test_the_server_has_all_the_time_that_it_may_take_to_stop() -> None:
    default = ServiceSettings()
    assert grace("service") > default.drain_seconds + default.grace_seconds + KILL_AFTER


def test_the_webhook_has_all_the_time_that_it_may_take_to_stop() -> None:
    assert grace("webhook") > GRACE_SECONDS + STOP_SECONDS


def grace(name: str) -> int:
    """Return the seconds that a container has to stop."""
    text = COMPOSE["services"][name]["stop_grace_period"]
    return int(re.fullmatch(r"(\d+)s", text)[1])  # type: ignore[index]
