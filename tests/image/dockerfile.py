"""A Dockerfile, followed in a folder: what can be tried of an image without an engine."""

import dataclasses
import json
import os
import re
import shutil
import string
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

#: Folders of an image that are this machine's own here.
_SYSTEM: Final = ("/bin", "/dev", "/etc", "/lib", "/proc", "/usr")


@dataclasses.dataclass(slots=True)
class Stage:
    """What a stage has come to."""

    root: Path
    base: str
    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    folder: str = "/"
    user: str = "0:0"
    command: list[str] = dataclasses.field(default_factory=list)

    def path(self, inside: str) -> Path:
        """Return where a path of the image is on this machine."""
        whole = os.path.normpath(Path(self.folder) / inside)
        return self.root / whole.lstrip("/")

    def outside(self, text: str) -> str:
        """Put this machine's paths in the place of the image's: those that are a word's start."""
        return re.sub(
            r"(?<![\w./*-])(/[a-z][\w./*-]*)",
            lambda found: found[1] if found[1].startswith(_SYSTEM) else f"{self.root}{found[1]}",
            text,
        )


class Build:
    """Follows a Dockerfile, its base image being this machine.

    Args:
        dockerfile: the file.
        context: the folder that COPY copies from.
        scratch: an empty folder, for a folder a stage.
        path: PATH of the base image.
    """

    def __init__(self, dockerfile: Path, context: Path, scratch: Path, path: str) -> None:
        self._context = context
        self._scratch = scratch
        self._path = path
        self._arguments: dict[str, str] = {}
        self._stages: dict[str, Stage] = {}
        self._instructions = list(_instructions(dockerfile.read_text()))

    def follow(self) -> Stage:
        """Do what the file says; return the last stage.

        Raises:
            CalledProcessError: a RUN has failed.
            FileNotFoundError: a COPY has nothing to copy.
        """
        for name, rest in self._instructions:
            print(f"{name} {rest}", flush=True)
            getattr(self, f"_{name.lower()}")(rest)
        return self._stage

    @property
    def _stage(self) -> Stage:
        return list(self._stages.values())[-1]

    def _arg(self, rest: str) -> None:
        name, _, value = rest.partition("=")
        self._arguments[name] = value

    def _from(self, rest: str) -> None:
        base, _, name = rest.partition(" AS ")
        name = name or str(len(self._stages))
        root = self._scratch / name
        root.mkdir()
        self._stages[name] = Stage(root, string.Template(base).substitute(self._arguments))

    def _env(self, rest: str) -> None:
        for name, _, value in (pair.partition("=") for pair in rest.split()):
            known = {"PATH": self._path} | self._stage.environment
            outside = string.Template(self._stage.outside(value))
            self._stage.environment[name] = outside.substitute(known)

    def _workdir(self, rest: str) -> None:
        self._stage.folder = rest
        self._stage.path(".").mkdir(parents=True, exist_ok=True)

    def _copy(self, rest: str) -> None:
        words = rest.split()
        source = self._context
        if words[0].startswith("--from="):
            source = self._stages[words.pop(0).removeprefix("--from=")].root
        *wanted, to = words
        for each in wanted:
            target = self._stage.path(to)
            if to.endswith("/"):
                target /= Path(each).name
            _copy(source / each.lstrip("/"), target)

    def _run(self, rest: str) -> None:
        environment = {"PATH": self._path, "HOME": str(self._scratch), **_registries()}
        subprocess.run(
            ["/bin/sh", "-c", self._stage.outside(rest)],
            cwd=self._stage.path("."),
            env=environment | self._stage.environment,
            check=True,
        )

    def _user(self, rest: str) -> None:
        self._stage.user = rest

    def _expose(self, rest: str) -> None:
        pass

    def _cmd(self, rest: str) -> None:
        self._stage.command = json.loads(rest)


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    for whole in "\n".join(lines).replace("\\\n", " ").splitlines():
        name, _, rest = whole.partition(" ")
        yield name, " ".join(rest.split())


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        unwanted = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(source, target, symlinks=True, ignore=unwanted, dirs_exist_ok=True)
    else:
        shutil.copy(source, target)


def _registries() -> Mapping[str, str]:
    """Return how pip reaches its registry from here."""
    known = ("PIP_", "SSL_", "HTTP_", "HTTPS_", "NO_")
    return {name: value for name, value in os.environ.items() if name.upper().startswith(known)}
