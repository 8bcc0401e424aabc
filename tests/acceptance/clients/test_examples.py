import dataclasses
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from deploy.local.aws import StandIn
from suppression import Reason
from tests.support.aws.sending import Ses
from tests.support.processes import Processes, clean
from tests.support.testserver import TestServer, started

EXAMPLES = Path(__file__).parents[3] / "clients" / "python" / "examples"
JANE, JOE, KIM = "jane@example.com", "joe@example.com", "kim@example.com"
ANN, BOB = "ann@example.com", "bob@example.com"
SENDER = {"SES_FROM": "shop@example.com", "SES_CONFIGURATION_SET": "news"}


# One worker starts the server for all of them.
pytestmark = pytest.mark.xdist_group("examples")


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestServer]:
    """A server of the module's own: the examples have no token. Tests suppress other addresses."""
    with Processes(tmp_path_factory.mktemp("testserver")) as processes:
        yield started(processes)


def _ran(
    example: str, *arguments: str, environment: dict[str, str], stdin: str = ""
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(EXAMPLES / example), *arguments],
        env=clean(SENDER | environment),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


def _suppressed(server: TestServer, address: str, reason: Reason, stream: str = "") -> None:
    with dataclasses.replace(server, token="").client() as client:
        client.suppress(address, reason, stream=stream)
        client.check(address)


def test_a_password_reset_is_sent_with_its_configuration_set(
    own_server: TestServer, ses: Ses
) -> None:
    environment = ses.environment() | {"SUPPRESSION_SERVER": own_server.listen}
    _suppressed(own_server, ANN, Reason.COMPLAINT)

    ended = _ran("password_reset.py", ANN, environment=environment)

    assert (ended.returncode, ended.stdout) == (0, "sent\n"), ended.stderr
    assert ses.recipients == [ANN]
    assert ses.sent[0]["ConfigurationSetName"] == "news"


def test_a_password_reset_does_not_go_where_mail_bounces(own_server: TestServer, ses: Ses) -> None:
    environment = ses.environment() | {"SUPPRESSION_SERVER": own_server.listen}
    _suppressed(own_server, BOB, Reason.HARD_BOUNCE)

    ended = _ran("password_reset.py", BOB, environment=environment)

    assert (ended.returncode, ended.stdout) == (1, "not sent: HARD_BOUNCE\n"), ended.stderr
    assert ses.sent == []


def test_a_newsletter_goes_to_those_who_may_be_mailed(own_server: TestServer, ses: Ses) -> None:
    environment = ses.environment() | {"SUPPRESSION_SERVER": own_server.listen}
    _suppressed(own_server, JOE, Reason.UNSUBSCRIBE, stream="newsletter")

    ended = _ran(
        "newsletter.py", environment=environment, stdin=f"{JANE}\n{JOE}\nno address\n\n{KIM}\n"
    )

    assert (ended.returncode, ended.stdout) == (0, "2 sent, 2 not sent\n"), ended.stderr
    assert ses.recipients == [JANE, KIM]
    assert {mail["ConfigurationSetName"] for mail in ses.sent} == {"news"}


def test_a_newsletter_waits_while_nobody_can_be_asked(
    own_server: TestServer, ses: Ses, free_address: Callable[[], str]
) -> None:
    environment = ses.environment() | {"SUPPRESSION_SERVER": free_address()}

    ended = _ran("newsletter.py", environment=environment, stdin=f"{JANE}\n")

    assert (ended.returncode, ended.stdout) == (75, "0 sent, 1 not sent\n"), ended.stderr
    assert ses.sent == []


def test_the_examples_run_against_the_stand_in_for_aws(
    own_server: TestServer, stand_in: StandIn, ses: Ses
) -> None:
    environment = ses.environment() | {
        "AWS_ENDPOINT_URL": stand_in.endpoint_url,
        "SUPPRESSION_SERVER": own_server.listen,
    }
    sesv2: Any = boto3.client
    sesv2(
        "sesv2",
        endpoint_url=stand_in.endpoint_url,
        region_name=environment["AWS_REGION"],
        aws_access_key_id="stand-in",
        aws_secret_access_key="stand-in",
    ).create_email_identity(EmailIdentity=SENDER["SES_FROM"])

    assert _ran("password_reset.py", JANE, environment=environment).stdout == "sent\n"
    assert (
        _ran("newsletter.py", environment=environment, stdin=JANE).stdout == "1 sent, 0 not sent\n"
    )


def _blocks_with_extras() -> list[str]:
    readme = (EXAMPLES.parent / "README.md").read_text()
    return re.findall(r"```py\n(.*?)```", readme, re.DOTALL)


def test_the_readmes_boto3_block_sends(own_server: TestServer, ses: Ses) -> None:
    program, _ = _blocks_with_extras()
    program = program.replace("127.0.0.1:50051", own_server.listen)
    # A generous deadline, so that a busy machine does not fail the test.
    program = program.replace("when_unavailable=", "batch_timeout=20.0, when_unavailable=")

    ended = subprocess.run(
        [sys.executable, "-c", program],
        env=clean(ses.environment()),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ses.sent[0]["ConfigurationSetName"] == "transactional"


def test_the_readmes_django_settings_send(own_server: TestServer) -> None:
    _, given = _blocks_with_extras()
    _suppressed(own_server, JOE, Reason.MANUAL)
    sends = f"""
from django.conf import settings
from django.core import mail
SUPPRESSION["BACKEND"] = "django.core.mail.backends.locmem.EmailBackend"
SUPPRESSION["CLIENT"] = {{"batch_timeout": 20.0}}
settings.configure(EMAIL_BACKEND=EMAIL_BACKEND, SUPPRESSION=SUPPRESSION, USE_I18N=False)
print(mail.send_mail("s", "t", "shop@example.com", ["{JANE}", "{JOE}"]), mail.outbox[0].to)
"""

    ended = subprocess.run(
        [sys.executable, "-c", given.replace("127.0.0.1:50051", own_server.listen) + sends],
        env=clean({}),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.stdout, ended.stderr) == (f"1 ['{JANE}']\n", "")
