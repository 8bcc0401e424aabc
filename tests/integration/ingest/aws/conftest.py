"""An account of AWS on this machine: moto, and in front of it a stand-in for SESv2."""

import os
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import aws as local
from suppression_ingest.aws.session import Aws
from suppression_ingest.deployment.deployment import AwsSettings
from suppression_service.store import Store
from tests.support.aws.account import OPERATORS, SET, Account
from tests.support.aws.running import Running
from tests.support.aws.ses import SesFake
from tests.support.prerequisites import missing
from tests.support.processes import Processes

_ROOT = Path(__file__).parents[4]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests of this folder in one process of pytest-xdist, which starts one account."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.xdist_group("account"))


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[local.StandIn]:
    """moto with what it forgets, for all tests of a process."""
    port = local.free_port()
    command = [sys.executable, "-m", "tests.support.aws.moto_server", *local.command(port)[3:]]
    with Processes(tmp_path_factory.mktemp("moto")) as processes:
        server = processes.start("moto", command, {"PYTHONPATH": str(_ROOT)})
        try:
            server.line("Running on http")
        except AssertionError as error:
            missing("the stand-in for AWS", error)
        yield local.StandIn(f"http://127.0.0.1:{port}")


@pytest.fixture(scope="session")
def ses_server() -> Iterator[SesFake]:
    """SESv2, for all tests of a process."""
    with SesFake() as fake:
        yield fake


@pytest.fixture(scope="session")
def variables(moto: local.StandIn, ses_server: SesFake) -> dict[str, str]:
    """What boto3 finds the account by."""
    return {**moto.environment, "AWS_ENDPOINT_URL_SESV2": ses_server.url}


@pytest.fixture(scope="session")
def connected(variables: dict[str, str]) -> Aws:
    """The clients, which take boto3 long to make."""
    with pytest.MonkeyPatch.context() as patch:
        _set_only(variables, patch)
        return Aws.connect()


@pytest.fixture
def ses(ses_server: SesFake) -> Iterator[SesFake]:
    """SESv2 with nothing in it."""
    ses_server.begin_anew()
    yield ses_server
    assert not ses_server.misunderstood


@pytest.fixture
def environment(
    moto: local.StandIn,
    ses: SesFake,
    variables: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, str]:
    """An empty account, and what boto3 finds it by; set for this process too."""
    reset = urllib.request.Request(f"{moto.endpoint_url}/moto-api/reset", method="POST")
    with urllib.request.urlopen(reset):
        pass
    _set_only(variables, monkeypatch)
    return variables


def _set_only(variables: dict[str, str], patch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("AWS_", "SUPPRESSION_")) or name.lower().endswith("_proxy"):
            patch.delenv(name)
    for name, value in variables.items():
        patch.setenv(name, value)


@pytest.fixture
def aws(connected: Aws, environment: dict[str, str]) -> Aws:
    """The clients of an empty account."""
    return connected


@pytest.fixture
def account(aws: Aws, ses: SesFake) -> Account:
    """The account, to be looked at and broken by hand."""
    return Account(aws, ses)


@pytest.fixture
def wired(account: Account) -> Account:
    """The account with the whole wiring in it."""
    account.provision()
    return account


@pytest.fixture
def running(account: Account, new_sqlite: str) -> Iterator[Running]:
    """A whole deployment, as provision makes it, and the settings of its worker."""
    account.provision(alarm_topics=[OPERATORS])
    store = Store.open(new_sqlite)
    settings = AwsSettings(
        database_url=new_sqlite,
        queue_url=account.queue().url,
        topic_arns=(account.names.topic_arn,),
        configuration_set=SET,
        publish_rates=True,
    )
    yield Running(account, store, settings)
    store.close()
