"""Programs of the version before go on while, and after, the schema is migrated."""

import itertools
from collections.abc import Iterator

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

from suppression_service.store.engine import open_engine, writing
from suppression_service.store.migrate import _config

# SQLAlchemy does not read such indexes back; none of them is unique.
pytestmark = pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based")

STEPS = list(ScriptDirectory.from_config(_config()).walk_revisions())[::-1]
Columns = dict[tuple[str, str], dict[str, object]]


@pytest.fixture
def engine(sqlite_url: str) -> Iterator[Engine]:
    engine = open_engine(sqlite_url, create=True)
    yield engine
    engine.dispose()


def upgrade(engine: Engine, version: str) -> None:
    with writing(engine) as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, version)


def columns(engine: Engine) -> Columns:
    """Every column of every table, in comparable form."""
    inspector = inspect(engine)
    return {
        (table, column["name"]): {**column, "type": str(column["type"])}
        for table in inspector.get_table_names()
        for column in inspector.get_columns(table)
    }


def unique(engine: Engine) -> set[tuple[str, str]]:
    """What must not come twice, by table."""
    inspector = inspect(engine)
    return {
        (table, str(constraint["column_names"]))
        for table in inspector.get_table_names()
        for constraint in [
            *inspector.get_unique_constraints(table),
            *(index for index in inspector.get_indexes(table) if index["unique"]),
        ]
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(one.revision, two.revision, id=two.revision)
        for one, two in itertools.pairwise(STEPS)
    ],
)
def test_what_the_version_before_reads_and_writes_stays_as_it_was(
    engine: Engine, before: str, after: str
) -> None:
    upgrade(engine, before)
    old, old_unique = columns(engine), unique(engine)
    upgrade(engine, after)
    new = columns(engine)
    # Nothing is gone or changed,
    assert old.items() <= new.items()
    # a row without the new columns is still a row,
    tables = {table for table, _ in old}
    added = {key: new[key] for key in new.keys() - old.keys() if key[0] in tables}
    assert all(each["nullable"] or each["default"] for each in added.values())
    # and none is refused that was not before.
    assert {each for each in unique(engine) if each[0] in tables} == old_unique
