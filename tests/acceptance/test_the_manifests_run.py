import contextlib
import json
import secrets
import signal
import ssl
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deploy.local.aws import StandIn, Wiring
from deploy.local.events import bounce
from suppression import SuppressionClient, Tls, WhenUnavailable
from suppression_service.server.auth import Role, append_token, new_token
from suppression_service.server.probe import ask
from suppression_service.store import Store
from tests.support.authority import Authority
from tests.support.cluster import Cluster
from tests.support.processes import Processes, eventually
from tests.support.sns import Sns

SERVER = "suppression-service"
WEBHOOK = "suppression-webhook"

# In the worker that has PostgreSQL and the stand-in for AWS running already.
pytestmark = pytest.mark.xdist_group("system on postgresql")


@pytest.fixture
def wiring(stand_in: StandIn) -> Wiring:
    return stand_in.wire(f"t{secrets.token_hex(6)}", visibility_seconds=1, max_receive_count=3)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """What containers find: the folders of their secrets, and an emptyDir as it is made."""
    for folder in ("tls", "webhook-tls", "tokens"):
        (tmp_path / "etc/suppression" / folder).mkdir(parents=True)
    (tmp_path / "var/cache/suppression").mkdir(parents=True)
    (tmp_path / "var/cache/suppression").chmod(0o2777)
    return tmp_path


@pytest.fixture
def token(root: Path) -> str:
    text, line = new_token("tests", Role.CHECK)
    append_token(root / "etc/suppression/tokens/tokens", line)
    return text


def issue(authority: Authority, folder: Path) -> None:
    """Put a certificate where a secret of Kubernetes has it."""
    key, certificate = authority.issue("server")
    (folder / "tls.key").write_bytes(key)
    (folder / "tls.crt").write_bytes(certificate)


@pytest.fixture
def tls(root: Path) -> Tls:
    authority = Authority()
    issue(authority, root / "etc/suppression/tls")
    return Tls(ca=authority.pem)


@pytest.fixture
def cluster(
    root: Path, processes: Processes, postgresql_url: str, stand_in: StandIn, wiring: Wiring
) -> Cluster:
    own = {
        **stand_in.environment,
        "SUPPRESSION_QUEUE_URL": wiring.queue_url,
        "SUPPRESSION_TOPIC_ARNS": wiring.topic_arn,
    }
    return Cluster(root, processes, {("suppression-database", "url"): postgresql_url}, own)


@pytest.fixture
def client(cluster: Cluster, tls: Tls, token: str) -> Iterator[SuppressionClient]:
    with SuppressionClient(
        cluster.address(SERVER, "grpc"),
        when_unavailable=WhenUnavailable.RAISE,
        check_timeout=30,
        tls=tls,
        token=token,
    ) as client:
        yield client


def test_a_bounce_reaches_the_verdict_in_the_system_of_the_manifests(
    cluster: Cluster,
    client: SuppressionClient,
    stand_in: StandIn,
    wiring: Wiring,
    address: str,
    root: Path,
) -> None:
    # Given the pods of the manifests, in their order, the server ready to the probe
    cluster.run("suppression-migrate")
    server = cluster.start(SERVER)
    probed = cluster.address(SERVER, "health")
    eventually("the server is ready", lambda: ask(probed) == "SERVING")
    cluster.start("suppression-ingest-worker")
    # When a message bounces
    stand_in.sns.publish(TopicArn=wiring.topic_arn, Message=json.dumps(bounce(address)))
    # Then callers with a token get DO_NOT_SEND for its address over TLS,
    eventually("the bounce", lambda: not client.check(address).send)
    # Prometheus finds something where it is sent,
    with urllib.request.urlopen(f"http://{cluster.address(SERVER, 'metrics')}/metrics") as shown:
        assert b"suppression_processes 1.0" in shown.read()
    # the list lies in the volume for the next start,
    assert list((root / "var/cache/suppression").glob("snapshots/*.snapshot"))
    # and the server exits after SIGTERM.
    server.send(signal.SIGTERM)
    assert server.ended() == 0


def test_a_post_reaches_the_list_in_the_system_of_the_manifests(
    root: Path, processes: Processes, postgresql_url: str, address: str
) -> None:
    # Given the pod of the webhook, ready to the probe over TLS
    authority = Authority()
    issue(authority, root / "etc/suppression/webhook-tls")
    with Sns() as sns:
        database = {("suppression-database", "url"): postgresql_url}
        cluster = Cluster(root, processes, database, sns.environment)
        cluster.run("suppression-migrate")
        webhook = cluster.start(WEBHOOK)
        at = f"https://{cluster.address(WEBHOOK, 'https')}"
        trust = ssl.create_default_context(cadata=authority.pem.decode())
        with httpx.Client(base_url=at, verify=trust, trust_env=False, timeout=30) as client:
            eventually("the webhook is ready", lambda: answers(client, "/healthz"))
            # When SNS posts
            answer = client.post("/sns", json=sns.signed(json.dumps(bounce(address))))
    # Then the post is acknowledged as stored, and it is,
    assert answer.status_code == 200
    with contextlib.closing(Store.open(postgresql_url)) as store:
        assert store.address(address).suppressions
    # and the webhook exits after SIGTERM.
    webhook.send(signal.SIGTERM)
    assert webhook.ended() == 0


def answers(client: httpx.Client, path: str) -> bool:
    try:
        return client.get(path).status_code == 200
    except httpx.TransportError:
        return False
