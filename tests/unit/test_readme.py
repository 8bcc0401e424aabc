import re
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from suppression_ingest.settings import IngestSettings
from suppression_service.server.settings import ServiceSettings

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def _table(title: str) -> dict[str, str]:
    """Return the descriptions of a table of settings, by name."""
    rows = README.partition(f"\n| {title} | default | |\n")[2].partition("\n\n")[0]
    return dict(re.findall(r"^\| `SUPPRESSION_(\w+)` \|[^|]*\| (.*) \|$", rows, re.MULTILINE))


@pytest.mark.parametrize(
    ("title", "settings"), [("service", ServiceSettings), ("ingest", IngestSettings)]
)
def test_the_readme_lists_the_settings_as_the_programs_describe_them(
    title: str, settings: type[BaseSettings]
) -> None:
    described = {name.upper(): field.description for name, field in settings.model_fields.items()}
    assert _table(title) == described
