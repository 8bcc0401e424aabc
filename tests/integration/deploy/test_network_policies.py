"""Who may reach the pods of deploy/kubernetes, and whom they may reach."""

import ipaddress
from typing import Any

import pytest

from tests.support import kubernetes
from tests.support.kubernetes import Manifest

PODS = [
    "suppression-migrate",
    "suppression-service",
    "suppression-ingest-worker",
    "suppression-webhook",
    "suppression-sync",
    "suppression-console",
]
NAMESPACE = "kubernetes.io/metadata.name"
DNS = {("UDP", 53), ("TCP", 53)}
DATABASE = {("TCP", 5432)}
AWS = {("TCP", 443)}


def policies(pod: str) -> list[Manifest]:
    """What the policies that select a pod say."""
    [labels] = [
        each["spec"]["template"]["metadata"]["labels"]
        for each in kubernetes.manifests()
        if each["kind"] in ("Deployment", "Job") and each["metadata"]["name"] == pod
    ]
    return [
        each["spec"]
        for each in kubernetes.manifests()
        if each["kind"] == "NetworkPolicy"
        and each["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
    ]


def rules(pod: str, direction: str) -> list[Manifest]:
    return [rule for policy in policies(pod) for rule in policy.get(direction, [])]


def ports(rule: Manifest) -> set[tuple[str, Any]]:
    return {(each.get("protocol", "TCP"), each["port"]) for each in rule["ports"]}


def namespaces(peer: Manifest) -> list[str]:
    """The namespaces that a peer names, of which there must be some."""
    selector = peer["namespaceSelector"]
    named = [selector["matchLabels"][NAMESPACE]] if "matchLabels" in selector else []
    for each in selector.get("matchExpressions", []):
        assert (each["key"], each["operator"]) == (NAMESPACE, "In")
        named += each["values"]
    assert named
    return named


def probed(container: Manifest) -> set[str]:
    """The names of the ports that only probes ask, which need no policy."""
    names = {each["containerPort"]: each["name"] for each in container.get("ports", [])}
    probes = [container.get(kind) for kind in ("startupProbe", "readinessProbe", "livenessProbe")]
    return {names[each["grpc"]["port"]] for each in probes if each and "grpc" in each}


def test_all_pods_are_looked_at() -> None:
    assert set(PODS) == set(dict(kubernetes.pods()))


@pytest.mark.parametrize("pod", PODS)
def test_what_no_policy_allows_is_refused_in_both_directions(pod: str) -> None:
    assert policies(pod)
    for policy in policies(pod):
        assert policy["policyTypes"] == ["Ingress", "Egress"]


@pytest.mark.parametrize("pod", PODS)
def test_each_port_is_open_but_those_of_probes(pod: str) -> None:
    [container] = dict(kubernetes.pods())[pod]["containers"]
    listened = {each["name"] for each in container.get("ports", [])}
    opened = {port for rule in rules(pod, "ingress") for _, port in ports(rule)}
    # A policy of all pods names ports that not all of them have.
    assert opened & listened == listened - probed(container)


@pytest.mark.parametrize("pod", PODS)
def test_only_namespaces_that_are_named_get_in(pod: str) -> None:
    for rule in rules(pod, "ingress"):
        if ports(rule) == {("TCP", "https")}:
            continue  # SNS posts from anywhere to the webhook.
        assert [namespaces(peer) for peer in rule["from"]]


def test_metrics_are_shown_to_monitoring_alone() -> None:
    for pod in PODS:
        [rule] = [each for each in rules(pod, "ingress") if ("TCP", "metrics") in ports(each)]
        assert [namespaces(peer) for peer in rule["from"]] == [["monitoring"]]


@pytest.mark.parametrize(
    ("pod", "needed"),
    [
        ("suppression-migrate", DNS | DATABASE),
        ("suppression-service", DNS | DATABASE),
        ("suppression-ingest-worker", DNS | DATABASE | AWS),
        ("suppression-webhook", DNS | DATABASE | AWS),
        ("suppression-sync", DNS | DATABASE | AWS),
        # The policy of all pods lets it reach the database, of which it knows nothing.
        ("suppression-console", DNS | DATABASE | {("TCP", "grpc")}),
    ],
)
def test_each_pod_reaches_what_it_needs_and_no_more(pod: str, needed: set[Any]) -> None:
    allowed = [ports(rule) for rule in rules(pod, "egress")]
    assert set().union(*allowed) == needed
    assert all(rule["to"] for rule in rules(pod, "egress"))


def reaches(rule: Manifest, address: str) -> bool:
    there = ipaddress.ip_address(address)
    blocks = [each["ipBlock"] for each in rule["to"] if "ipBlock" in each]
    return any(
        there in ipaddress.ip_network(block["cidr"])
        and not any(there in ipaddress.ip_network(each) for each in block.get("except", []))
        for block in blocks
    )


@pytest.mark.parametrize(
    ("address", "reached"),
    [
        ("52.94.5.1", True),
        ("2600:1f18::1", True),
        ("169.254.169.254", False),
        ("10.0.0.1", False),
        ("172.20.0.1", False),
        ("192.168.1.1", False),
        ("fd00:ec2::254", False),
    ],
)
def test_what_calls_aws_reaches_no_private_address_and_no_metadata(
    address: str, reached: bool
) -> None:
    [rule] = [each for each in rules("suppression-webhook", "egress") if ports(each) == AWS]
    assert reaches(rule, address) == reached


def test_the_database_is_not_on_the_internet() -> None:
    [rule] = [each for each in rules("suppression-service", "egress") if ports(each) == DATABASE]
    assert reaches(rule, "10.1.2.3")
    assert not reaches(rule, "52.94.5.1")
