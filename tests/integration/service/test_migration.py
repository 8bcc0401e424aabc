"""The schema moves on while the programs that know the one before it run."""

import contextlib
import json
import shutil
from pathlib import Path

import pytest
from alembic.config import Config

from deploy.local.aws import StandIn
from deploy.local.events import bounce
from service.store import Store, schema_version
from service.store.engine import open_engine
from tests.acceptance.system import System
from tests.integration.service.load import Load, listed, started_system
from tests.processes import BIN, Processes, eventually, run

_NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "next"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("suppression", sa.Column("campaign", sa.Text, server_default=sa.text("''")))
    op.create_index("ix_suppression_campaign", "suppression", ["campaign"])
    op.create_table("campaign", sa.Column("name", sa.Text, primary_key=True))
"""


@pytest.fixture
def next_schema(tmp_path: Path) -> Config:
    """The migrations, and one more such as a next version could bring: it only adds."""
    ours = Path(schema_version.__file__).with_name("migrations")
    theirs = tmp_path / "migrations"
    shutil.copytree(ours, theirs, ignore=shutil.ignore_patterns("__pycache__"))
    step = theirs / "versions" / "9999_next.py"
    step.write_text(_NEXT.format(head=schema_version._head()))
    config = schema_version._config()
    config.set_main_option("script_location", str(theirs))
    return config


@pytest.fixture
def system(url: str, stand_in: StandIn, processes: Processes, tmp_path: Path) -> System:
    return started_system(url, stand_in, processes, tmp_path)


def test_running_programs_go_on_through_a_migration(
    system: System, url: str, next_schema: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies = {f"gone{n}@example.com": json.dumps(bounce(f"gone{n}@example.com")) for n in range(60)}
    load = Load(system.address)
    with load.running():
        # Given a service and a worker at work
        system.send_all([*bodies.values()][:30])
        eventually("writes are confirmed", lambda: len(load.confirmed) > 50)
        # When the schema is migrated, to where it is already and then further
        assert run([BIN / "suppression-service", "migrate", "--database-url", url]).returncode == 0
        with monkeypatch.context() as patch, contextlib.closing(Store(open_engine(url))) as newer:
            patch.setattr(schema_version, "_config", lambda: next_schema)
            assert schema_version.migrate(newer.engine)[1] == "next"
        confirmed = len(load.confirmed)
        system.send_all([*bodies.values()][30:])
        eventually("writes are confirmed", lambda: len(load.confirmed) > confirmed + 50)
        system.settle()
    # Then nobody has noticed,
    assert (load.refused_checks, load.refused_writes) == ([], [])
    with contextlib.closing(Store(open_engine(url))) as store:
        store._at_head = True
        assert load.confirmed.keys() | bodies.keys() <= listed(store).keys()
    # and a program of the version before is not started anew.
    told = ["--database-url", url, "--listen", "127.0.0.1:0"]
    late = run([BIN / "suppression-service", "serve", *told])
    assert late.returncode == 3
    assert "newer than this program" in late.stderr
