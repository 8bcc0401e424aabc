"""The one version, in every file that carries it: ``python -m deploy.versions [TAG]``.

With a tag, such as v1.2.3, the version must be the tag's and the changelog must have its notes.
Prints the version. Needs nothing but Python.
"""

import re
import sys
from pathlib import Path
from typing import Final

_TOP: Final = Path(__file__).parents[1]
_PYTHON: Final = r'^version = "(.+)"$'
_NPM: Final = r'^  "version": "(.+)",$'
#: In a module's pom.xml the first version is that of the parent.
_MAVEN: Final = r"<version>(.+)</version>"
#: The first match in each file is the version.
_PATTERNS: Final = {
    "pyproject.toml": _PYTHON,
    "clients/python/pyproject.toml": _PYTHON,
    "clients/typescript/package.json": _NPM,
    "clients/typescript/package-lock.json": _NPM,
    "clients/java/pom.xml": _MAVEN,
    "clients/java/*/pom.xml": _MAVEN,
    "clients/java/README.md": _MAVEN,
    "deploy/compose.yaml": r"image: suppression-service:(\S+)",
    "deploy/kubernetes/**/kustomization.yaml": r"newTag: (\S+)",
}


def versions(top: Path = _TOP) -> dict[str, str]:
    """Return the version that each file carries, by the file's path; empty where there is none."""
    return {
        str(path.relative_to(top)): _first(pattern, path)
        for files, pattern in _PATTERNS.items()
        for path in sorted(top.glob(files))
    }


def problem(tag: str | None, top: Path = _TOP) -> str | None:
    """Return what keeps the files from being released with a tag, or from agreeing."""
    found = versions(top)
    if len(set(found.values())) != 1:
        return "versions differ:\n" + "\n".join(f"  {found[name]:8} {name}" for name in found)
    version = next(iter(found.values()))
    if tag and tag != f"v{version}":
        return f"the tag is {tag}, but the version is {version}"
    if tag and not _first(rf"^## (\[{re.escape(version)}\] – \d{{4}}-)", top / "CHANGELOG.md"):
        return f"CHANGELOG.md has no heading: ## [{version}] – YYYY-MM-DD"
    return None


def _first(pattern: str, path: Path) -> str:
    match = re.search(pattern, path.read_text(encoding="utf-8"), re.MULTILINE)
    return match[1] if match else ""


if __name__ == "__main__":
    if found := problem(sys.argv[1] if len(sys.argv) > 1 else None):
        sys.exit(found)
    print(versions()["pyproject.toml"])
