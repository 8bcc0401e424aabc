"""Migrating takes as long as it takes: the service's limits are for callers who wait."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, make_url, text

from suppression_service.store.engine import open_engine
from suppression_service.store.migrate import _MIGRATION_LOCK, migrate
from tests.support.processes import eventually


@pytest.fixture
def impatient(new_postgresql: str) -> Iterator[Engine]:
    """An engine that gives a statement, or a lock, a twentieth of a second."""
    options = {"options": "-c statement_timeout=50ms -c lock_timeout=50ms"}
    url = make_url(new_postgresql).update_query_dict(options)
    engine = open_engine(url.render_as_string(hide_password=False))
    yield engine
    engine.dispose()


@pytest.fixture
def step(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[Any]]:
    """Put one statement in the place of all steps; its answers come in the list."""

    def becomes(statement: str) -> list[Any]:
        answers: list[Any] = []

        def upgrade(config: Config, _revision: str) -> None:
            connection = config.attributes["connection"]
            answers.append(connection.execute(text(statement)).scalar_one())

        monkeypatch.setattr(command, "upgrade", upgrade)
        return answers

    return becomes


def test_a_step_may_take_longer_than_a_statement_of_the_service(
    impatient: Engine, step: Callable[[str], list[Any]]
) -> None:
    answers = step("SELECT 'done' FROM pg_sleep(0.2)")
    migrate(impatient)
    assert answers == ["done"]


def test_a_step_holds_up_who_uses_a_table_no_longer_than_the_service_would(
    impatient: Engine, step: Callable[[str], list[Any]]
) -> None:
    answers = step("SHOW lock_timeout")
    migrate(impatient)
    assert answers == ["50ms"]


def test_a_second_migration_waits_for_the_first(impatient: Engine, new_postgresql: str) -> None:
    first = open_engine(new_postgresql)
    with ThreadPoolExecutor(1) as threads:
        with first.begin() as connection:
            # Given a migration that takes longer than anybody waits for a lock
            turn = {"key": _MIGRATION_LOCK}
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), turn)
            second = threads.submit(migrate, impatient)
            waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            eventually("it waits", lambda: second.done() or connection.scalar(waiting))
            connection.execute(text("SELECT pg_sleep(0.2)"))
        # When it ends, then the second has waited, and finds nothing to do.
        before, after = second.result()
    first.dispose()
    assert before == after
