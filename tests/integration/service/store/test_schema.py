import contextlib
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from service.store import SchemaMissing, SchemaOutdated, SchemaTooNew, Store
from service.store.engine import open_engine
from service.store.schema import metadata
from service.store.schema_version import migrate


@pytest.fixture
def empty(empty_url: str) -> Iterator[Engine]:
    engine = open_engine(empty_url)
    yield engine
    engine.dispose()


def set_version(engine: Engine, version: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})


def table_names(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def shape(engine: Engine) -> dict[str, object]:
    """Everything of the tables that an engine can tell, in comparable form."""
    inspector = inspect(engine)
    return {
        name: (
            [(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(name)],
            inspector.get_pk_constraint(name),
            sorted(inspector.get_unique_constraints(name), key=str),
            sorted(inspector.get_indexes(name), key=str),
            sorted(inspector.get_foreign_keys(name), key=str),
            sorted(inspector.get_check_constraints(name), key=str),
        )
        for name in metadata.tables
    }


def test_the_models_are_the_sum_of_the_migrations(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


def test_the_models_alone_make_the_same_tables(store: Store, empty: Engine) -> None:
    metadata.create_all(empty)
    assert shape(empty) == shape(store.engine)


def test_a_new_database_is_migrated_from_nothing_to_head(empty: Engine) -> None:
    before, after = migrate(empty)
    assert before is None
    assert table_names(empty) == {*metadata.tables, "alembic_version"}
    assert migrate(empty) == (after, after)


def test_a_second_migration_keeps_what_is_there(store: Store) -> None:
    with store.write():
        pass
    identity = store.identity()
    migrate(store.engine)
    assert (store.identity(), store.revision()) == (identity, 1)


def test_two_databases_have_names_of_their_own(store: Store, empty: Engine) -> None:
    migrate(empty)
    assert Store(empty).identity().database_id != store.identity().database_id
    assert Store(empty).identity().fingerprint_seed != store.identity().fingerprint_seed


def _migrate(url: str) -> tuple[str | None, str]:
    engine = open_engine(url)
    try:
        return migrate(engine)
    finally:
        engine.dispose()


def test_of_processes_that_migrate_at_once_one_does_the_work(empty_url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(3, mp_context=spawn) as processes:
        done = list(processes.map(_migrate, [empty_url] * 3))
    assert sorted(before or "" for before, _ in done) == ["", done[0][1], done[0][1]]


def test_a_database_without_a_schema_is_refused_with_what_to_do(empty_url: str) -> None:
    with pytest.raises(SchemaMissing, match="suppression-service migrate"):
        Store.open(empty_url)


def test_a_database_without_a_schema_is_opened_when_told_to_migrate(empty_url: str) -> None:
    with contextlib.closing(Store.open(empty_url, migrate_first=True)) as store:
        assert store.revision() == 0


def test_a_newer_schema_is_refused_with_what_to_do(store: Store, url: str) -> None:
    set_version(store.engine, "9999")
    with pytest.raises(SchemaTooNew, match=r"9999.*newer"):
        Store.open(url)


def test_a_newer_schema_is_not_migrated(store: Store) -> None:
    set_version(store.engine, "9999")
    with pytest.raises(SchemaTooNew):
        migrate(store.engine)
    with store.engine.connect() as connection:
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    assert version == "9999"


def test_an_older_schema_is_refused_with_what_to_do(
    store: Store, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.store.schema_version._head", lambda: "9999")
    with pytest.raises(SchemaOutdated, match=r"older.*9999.*suppression-service migrate"):
        Store.open(url)


def test_a_migration_that_fails_leaves_nothing(
    empty: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a migration that breaks after its tables are made
    def fail() -> str:
        raise RuntimeError

    monkeypatch.setattr("service.store.schema_version._head", fail)
    with pytest.raises(RuntimeError):
        migrate(empty)
    # Then none of them is there.
    assert table_names(empty) == set()
