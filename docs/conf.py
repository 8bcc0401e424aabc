"""How Sphinx makes a site of the Markdown files: `make docs`."""

import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

TOP = Path(__file__).parents[1]
INDEX = "docs/index"

project = "Suppression service"
copyright = "the authors; Apache-2.0"  # noqa: A001 - Sphinx's own name for it
html_title = project
root_doc = INDEX

# The source is the whole repository, so that a relative link leads to the same file here and on the
# site. Links to files that are no pages become downloads.
include_patterns = [
    "*.md",
    "docs/**.md",
    "clients/**README.md",
    "deploy/**README.md",
]
exclude_patterns = [".*", "**/node_modules", "**/target", "build", "tests"]

extensions = ["myst_parser"]
myst_heading_anchors = 4
nitpicky = True

# Nothing of a page comes from another host.
html_theme = "furo"
html_extra_path = ["site"]
html_copy_source = False


def _contents(_app: Sphinx, page: str, source: list[str]) -> None:
    """Build the navigation from the index: a table of contents for each heading's links."""
    if page != INDEX:
        return
    for part in re.split(r"^## ", source[0], flags=re.MULTILINE)[1:]:
        caption, _, links = part.partition("\n")
        found = re.findall(r"\[([^]]+)\]\(([^)#]+\.md)\)", links)
        pages = [f"{text} <{path}>" for text, path in found]
        lines = [f":caption: {caption}", ":hidden:", ":titlesonly:", "", *pages]
        source[0] += "\n".join(["\n```{toctree}", *lines, "```\n"])


def _no_other_host(app: Sphinx, _error: Exception | None) -> None:
    """Refuse a site of which a page would load a script, a style or a picture from another host."""
    loads = re.compile(
        r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["'](?:https?:)?//[^>]*>"""
    )
    for page in Path(app.outdir).rglob("*.html"):
        if found := loads.search(page.read_text(encoding="utf-8")):
            raise ExtensionError(f"{page.name} loads from another host: {found[0]}")


def setup(app: Sphinx) -> None:
    """Register what this file adds."""
    app.connect("source-read", _contents)
    app.connect("build-finished", _no_other_host)
