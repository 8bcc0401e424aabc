"""The manifests of deploy/kubernetes, parsed, for the tests of deploy/."""

import copy
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

FOLDER: Final = Path(__file__).parents[2] / "deploy" / "kubernetes"
#: The kustomizations, in the order in which they are applied; the last three are optional.
PARTS: Final = (FOLDER / "migration", FOLDER, *map(FOLDER.joinpath, ("webhook", "sync", "console")))

Manifest = dict[str, Any]


def manifests() -> list[Manifest]:
    """Return all that is applied, as it stands in the files."""
    return copy.deepcopy(_manifests())


@functools.cache
def _manifests() -> list[Manifest]:
    files = [part / name for part in PARTS for name in kustomization(part)["resources"]]
    return [each for file in files for each in yaml.safe_load_all(file.read_text())]


def kustomization(part: Path) -> Manifest:
    """Return a part's list of files."""
    read: Manifest = yaml.safe_load((part / "kustomization.yaml").read_text())
    return read


def named(kind: str, name: str) -> Manifest:
    """Return one manifest."""
    [found] = [
        each for each in manifests() if (each["kind"], each["metadata"]["name"]) == (kind, name)
    ]
    return found


def pods() -> Iterator[tuple[str, Manifest]]:
    """Return the pods that are run, by name."""
    for each in manifests():
        if each["kind"] in ("Deployment", "Job"):
            yield each["metadata"]["name"], each["spec"]["template"]["spec"]


def containers() -> Iterator[tuple[str, Manifest]]:
    """Return the containers of all pods, by the pod's name."""
    for name, pod in pods():
        for container in pod["containers"]:
            yield name, container


def environment(container: Manifest, secrets: dict[tuple[str, str], str]) -> dict[str, str]:
    """Return what a container finds in its environment.

    Args:
        container: of a pod.
        secrets: their values, by name and key.
    """
    found: dict[str, str] = {}
    for source in container.get("envFrom", []):
        found |= named("ConfigMap", source["configMapRef"]["name"])["data"]
    for each in container["env"]:
        found[each["name"]] = each.get("value") or secrets[_secret(each)]
    return found


def _secret(variable: Manifest) -> tuple[str, str]:
    reference = variable["valueFrom"]["secretKeyRef"]
    return reference["name"], reference["key"]


def secrets_used() -> set[tuple[str, str]]:
    """Return the secrets that pods need, by name and key."""
    used = {
        _secret(each)
        for _, container in containers()
        for each in container["env"]
        if "valueFrom" in each
    }
    for _, pod in pods():
        folders = _mounted_secrets(pod)
        for container in pod["containers"]:
            for value in environment(container, dict.fromkeys(used, "")).values():
                used |= {
                    (secret, value.removeprefix(f"{folder}/"))
                    for folder, secret in folders.items()
                    if value.startswith(f"{folder}/")
                }
    return used


def _mounted_secrets(pod: Manifest) -> dict[str, str]:
    """Return which secrets are mounted, by folder."""
    secrets = {
        each["name"]: each["secret"]["secretName"]
        for each in pod.get("volumes", [])
        if "secret" in each
    }
    mounts = [mount for each in pod["containers"] for mount in each.get("volumeMounts", [])]
    return {m["mountPath"]: secrets[m["name"]] for m in mounts if m["name"] in secrets}
