import json
import secrets
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from suppression import SuppressionClient, Tls, WhenUnavailable

from deploy.local.aws import StandIn, Wiring
from deploy.local.events import bounce
from service.access import Role, append_token, new_token
from service.health import ask
from tests.acceptance.cluster import Cluster
from tests.authority import Authority
from tests.processes import Processes, eventually

SERVER = "suppression-service"

# In the worker that has PostgreSQL and the stand-in for AWS running already.
pytestmark = pytest.mark.xdist_group("system on postgresql")


@pytest.fixture
def wiring(stand_in: StandIn) -> Wiring:
    return stand_in.wire(f"t{secrets.token_hex(6)}", visibility_seconds=1, max_receive_count=3)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """What containers find: the folders of their secrets, and an emptyDir as it is made."""
    for folder in ("etc/suppression/tls", "etc/suppression/tokens", "var/cache/suppression"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "var/cache/suppression").chmod(0o2777)
    return tmp_path


@pytest.fixture
def token(root: Path) -> str:
    text, line = new_token("tests", Role.CHECK)
    append_token(root / "etc/suppression/tokens/tokens", line)
    return text


@pytest.fixture
def tls(root: Path) -> Tls:
    authority = Authority()
    key, certificate = authority.issue("server")
    (root / "etc/suppression/tls/tls.key").write_bytes(key)
    (root / "etc/suppression/tls/tls.crt").write_bytes(certificate)
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
    # Then callers with a token are told over TLS not to send to its address,
    eventually("the bounce", lambda: not client.check(address).send)
    # Prometheus finds something where it is sent,
    with urllib.request.urlopen(f"http://{cluster.address(SERVER, 'metrics')}/metrics") as shown:
        assert b"suppression_workers 1.0" in shown.read()
    # the list lies in the volume for the next start,
    assert list((root / "var/cache/suppression").glob("snapshots/*.snapshot"))
    # and the server ends by itself when it is told to.
    server.send(signal.SIGTERM)
    assert server.ended() == 0
