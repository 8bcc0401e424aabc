"""The schema moves on while the programs that know the one before it run, and start."""

import contextlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.local.aws import StandIn
from deploy.local.events import bounce
from suppression import Reason, Verdict
from suppression_service.store import Store, migrate
from suppression_service.store.engine import open_engine
from tests.support.load import LISTED, Load, listed, started_system
from tests.support.processes import BIN, Processes, eventually, run
from tests.support.system import System

_NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "next"
down_revision = "{head}"
branch_labels = None
depends_on = None
oldest_program = "{oldest}"


def upgrade() -> None:
    op.add_column("suppression", sa.Column("campaign", sa.Text, server_default=sa.text("''")))
    op.create_index("ix_suppression_campaign", "suppression", ["campaign"])
    op.create_table("campaign", sa.Column("name", sa.Text, primary_key=True))
"""


@pytest.fixture
def migrate_further(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Take a schema one step further, such as a next version could bring: it only adds.

    Which programs the step takes is as told: those of this version, if nothing is.
    """

    def migrate_one_step(url: str, oldest_program: str = migrate._head()) -> None:
        ours = Path(migrate.__file__).with_name("migrations")
        theirs = tmp_path / "migrations"
        shutil.copytree(ours, theirs, ignore=shutil.ignore_patterns("__pycache__"))
        step = _NEXT.format(head=migrate._head(), oldest=oldest_program)
        (theirs / "versions" / "9999_next.py").write_text(step)
        config = migrate._config()
        config.set_main_option("script_location", str(theirs))
        with monkeypatch.context() as patch, contextlib.closing(Store(open_engine(url))) as newer:
            patch.setattr(migrate, "_config", lambda: config)
            assert migrate.migrate(newer.engine)[1] == "next"

    return migrate_one_step


@pytest.fixture
def start(
    url: str, stand_in: StandIn, processes: Processes, tmp_path: Path
) -> Callable[[], System]:
    """Start a service and a worker of this version."""
    return lambda: started_system(url, stand_in, processes, tmp_path)


def test_running_programs_go_on_through_a_migration(
    url: str, start: Callable[[], System], migrate_further: Callable[..., None]
) -> None:
    bodies = {f"gone{n}@example.com": json.dumps(bounce(f"gone{n}@example.com")) for n in range(60)}
    system = start()
    load = Load(system.address)
    with load.running():
        # Given a service and a worker at work
        system.send_all([*bodies.values()][:30])
        eventually("writes are confirmed", lambda: len(load.confirmed) > 50)
        # When the schema is migrated, to where it is already and then further
        assert run([BIN / "suppression-service", "migrate", "--database-url", url]).returncode == 0
        migrate_further(url)
        confirmed = len(load.confirmed)
        system.send_all([*bodies.values()][30:])
        eventually("writes are confirmed", lambda: len(load.confirmed) > confirmed + 50)
        system.settle()
    # Then nobody has noticed.
    assert (load.refused_checks, load.refused_writes) == ([], [])
    with contextlib.closing(Store.open(url)) as store:
        assert load.confirmed.keys() | bodies.keys() <= listed(store).keys()


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_programs_start_on_a_newer_schema_that_takes_them(
    url: str, start: Callable[[], System], migrate_further: Callable[..., None]
) -> None:
    # Given a schema that a newer program has migrated
    migrate_further(url)
    # When the programs of the version before start
    system = start()
    # Then they say what they have found,
    for process in system.processes.started:
        process.line("warning.*schema is newer than this program")
    # answer checks, and take in what callers and SES tell;
    assert system.check(LISTED).verdict is Verdict.DO_NOT_SEND
    with system.client() as client:
        client.suppress("written@example.com", reason=Reason.MANUAL)
    system.send(json.dumps(bounce("gone@example.com")))
    system.settle()
    assert system.check("written@example.com").reason is Reason.MANUAL
    assert system.check("gone@example.com").reason is Reason.HARD_BOUNCE
    # and what each of them does first, to migrate, changes nothing.
    done = run([BIN / "suppression-service", "migrate", "--database-url", url])
    assert (done.returncode, done.stdout) == (0, "schema at next\n")
    assert "schema is newer than this program" in done.stderr


def test_no_program_starts_on_a_newer_schema_that_takes_only_newer_ones(
    new_sqlite: str, migrate_further: Callable[..., None]
) -> None:
    migrate_further(new_sqlite, oldest_program="next")
    for program, *told in (
        ["suppression-service", "serve", "--listen", "127.0.0.1:0"],
        ["suppression-ingest", "worker", "--queue-url", "http://127.0.0.1:1/queue"],
    ):
        late = run([BIN / program, *told, "--database-url", new_sqlite])
        assert late.returncode == 3, late.stderr
        assert "works with no program older than next: run a newer program" in late.stderr
