import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

from tests.support.testserver import TestServer

CLIENTS = Path(__file__).parents[3] / "clients"
SCENARIOS = CLIENTS / "conformance" / "scenarios"
FILES = {path.name: json.loads(path.read_text()) for path in sorted(SCENARIOS.glob("*.json"))}
EVERY = [scenario for file in FILES.values() for scenario in file["scenarios"]]


def _texts(value: Any) -> set[str]:
    if isinstance(value, str):
        return {value}
    children = value.values() if isinstance(value, dict) else value
    return set().union(*map(_texts, children)) if isinstance(value, dict | list) else set()


def test_every_scenario_has_a_name_of_its_own() -> None:
    names = Counter(scenario["name"] for scenario in EVERY)

    assert [name for name, times in names.items() if times > 1] == []


def test_every_address_vector_is_in_a_scenario() -> None:
    vectors = json.loads((CLIENTS / "conformance" / "addresses.json").read_text())
    wanted = {text for same in vectors["same"] for text in [same["canonical"], *same["given"]]}
    wanted |= {text for pair in vectors["different"] for text in pair["addresses"]}
    for odd in vectors["invalid"] + vectors["valid_at_the_limit"]:
        parts = odd.get("repeat", [[odd.get("given"), 1]])
        wanted.add("".join(text * times for text, times in parts))

    assert wanted <= _texts(FILES["10-addresses.json"])


def test_every_call_is_in_a_scenario() -> None:
    calls = {step["call"] for scenario in EVERY for step in scenario["steps"] if "call" in step}

    assert calls == {
        "check", "batch_check", "filter", "suppress", "unsuppress", "erase", "get_address",
        "list_changes", "unanswered",
    }  # fmt: skip


def test_a_runner_says_what_failed(server: TestServer, tmp_path: Path) -> None:
    step = {
        "call": "check",
        "with": {"address": "jane@example.com"},
        "expect": {"send": False},
    }
    scenarios = [{"name": "wrong", "why": "to fail", "steps": [step]}]
    (tmp_path / "wrong.json").write_text(json.dumps({"about": "", "scenarios": scenarios}))

    ended = subprocess.run(
        [CLIENTS / "python" / "conformance" / "run", server.listen, server.control, tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )

    first = json.loads(ended.stdout.splitlines()[0])
    assert (ended.returncode, first["result"]) == (1, "FAIL")
    assert "step 1: expected" in first["detail"]
