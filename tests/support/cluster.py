"""The pods of deploy/kubernetes as local processes, for the acceptance test of the manifests."""

from pathlib import Path

from deploy.local.aws import free_port
from tests.support import kubernetes
from tests.support.processes import BIN, Process, Processes, run


class Cluster:
    """Starts the containers of pods, with paths and ports of this machine.

    Args:
        folder: the root of every container.
        processes: of the test.
        secrets: values for variables, by name and key.
        settings: that a deployment changes in the manifests.
    """

    def __init__(
        self,
        folder: Path,
        processes: Processes,
        secrets: dict[tuple[str, str], str],
        settings: dict[str, str],
    ) -> None:
        self._folder = folder
        self._processes = processes
        self._secrets = secrets
        self._settings = settings
        self._ports: dict[tuple[str, str], int] = {}

    def run(self, pod: str) -> None:
        """Run a pod's container until it exits, with status 0."""
        done = run(*self._container(pod))
        assert done.returncode == 0, done.stderr

    def start(self, pod: str) -> Process:
        """Start a pod's container."""
        return self._processes.start(pod, *self._container(pod))

    def address(self, pod: str, name: str) -> str:
        """Return HOST:PORT of a pod's port, by the port's name in the manifest."""
        [container] = dict(kubernetes.pods())[pod]["containers"]
        [port] = [each["containerPort"] for each in container["ports"] if each["name"] == name]
        return self._address(pod, str(port))

    def _container(self, pod: str) -> tuple[list[str | Path], dict[str, str]]:
        [container] = dict(kubernetes.pods())[pod]["containers"]
        program, *arguments = container["command"]
        given = kubernetes.environment(container, self._secrets)
        here = {name: self._here(pod, name, value) for name, value in given.items()}
        return [BIN / program, *arguments], here | self._settings

    def _here(self, pod: str, name: str, value: str) -> str:
        if name.endswith("_LISTEN"):
            return self._address(pod, value.rpartition(":")[2])
        return f"{self._folder}{value}" if value.startswith("/") else value

    def _address(self, pod: str, port: str) -> str:
        return f"127.0.0.1:{self._ports.setdefault((pod, port), free_port())}"
