"""The handler in AWS's own runtime client."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from suppression_service.store import Store
from tests.support.lambda_runtime import LambdaRuntime
from tests.support.prerequisites import missing
from tests.support.processes import Processes, run

Json = dict[str, Any]

HANDLER = "suppression_ingest.lambda_handler.handler"


@pytest.fixture
def runtime() -> Iterator[LambdaRuntime]:
    if find_spec("awslambdaric") is None:
        missing("awslambdaric", "it is for Linux")
    with LambdaRuntime() as runtime:
        yield runtime


def batch(*bodies: str) -> Json:
    return {
        "Records": [
            {"messageId": str(number), "eventSource": "aws:sqs", "body": body}
            for number, body in enumerate(bodies)
        ]
    }


def test_a_function_stores_batches_and_answers_with_what_must_come_again(
    runtime: LambdaRuntime,
    processes: Processes,
    sqlite_url: str,
    bounce_of: Callable[[str], str],
) -> None:
    # given a function in Lambda's runtime
    store = Store.open(sqlite_url, migrate_first=True)
    settings = {
        **runtime.environment,
        "SUPPRESSION_DATABASE_URL": sqlite_url,
        "SUPPRESSION_LOG_FORMAT": "json",
    }
    function = processes.start("function", runtime.command(HANDLER), settings)
    # when a batch with a broken message comes twice, and something that is no batch
    body = batch(bounce_of("a@x.example"), "{", bounce_of("b@x.example"))
    answers = [runtime.invoke(body), runtime.invoke(body)]
    failed = runtime.invoke({"key": "value"})
    # then the broken message comes again,
    again = {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert [(answer.body, answer.error) for answer in answers] == [(again, False)] * 2
    # the others are stored and count once,
    for address in ("a@x.example", "b@x.example"):
        assert [one.occurrences for one in store.address(address).suppressions] == [1]
    store.close()
    # the rest is an error with a name, and each invocation logs its counts.
    assert failed.error
    assert failed.body["errorType"] == "NotStored"
    assert json.loads(function.line('"summary"').string)["new"] == 2


# Imports the handler as if only requirements/lambda.txt were installed, and opens a list.
_IMPORT = """
import importlib.abc, sys
from importlib.metadata import packages_distributions

class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names or top in ALLOWED or top.startswith("_"):
            return None
        if packages.get(top):
            raise ModuleNotFoundError(f"{name} is not in requirements/lambda.txt", name=name)

url, *distributions = sys.argv[1:]
packages = packages_distributions()
normal = {name.lower().replace("_", "-").replace(".", "-") for name in distributions}
ALLOWED = {"suppression_ingest", "suppression_service"} | {
    top for top, owners in packages.items()
    if normal & {owner.lower().replace("_", "-").replace(".", "-") for owner in owners}
}
sys.meta_path.insert(0, Missing())
from suppression_ingest import lambda_handler
import sqlalchemy.dialects.postgresql.psycopg, psycopg
from suppression_service.store import Store
Store.open(url).close()
"""


def test_the_handler_needs_no_package_but_those_of_its_lock_file(sqlite_url: str) -> None:
    Store.open(sqlite_url, migrate_first=True).close()
    text = (Path(__file__).parents[3] / "requirements" / "lambda.txt").read_text()
    packages = re.findall(r"^([\w.-]+)(?:\[\w+\])?==", text, re.MULTILINE)
    done = run([sys.executable, "-W", "ignore", "-c", _IMPORT, sqlite_url, *packages], {})
    assert (done.returncode, done.stderr) == (0, "")
