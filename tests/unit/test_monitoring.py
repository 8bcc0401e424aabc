"""What deploy/monitoring holds, against the pages that it points at."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).parents[2]
MONITORING = REPOSITORY / "deploy" / "monitoring"
PAGE = REPOSITORY / "docs" / "how-to" / "alerts.md"


def alerts() -> dict[str, Any]:
    groups = yaml.safe_load((MONITORING / "alerts.yaml").read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    return {rule["alert"]: rule for rule in rules if "alert" in rule}


def test_every_alert_has_a_heading_that_says_what_to_do_and_none_has_one_too_many() -> None:
    assert re.findall(r"^## (\w+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE) == list(
        alerts()
    )


def test_every_alert_points_at_its_heading_and_says_whether_to_wake_somebody() -> None:
    for name, rule in alerts().items():
        assert rule["annotations"]["runbook_url"] == f"docs/how-to/alerts.md#{name.lower()}"
        assert rule["annotations"]["summary"]
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_the_page_says_the_severity_that_the_alert_has() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name, rule in alerts().items():
        assert f"## {name}\n\n{rule['labels']['severity']}. " in text


def test_every_alert_is_tried_by_the_tests_of_the_rules() -> None:
    tests = yaml.safe_load((MONITORING / "alerts.test.yaml").read_text())["tests"]
    ringing = {
        tried["alertname"]
        for test in tests
        for tried in test["alert_rule_test"]
        if tried.get("exp_alerts")
    }
    assert ringing == set(alerts())


def test_panels_of_the_dashboard_have_numbers_of_their_own_and_do_not_overlap() -> None:
    panels = json.loads((MONITORING / "dashboard.json").read_text())["panels"]
    taken = [
        (x, y)
        for at in (panel["gridPos"] for panel in panels)
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len(set(taken)) == len(taken)
