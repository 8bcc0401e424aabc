"""A real Prometheus scrapes real processes: the metrics of alerts and dashboard exist."""

import contextlib
import json
import os
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from deploy.local.aws import StandIn, free_port
from suppression_service.store import Store
from tests.support.prerequisites import missing
from tests.support.processes import BIN, Process, Processes, eventually
from tests.support.system import System

Json = dict[str, Any]
REPOSITORY = Path(__file__).parents[2]
MONITORING = REPOSITORY / "deploy" / "monitoring"
BOUNCE = json.loads((REPOSITORY / "tests" / "data" / "ses" / "bounce-event.json").read_text())
SHOWN = {"SUPPRESSION_METRICS_LISTEN": "127.0.0.1:0"}

# Few ports and one start for all of it.
pytestmark = pytest.mark.xdist_group("metrics")


def shown_at(process: Process) -> str:
    return process.line(r"metrics shown.*?(127\.0\.0\.1:\d+)")[1]


class Watched:
    """A service of two processes, an ingest worker and a webhook, each with its metrics."""

    def __init__(self, system: System, folder: Path) -> None:
        self.system = system
        # Those that are killed leave a folder behind: not in everybody's.
        system.environment["TMPDIR"] = str(folder)
        listens = {
            "SUPPRESSION_WEBHOOK_LISTEN": "127.0.0.1:0",
            "SUPPRESSION_WEBHOOK_PROCESSES": "2",
        }
        hook = {**system.environment, **SHOWN, **listens}
        # Not waited for: the others start meanwhile.
        webhook = system.processes.start("webhook", [BIN / "suppression-ingest", "webhook"], hook)
        self.server = system.start_server(**SHOWN, SUPPRESSION_PROCESSES="2")
        worker = system.start_worker(**SHOWN)
        parts = {"service": self.server, "worker": worker, "webhook": webhook}
        self.at = {name: shown_at(process) for name, process in parts.items()}
        self.webhook_at = webhook.line(r"started.*listen=(\S+)")[1]

    def text(self, name: str) -> str:
        return httpx.get(f"http://{self.at[name]}/metrics", trust_env=False).text

    def value(self, name: str, metric: str, **labels: str) -> float:
        """Return the sum of the samples of a metric that have these labels."""
        return sum(
            sample.value
            for family in text_string_to_metric_families(self.text(name))
            for sample in family.samples
            if sample.name == metric and labels.items() <= sample.labels.items()
        )


@pytest.fixture(scope="module")
def watched(stand_in: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("watched")
    url = f"sqlite:///{folder / 'suppression.db'}"
    Store.open(url, migrate_first=True).close()
    with Processes(folder / "logs") as processes:
        wiring = stand_in.wire(folder.name, visibility_seconds=1, max_receive_count=1)
        stand_in.sqs.send_message(QueueUrl=wiring.dead_letter_url, MessageBody="given up")
        watched = Watched(System(processes, url, stand_in, wiring, folder), folder)
        # Something of everything: a bounce, a broken message, a check, a batch.
        watched.system.publish(BOUNCE)
        watched.system.send("{")
        watched.system.settle()
        with watched.system.client() as client:
            stored = client.get_address("gone@shop.example").revision
            client.check("jane@example.com")
            client.filter(["gone@shop.example", "no address"], min_revision=stored)
        handled = "grpc_server_handled_total"
        eventually("the calls are reported", lambda: watched.value("service", handled) == 3)
        yield watched


@pytest.fixture(scope="module")
def prometheus(watched: Watched, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Prometheus with the example's configuration, faster and at our ports."""
    if not (program := shutil.which("prometheus")):
        missing("prometheus", "on Debian it is in the package of that name")
    folder = tmp_path_factory.mktemp("prometheus")
    configuration = (MONITORING / "prometheus.yaml").read_text().replace("15s", "1s")
    targets = [watched.at["service"], watched.at["worker"], watched.at["webhook"]]
    for port, target in zip(("9464", "9465", "9466"), targets, strict=True):
        configuration = configuration.replace(f"127.0.0.1:{port}", target)
    rules = str(MONITORING / "alerts.yaml")
    (folder / "prometheus.yaml").write_text(configuration.replace("alerts.yaml", rules))
    listen = f"127.0.0.1:{free_port()}"
    with Processes(folder / "logs") as processes:
        command = [
            program,
            f"--config.file={folder / 'prometheus.yaml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={listen}",
        ]
        # It names who built it.
        started = processes.start("prometheus", command, may_show_addresses=True)
        started.line("ready to receive web requests")
        yield f"http://{listen}/api/v1"


def asked(url: str, **parameters: str) -> Any:
    """Ask Prometheus; return what it answers."""
    answer = httpx.get(url, params=parameters, trust_env=False, timeout=30).json()
    assert answer["status"] == "success", answer
    return answer["data"]


def expressions() -> dict[str, str]:
    """Every expression of the dashboard and the rules, by panel or rule."""
    panels = json.loads((MONITORING / "dashboard.json").read_text())["panels"]
    found = {
        f"{panel['title']} {target['refId']}": target["expr"].replace("$__rate_interval", "1m")
        for panel in panels
        for target in panel.get("targets", ())
    }
    groups = yaml.safe_load((MONITORING / "alerts.yaml").read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    return found | {rule.get("alert") or rule["record"]: rule["expr"] for rule in rules}


def families(text: str) -> dict[str, tuple[str, str]]:
    """Kind and description by name, of what a port shows."""
    described = dict(re.findall(r"^# HELP (\S+) (.*)$", text, re.MULTILINE))
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    return {name: (kind, described[name]) for name, kind in kinds.items()}


def documented(title: str) -> dict[str, tuple[str, str]]:
    """Kind and description by name, of a table in docs/reference/metrics.md."""
    text = (REPOSITORY / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8")
    section = re.split(
        r"^## ", text.partition(f"\n## {title}\n")[2], maxsplit=1, flags=re.MULTILINE
    )[0]
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|[^|]*\| (.*) \|$", section, re.MULTILINE)
    return {name: (kind, what) for name, kind, what in rows}


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("service", "The service"),
        ("worker", "The ingest worker"),
        ("webhook", "The webhook"),
    ],
)
def test_the_list_of_metrics_is_what_is_shown(watched: Watched, name: str, title: str) -> None:
    wanted = documented(title) | documented("Every port")
    assert wanted
    # What takes a while to find out is shown once it is found.
    with contextlib.suppress(AssertionError):
        eventually("all is shown", lambda: wanted.keys() <= families(watched.text(name)).keys(), 10)
    assert families(watched.text(name)) == wanted


def test_the_dashboard_and_the_alerts_speak_of_metrics_that_are_shown(watched: Watched) -> None:
    used = {
        metric
        for expression in expressions().values()
        for metric in re.findall(r"\b(?:suppression|grpc_server)_\w+", expression)
    }
    texts = [watched.text(name) for name in watched.at]
    shown = {name for text in texts for name in families(text)}
    shown |= set(re.findall(r"^(\w+)[{ ]", "\n".join(texts), re.MULTILINE))
    # A synchronisation has no part in this; a unit test compares it with the page.
    shown |= documented("Synchronisation").keys()
    assert used
    assert used - shown == set()


def test_prometheus_scrapes_every_part(prometheus: str) -> None:
    def up() -> bool:
        values = [each["value"][1] for each in asked(f"{prometheus}/query", query="up")["result"]]
        return values == ["1", "1", "1"]

    eventually("three targets are up", up)


def test_prometheus_takes_every_rule(prometheus: str) -> None:
    def evaluated() -> list[Json]:
        groups = asked(f"{prometheus}/rules")["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        return rules if all(rule["health"] != "unknown" for rule in rules) else []

    rules = eventually("all rules were evaluated", evaluated)
    assert {
        rule["name"]: rule.get("lastError", "") for rule in rules if rule["health"] != "ok"
    } == {}
    assert {rule["name"] for rule in rules} == {
        name for name in expressions() if name.startswith(("Suppression", "suppression:"))
    }


def test_every_panel_of_the_dashboard_has_something_to_show(prometheus: str) -> None:
    # TLS is off here, and rates have a value from a thousand sends on.
    silent = {"Certificate expires in A", "Bounce rate A", "Complaint rate A"}
    panels = {
        name: expression
        for name, expression in expressions().items()
        if re.search(r" [A-Z]$", name) and name not in silent
    }

    def empty() -> set[str]:
        return {
            name
            for name, expression in panels.items()
            if not asked(f"{prometheus}/query", query=expression)["result"]
        }

    try:
        eventually("every panel shows something", lambda: not empty())
    except AssertionError:
        raise AssertionError(empty()) from None


def test_an_alert_rings_for_what_was_given_up(prometheus: str, watched: Watched) -> None:
    def ringing() -> set[str]:
        alerts = asked(f"{prometheus}/alerts")["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}

    eventually("the alert rings", lambda: "SuppressionDeadLetters" in ringing())


def test_verdicts_are_counted_by_reason_and_call(watched: Watched) -> None:
    verdicts = {
        (method, reason): watched.value(
            "service", "suppression_verdicts_total", grpc_method=method, reason=reason
        )
        for method in ("CheckAddress", "BatchCheck")
        for reason in ("none", "hard_bounce", "invalid_address")
    }
    assert {asked: count for asked, count in verdicts.items() if count} == {
        ("CheckAddress", "none"): 1,
        ("BatchCheck", "hard_bounce"): 1,
        ("BatchCheck", "invalid_address"): 1,
    }


def test_a_bounce_is_counted_as_one_piece_of_feedback(watched: Watched) -> None:
    messages, pieces = "suppression_ingest_messages_total", "suppression_ingest_feedback_total"
    assert watched.value("worker", messages, kind="bounce", outcome="new") == 1
    assert watched.value("worker", messages, kind="none", outcome="malformed") == 1
    assert watched.value("worker", pieces, outcome="new") == len(
        BOUNCE["bounce"]["bouncedRecipients"]
    )


def test_posts_to_all_workers_of_a_webhook_are_counted_together(watched: Watched) -> None:
    for _ in range(4):
        httpx.post(f"http://{watched.webhook_at}/sns", content=b"{", trust_env=False)
    name, broken = "suppression_ingest_messages_total", "malformed"
    eventually("all posts are counted", lambda: watched.value("webhook", name, outcome=broken) == 4)


def test_no_address_is_shown(watched: Watched) -> None:
    for name in watched.at:
        assert "@" not in watched.text(name)
        assert "shop.example" not in watched.text(name)


def test_no_counter_falls_and_no_state_stays_when_a_worker_is_killed(watched: Watched) -> None:
    # Given counts, of which each of two processes has a part
    def both_report() -> bool:
        return watched.value("service", "suppression_serving") == 2

    eventually("both workers report", both_report)
    counted = ["grpc_server_handled_total", "grpc_server_handling_seconds_count"]
    before = [watched.value("service", name) for name in counted]
    # When both are killed
    for worker in serving_workers(watched.server):
        os.kill(worker, signal.SIGKILL)
    eventually(
        "they are replaced",
        lambda: watched.value("service", "suppression_processes_replaced_total") == 2,
    )
    # Then nothing that was counted is lost, and the new ones alone have states.
    assert [watched.value("service", name) for name in counted] == before
    eventually("both workers report", both_report)
    with watched.system.client() as client:
        client.check("jane@example.com")
    eventually(
        "what is counted adds up",
        lambda: watched.value("service", counted[0]) == before[0] + 1,
    )


def serving_workers(server: Process) -> list[int]:
    """The processes of the server."""
    return [each.pid for each in psutil.Process(server.pid).children()]


def test_a_metrics_port_in_use_is_one_line_and_a_status(
    watched: Watched, processes: Processes
) -> None:
    listens = {"SUPPRESSION_METRICS_LISTEN": watched.at["service"]}
    taken = {**watched.system.environment, **listens, "SUPPRESSION_LISTEN": "127.0.0.1:0"}
    again = [
        processes.start("again", [BIN / command, what], taken)
        for command, what in (("suppression-service", "serve"), ("suppression-ingest", "worker"))
    ]
    for process in again:
        assert process.ended() == 3
        assert re.search(f"cannot listen on {watched.at['service']}: .*in use", process.output)
        assert "Traceback" not in process.output
