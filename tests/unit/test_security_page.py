import re
from pathlib import Path

import pytest

from suppression_service.server.auth import Role
from suppression_service.server.services import RPCS
from suppression_service.store.schema import metadata

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "explanation" / "security.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", metadata.tables)
def test_the_page_tells_of_every_table_what_it_keeps_of_a_person(table: str) -> None:
    assert re.search(rf"^\| `{table}` \| .+ \| .+ \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("role", Role)
def test_the_page_tells_of_every_role_what_it_may(role: Role) -> None:
    [may] = re.findall(rf"^\| `{role.name.lower()}` \| (.+) \|$", PAGE, re.MULTILINE)
    assert {rpc.name for rpc in RPCS if rpc.role is role} <= set(re.findall(r"[A-Z]\w+", may))
