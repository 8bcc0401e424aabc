"""What Kubernetes would say to the manifests, and whether they know the programs."""

import re
import shutil
import subprocess
from typing import Any

import kubernetes_validate
import pytest
import yaml

from suppression_ingest.webhook.app import HEALTH_PATH
from suppression_ingest.webhook.server import GRACE_SECONDS, STOP_SECONDS
from suppression_service.server.health import LIVENESS
from suppression_service.server.processes import KILL_AFTER
from tests.support import kubernetes, programs
from tests.support.kubernetes import Manifest
from tests.support.prerequisites import missing

OLDEST = "1.30"
README = (kubernetes.FOLDER / "README.md").read_text()
SECRETS = dict.fromkeys(kubernetes.secrets_used(), "secret")


def service_pod() -> Manifest:
    pod: Manifest = dict(kubernetes.pods())["suppression-service"]
    return pod


def server() -> tuple[Manifest, dict[str, str]]:
    """The server's container and its environment."""
    [container] = service_pod()["containers"]
    return container, kubernetes.environment(container, SECRETS)


def built(part: Any) -> list[Manifest]:
    """What kustomize makes of a part."""
    if not shutil.which("kubectl"):
        missing("kubectl", "it holds kustomize")
    done = subprocess.run(
        ["kubectl", "kustomize", part], capture_output=True, text=True, timeout=60, check=True
    )
    return list(yaml.safe_load_all(done.stdout))


@pytest.mark.parametrize("version", [OLDEST, kubernetes_validate.latest_version()])
def test_every_manifest_has_the_fields_of_its_kind_and_no_others(version: str) -> None:
    for manifest in kubernetes.manifests():
        kubernetes_validate.validate(manifest, version, strict=True)


def test_a_field_that_there_is_not_would_be_noticed() -> None:
    manifest = kubernetes.named("Deployment", "suppression-service")
    manifest["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError, match="readynessProbe"):
        kubernetes_validate.validate(manifest, OLDEST, strict=True)


@pytest.mark.parametrize("part", kubernetes.PARTS, ids=lambda part: part.name)
def test_every_file_is_applied(part: Any) -> None:
    files = {file.name for file in part.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(kubernetes.kustomization(part)["resources"]) == files


@pytest.mark.parametrize("part", kubernetes.PARTS, ids=lambda part: part.name)
def test_what_kustomize_makes_runs_the_one_image_that_is_named(part: Any) -> None:
    [image] = kubernetes.kustomization(part)["images"]
    wanted = f"{image['newName']}:{image['newTag']}"
    made = yaml.safe_dump_all(built(part))
    assert set(re.findall(r"image: (\S+)", made)) == {wanted}


def test_all_parts_are_of_one_version() -> None:
    first, *others = (kubernetes.kustomization(part)["images"] for part in kubernetes.PARTS)
    assert others == [first] * len(others)


@pytest.mark.parametrize(("pod", "container"), list(kubernetes.containers()))
def test_every_setting_is_one_of_the_program(pod: str, container: Manifest) -> None:
    names = kubernetes.environment(container, SECRETS)
    ours = {name for name in names if name.startswith("SUPPRESSION_")}
    assert ours <= programs.settings(*container["command"])


def test_every_secret_that_is_used_is_made_in_the_readme() -> None:
    made = set()
    create = r"create secret (generic|tls) (\S+)((?: \\\n|[^\n])*)"
    for kind, name, rest in re.findall(create, README):
        keys = ["tls.crt", "tls.key"] if kind == "tls" else re.findall(r"--from-\w+=(\w+)=", rest)
        made |= {(name, key) for key in keys}
    assert made == kubernetes.secrets_used()


def test_the_server_has_all_the_time_that_it_may_take_to_stop() -> None:
    container, settings = server()
    sleep = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    stopping = float(settings["SUPPRESSION_DRAIN_SECONDS"]) + float(
        settings["SUPPRESSION_GRACE_SECONDS"]
    )
    needed = sleep + stopping + KILL_AFTER
    assert service_pod()["terminationGracePeriodSeconds"] >= needed


@pytest.mark.parametrize(
    ("probe", "service"),
    [("startupProbe", LIVENESS), ("readinessProbe", ""), ("livenessProbe", LIVENESS)],
)
def test_probes_ask_where_health_is_answered(probe: str, service: str) -> None:
    container, settings = server()
    asked = container[probe]["grpc"]
    port = int(settings["SUPPRESSION_HEALTH_LISTEN"].rpartition(":")[2])
    assert (asked["port"], asked.get("service", "")) == (port, service)


@pytest.mark.parametrize(("pod", "container"), list(kubernetes.containers()))
def test_the_ports_that_are_named_are_listened_on(pod: str, container: Manifest) -> None:
    settings = kubernetes.environment(container, SECRETS)
    named = {each["containerPort"] for each in container.get("ports", [])}
    listened = {v.rpartition(":")[2] for k, v in settings.items() if k.endswith("_LISTEN")}
    assert named == set(map(int, listened))


@pytest.mark.parametrize(
    ("name", "deployment"),
    [
        ("suppression-service", "suppression-service"),
        ("suppression-service-headless", "suppression-service"),
        ("suppression-webhook", "suppression-webhook"),
        ("suppression-console", "suppression-console"),
    ],
)
def test_the_network_leads_to_the_pods(name: str, deployment: str) -> None:
    template = kubernetes.named("Deployment", deployment)["spec"]["template"]
    spec = kubernetes.named("Service", name)["spec"]
    assert spec["selector"].items() <= template["metadata"]["labels"].items()
    [container] = template["spec"]["containers"]
    ports = {each["name"] for each in container["ports"]}
    assert {each["targetPort"] for each in spec["ports"]} <= ports


@pytest.mark.parametrize("kind", ["PodDisruptionBudget", "NetworkPolicy"])
def test_what_is_said_of_pods_is_said_of_some(kind: str) -> None:
    templates = [
        each["spec"]["template"]["metadata"]["labels"].items()
        for each in kubernetes.manifests()
        if each["kind"] == "Deployment"
    ]
    rules = [each["spec"] for each in kubernetes.manifests() if each["kind"] == kind]
    selectors = [(spec.get("selector") or spec["podSelector"])["matchLabels"] for spec in rules]
    assert selectors
    for selector in selectors:
        assert any(selector.items() <= labels for labels in templates)


def test_the_webhook_lets_nobody_in_but_at_its_port() -> None:
    [container] = dict(kubernetes.pods())["suppression-webhook"]["containers"]
    policy = kubernetes.named("NetworkPolicy", "suppression-webhook")["spec"]
    ports = [port["port"] for rule in policy["ingress"] for port in rule["ports"]]
    settings = kubernetes.environment(container, SECRETS)
    [listened] = [each for each in container["ports"] if each["name"] in ports]
    assert settings["SUPPRESSION_WEBHOOK_LISTEN"].endswith(f":{listened['containerPort']}")


def test_the_webhook_is_asked_for_its_health_where_it_tells() -> None:
    [container] = dict(kubernetes.pods())["suppression-webhook"]["containers"]
    assert container["readinessProbe"]["httpGet"] == {
        "scheme": "HTTPS",
        "port": "https",
        "path": HEALTH_PATH,
    }


def test_the_webhook_has_all_the_time_that_it_may_take_to_stop() -> None:
    pod = dict(kubernetes.pods())["suppression-webhook"]
    [container] = pod["containers"]
    sleep = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    needed = sleep + GRACE_SECONDS + STOP_SECONDS
    assert pod["terminationGracePeriodSeconds"] >= needed


@pytest.mark.parametrize(("name", "pod"), list(kubernetes.pods()))
def test_pods_need_no_rights_on_their_node(name: str, pod: Manifest) -> None:
    # What the "restricted" standard asks for, and a file system that nobody can write to.
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
