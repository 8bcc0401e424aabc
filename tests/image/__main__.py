"""``make test-image``: deploy/Dockerfile, followed without an engine, and what it makes, run.

Every COPY and RUN is done in a scratch folder, from the registry and by hash. The commands are then
run as the image's user, where they may write nothing; the server as process 1 as well, which gets
no signal that it does not handle and has nobody to reap its children. Needs to be root for that.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from deploy.local.aws import free_port
from tests.image.dockerfile import Build, Stage

_TOP: Final = Path(__file__).parents[2]
_COMMANDS: Final = ("suppression-service", "suppression-ingest", "suppression")
_SECONDS: Final = 60.0


class Container:
    """Runs commands as a container of a stage would.

    Args:
        stage: the image.
        writable: the only folder that may be written to.
    """

    def __init__(self, stage: Stage, writable: Path) -> None:
        self._user, self._group = map(int, stage.user.split(":"))
        self._environment = dict(stage.environment)
        os.chown(writable, self._user, self._group)

    def start(self, *command: str, first: bool, **settings: str) -> "subprocess.Popen[str]":
        """Start a command; as process 1 of a namespace of its own, if it is to be the first."""
        apart = ["unshare", "--pid", "--fork", "--kill-child"] if first else []
        user = ["--reuid", str(self._user), "--regid", str(self._group), "--clear-groups"]
        return subprocess.Popen(
            [*apart, "setpriv", *user, "--no-new-privs", *command],
            env=self._environment | settings,
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *command: str, **settings: str) -> tuple[int, str]:
        """Run a command to its end; return its exit status and all that it wrote."""
        process = self.start(*command, first=False, **settings)
        output, _ = process.communicate(timeout=_SECONDS)
        return process.returncode, output


def main() -> int:
    """Build and try; return the exit status."""
    if missing := _missing():
        print(f"make test-image: {missing}", file=sys.stderr)
        return 1 if os.environ.get("CI") else 0
    with tempfile.TemporaryDirectory(prefix="image-") as name:
        scratch = Path(name)
        scratch.chmod(0o755)
        with _base_image(scratch) as path:
            image = Build(_TOP / "deploy" / "Dockerfile", _TOP, scratch, path).follow()
        (writable := scratch / "writable").mkdir()
        _try_commands(Container(image, writable), image.command)
        _try_server(Container(image, writable), image.command, writable)
    print("the image builds, its commands run, and its server starts and stops as process 1")
    return 0


def _missing() -> str:
    if os.geteuid() != 0:
        return "SKIPPED: needs to be root, to become the user of the image"
    tools = [tool for tool in ("setpriv", "unshare") if not shutil.which(tool)]
    return f"SKIPPED: needs {' and '.join(tools)} (util-linux)" if tools else ""


@contextmanager
def _base_image(scratch: Path) -> Iterator[str]:
    """Yield a PATH on which `python` is one that everybody may run."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (f"/usr/local/bin/{version}", f"/usr/bin/{version}", sys.executable):
        tried = ["setpriv", "--reuid", "10001", "--clear-groups", candidate, "-c", "import venv"]
        if Path(candidate).exists() and subprocess.run(tried, check=False).returncode == 0:
            (scratch / "base").mkdir()
            (scratch / "base" / "python").symlink_to(candidate)
            yield f"{scratch / 'base'}:/usr/local/bin:/usr/bin:/bin"
            return
    raise SystemExit(f"make test-image: no {version} that every user may run")


def _try_commands(container: Container, default: list[str]) -> None:
    for command in _COMMANDS:
        _expect(f"{command} --help", container.run(command, "--help"), 0, "Usage")
    # A list that nobody said where to keep would be gone with the container.
    _expect("the command by itself", container.run(*default), 3, "there is no database")


def _try_server(container: Container, default: list[str], writable: Path) -> None:
    settings = {
        "SUPPRESSION_DATABASE_URL": f"sqlite:///{writable}/suppression.db",
        "SUPPRESSION_SNAPSHOT_DIRECTORY": f"{writable}/snapshots",
        "SUPPRESSION_LISTEN": f"127.0.0.1:{free_port()}",
        "SUPPRESSION_WORKERS": "2",
    }
    _expect("migrate", container.run("suppression-service", "migrate", **settings), 0, "schema")
    server = container.start(*default, first=True, **settings)
    try:
        _until(
            "SERVING", lambda: container.run("suppression-service", "health", **settings)[0] == 0
        )
        (process_1,) = _children(server.pid)
        os.kill(process_1, signal.SIGTERM)
        output, _ = server.communicate(timeout=_SECONDS)
    finally:
        server.kill()
    _expect("the server as process 1", (server.returncode, output), 0, "draining")


def _children(pid: int) -> list[int]:
    return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def _until(what: str, look: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not look():
        if time.monotonic() > deadline:
            raise SystemExit(f"make test-image: not {what} within {_SECONDS:.0f} s")
        time.sleep(0.2)


def _expect(what: str, done: tuple[int, str], status: int, said: str) -> None:
    if done[0] != status or said not in done[1]:
        raise SystemExit(f"make test-image: {what}: exit status {done[0]}\n{done[1]}")
    print(f"ok: {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
