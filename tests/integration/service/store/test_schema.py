import contextlib
import datetime as dt
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, select, text, update
from structlog.testing import capture_logs

from suppression_service.store import (
    DailyCount,
    DeliveryEvent,
    DeliveryEventKind,
    SchemaMissing,
    SchemaOutdated,
    SchemaTooNew,
    Store,
)
from suppression_service.store.engine import open_engine, writing
from suppression_service.store.migrate import _config, _head, _known, migrate
from suppression_service.store.schema import compatibility, metadata, microseconds

# SQLAlchemy does not read indexes of expressions on SQLite: see index_definitions.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based"),
    pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based"),
]

_STEPS = ScriptDirectory.from_config(_config())
#: What each step declares, by its version. Those before 0004 declare nothing.
OLDEST_PROGRAMS = {
    version: _STEPS.get_revision(version).module.oldest_program
    for version in _known()
    if version >= "0004"
}


@pytest.fixture
def empty(empty_url: str) -> Iterator[Engine]:
    engine = open_engine(empty_url, create=True)
    yield engine
    engine.dispose()


def set_version(engine: Engine, version: str, oldest_program: str) -> None:
    """Have a database say that a newer program has migrated it."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})
        connection.execute(update(compatibility).values(oldest_program=oldest_program))


def version_of(engine: Engine) -> str:
    with engine.connect() as connection:
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    return str(found)


def table_names(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def shape(engine: Engine) -> dict[str, object]:
    """Everything that an engine reports of the tables, in comparable form."""
    inspector = inspect(engine)
    tables: dict[str, object] = {
        name: (
            [(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(name)],
            inspector.get_pk_constraint(name),
            sorted(inspector.get_unique_constraints(name), key=str),
            sorted(inspector.get_foreign_keys(name), key=str),
            sorted(inspector.get_check_constraints(name), key=str),
        )
        for name in metadata.tables
    }
    return tables | index_definitions(engine)


def index_definitions(engine: Engine) -> dict[str, object]:
    """Each index as an engine would make it."""
    query = {
        "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    }[engine.dialect.name]
    with engine.connect() as connection:
        found = connection.execute(text(query)).all()
    return {name: " ".join(sql.split()) for name, sql in found if name != "alembic_version_pkc"}


def is_compared(_item: object, name: str | None, kind: str, *_: object) -> bool:
    """Leave out the indexes of expressions, which Alembic does not compare."""
    return kind != "index" or name not in ("ix_suppression_changed", "ix_suppression_domain")


def test_the_versions_that_are_known_are_those_of_the_migrations() -> None:
    steps = ScriptDirectory.from_config(_config()).walk_revisions()
    assert [step.revision for step in steps][::-1] == [*_known()]


def test_the_models_are_the_sum_of_the_migrations(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                "include_object": is_compared,
            },
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
    engine = open_engine(url, create=True)
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


def test_a_database_without_a_schema_is_opened_if_it_may_be_migrated(empty_url: str) -> None:
    with contextlib.closing(Store.open(empty_url, migrate_first=True)) as store:
        assert store.revision() == 0


def test_a_newer_schema_that_takes_this_program_is_opened_with_a_warning(
    store: Store, url: str
) -> None:
    set_version(store.engine, "9999", oldest_program=_head())
    with capture_logs() as logs, contextlib.closing(Store.open(url)) as opened:
        assert opened.revision() == 0
    assert [(line["log_level"], line["schema"], line["program"]) for line in logs] == [
        ("warning", "9999", _head())
    ]


def test_a_newer_schema_that_takes_only_newer_programs_is_refused_with_what_to_do(
    store: Store, url: str
) -> None:
    set_version(store.engine, "9999", oldest_program="9998")
    with pytest.raises(SchemaTooNew, match=r"9999.*no program older than 9998.*run a newer"):
        Store.open(url)


def test_a_schema_that_does_not_say_which_programs_it_takes_is_refused(
    store: Store, url: str
) -> None:
    set_version(store.engine, "of another application", oldest_program=_head())
    compatibility.drop(store.engine)
    with pytest.raises(SchemaTooNew, match="of another application"):
        Store.open(url)


def test_a_newer_schema_that_takes_this_program_is_left_as_it_is(store: Store) -> None:
    set_version(store.engine, "9999", oldest_program=_head())
    assert migrate(store.engine) == ("9999", "9999")
    assert version_of(store.engine) == "9999"


def test_a_newer_schema_that_takes_only_newer_programs_is_not_migrated(store: Store) -> None:
    set_version(store.engine, "9999", oldest_program="9998")
    with pytest.raises(SchemaTooNew):
        migrate(store.engine)
    assert version_of(store.engine) == "9999"


def test_a_migration_has_the_database_say_how_old_a_program_may_be(store: Store) -> None:
    # Given a database that says what an earlier step left there
    set_version(store.engine, _head(), oldest_program="0001")
    migrate(store.engine)
    # Then it says what the newest one declares.
    with store.engine.connect() as connection:
        said = connection.execute(select(compatibility.c.oldest_program)).scalar_one()
    assert said == OLDEST_PROGRAMS[_head()]


def test_no_step_takes_programs_that_the_step_before_does_not() -> None:
    declared = list(OLDEST_PROGRAMS.values())
    assert sorted(declared) == declared


def test_each_step_takes_the_programs_of_its_own_version() -> None:
    assert all(oldest in _known() for oldest in OLDEST_PROGRAMS.values())
    assert all(oldest <= version for version, oldest in OLDEST_PROGRAMS.items())


def test_an_older_schema_is_refused_with_what_to_do(
    store: Store, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suppression_service.store.migrate._head", lambda: "9999")
    with pytest.raises(SchemaOutdated, match=r"older.*9999.*suppression-service migrate"):
        Store.open(url)


def test_a_migration_that_fails_leaves_nothing(
    empty: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a migration that breaks after its tables are made
    versions = iter([None])
    monkeypatch.setattr("suppression_service.store.migrate._version", lambda _: next(versions))
    with pytest.raises(StopIteration):
        migrate(empty)
    # Then none of them is there.
    assert table_names(empty) == set()


@pytest.fixture
def at_0001(empty: Engine) -> Engine:
    """A database of the first release, with feedback and an entry in it."""
    with writing(empty) as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(
            text(
                "INSERT INTO suppression (address, stream_id, reason, fingerprint, source, detail,"
                " message_id, feedback_id, first_seen, last_seen, occurrences, revision)"
                " VALUES ('gone@x.example', 0, 1, 7, 'ses', '', 'm', 'f', 0, 0, 1, 1)"
            )
        )
        for number, (address, counts_as) in enumerate(_FEEDBACK_AT_0001):
            connection.execute(
                text(
                    "INSERT INTO event (key, address, provider, kind, type, sub_type, feedback_id,"
                    " message_id, configuration_set, action, status, diagnostic, counts_as, reason,"
                    " happened, received, revision) VALUES (:key, :address, 'ses', 'Bounce', '',"
                    " '', '', :message, 'main', 'failed', '', '', :counts, 0, :at, :at, 1)"
                ),
                {
                    "key": bytes([number]) * 16,
                    "address": address,
                    "message": f"m{number}",
                    "counts": counts_as,
                    "at": microseconds(_DAY + dt.timedelta(hours=number)),
                },
            )
    return empty


_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DAY = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
_FEEDBACK_AT_0001 = [
    ("gone@x.example", "bounce"),
    ("full@x.example", "soft bounce"),
    ("full@x.example", "soft bounce"),
    ("full@x.example", ""),
    ("cross@x.example", "complaint"),
]


def test_a_database_of_the_first_release_keeps_its_list(at_0001: Engine) -> None:
    assert migrate(at_0001)[0] == "0001"
    assert [e.detail for e in Store(at_0001).address("gone@x.example").suppressions] == [""]


def test_the_feedback_of_the_first_release_is_counted(at_0001: Engine) -> None:
    migrate(at_0001)
    assert Store(at_0001).daily_counts(_DAY.date()) == [
        DailyCount(_DAY.date(), "main", hard_bounces=1, soft_bounces=2, complaints=1)
    ]


def test_the_soft_bounces_of_the_first_release_belong_to_the_row(at_0001: Engine) -> None:
    # Given a database of the first release with two soft bounces of an address
    migrate(at_0001)
    # When a delivery comes, then it is one to an address with a history.
    delivery = DeliveryEvent(DeliveryEventKind.DELIVERY, "m", "full@x.example", _DAY)
    with Store(at_0001, now=lambda: _DAY).write() as transaction:
        transaction.count([delivery])
        [history] = transaction.soft_bounce_histories(_EPOCH)
    assert [bounce.message for bounce in history.bounces] == ["m1", "m2"]
