import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.prerequisites import missing

MONITORING = Path(__file__).parents[2] / "deploy" / "monitoring"


@pytest.mark.parametrize(
    "command",
    [
        ("check", "rules", "--lint-fatal", "alerts.yaml"),
        ("check", "config", "prometheus.yaml"),
        ("test", "rules", "alerts.test.yaml"),
    ],
    ids=" ".join,
)
def test_promtool_finds_nothing_wrong(command: tuple[str, ...]) -> None:
    if not (program := shutil.which("promtool")):
        missing("promtool", "on Debian it is in the package prometheus")
    done = subprocess.run(
        [program, *command], cwd=MONITORING, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
