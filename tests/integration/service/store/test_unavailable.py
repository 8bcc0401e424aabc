import contextlib
import datetime as dt
import multiprocessing
import shutil
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from sqlalchemy import event, make_url, text
from sqlalchemy.exc import IntegrityError

from suppression_service.store import (
    Effect,
    Feedback,
    NewSuppression,
    Reason,
    SchemaMissing,
    Store,
    StoreError,
    StoreUnavailable,
)
from suppression_service.store.engine import open_engine, writing

SECRET = "jane.secret@example.com"
Outage = Callable[[str], contextlib.AbstractContextManager[None]]


def write(store: Store) -> int:
    with store.write() as transaction:
        transaction.suppress([NewSuppression(SECRET, Reason.MANUAL)])
    return transaction.revision


def messages_of(error: BaseException | None) -> str:
    """Every text that a log of the error could hold."""
    if error is None:
        return ""
    return f"{error}\n{messages_of(error.__cause__)}\n{messages_of(error.__context__)}"


def test_a_postgresql_database_that_goes_away_is_unavailable_and_comes_back(
    new_postgresql: str, outage: Outage
) -> None:
    # Given a store with open connections
    with contextlib.closing(Store.open(new_postgresql)) as store:
        write(store)
        # When the database goes away, then every use says so
        with outage(new_postgresql):
            for use in (store.revision, store.identity, store.stream_names, lambda: write(store)):
                with pytest.raises(StoreUnavailable):
                    use()
        # and once it is back, all is well without a new store.
        assert write(store) == 2


def test_a_connection_lost_in_a_transaction_is_unavailable_and_leaves_nothing(
    new_postgresql: str, outage: Outage
) -> None:
    with contextlib.closing(Store.open(new_postgresql)) as store:
        with pytest.raises(StoreUnavailable), store.write() as transaction:  # noqa: PT012
            transaction.suppress([NewSuppression(SECRET, Reason.MANUAL)])
            with outage(new_postgresql):
                pass
        assert store.revision() == 0


def test_a_host_that_hangs_is_passed_over_for_the_next(new_postgresql: str) -> None:
    # Given a host that takes connections and says nothing, as one that is frozen does
    with socket.create_server(("127.0.0.1", 0)) as hung:
        socket_folder = make_url(new_postgresql).query["host"]
        hosts = f"host=127.0.0.1:{hung.getsockname()[1]}&host={socket_folder}"
        both = f"{new_postgresql.partition('?')[0]}?{hosts}"
        # When it is the first of two, then the list is read and written on the other.
        quick = f"{both}&connect_timeout=2&target_session_attrs=read-write"
        with contextlib.closing(Store.open(quick)) as store:
            assert write(store) == 1


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(StoreUnavailable, match="onnection") as refused:
        Store.open("postgresql://someone:hunter2@127.0.0.1:1/list")
    assert "hunter2" not in messages_of(refused.value)


def test_a_standby_that_takes_no_writes_is_unavailable_for_writes_alone(
    new_postgresql: str,
) -> None:
    read_only = f"{new_postgresql}&options=-c%20default_transaction_read_only%3Don"
    with contextlib.closing(Store.open(read_only)) as store:
        with pytest.raises(StoreUnavailable, match="read-only"):
            write(store)
        assert store.revision() == 0


def test_a_postgresql_writer_who_keeps_the_lock_too_long_is_unavailable(
    new_postgresql: str,
) -> None:
    impatient = f"{new_postgresql}&options=-c%20lock_timeout%3D50ms"
    with (
        contextlib.closing(Store.open(new_postgresql)) as other,
        contextlib.closing(Store.open(impatient)) as store,
        other.write(),
        pytest.raises(StoreUnavailable, match="lock timeout"),
    ):
        write(store)


def _hold_lock(path: str, pipe: Connection) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    pipe.send("locked")
    pipe.recv()
    connection.execute("ROLLBACK")
    connection.close()


@pytest.fixture
def locked(new_sqlite: str) -> Iterator[str]:
    """A SQLite database on which another process has begun to write."""
    ours, theirs = multiprocessing.Pipe()
    spawn = multiprocessing.get_context("spawn")
    process = spawn.Process(target=_hold_lock, args=(make_url(new_sqlite).database, theirs))
    process.start()
    assert ours.recv() == "locked"
    yield new_sqlite
    ours.send("enough")
    process.join()
    ours.close()
    theirs.close()
    process.close()


def test_an_sqlite_writer_of_another_process_who_keeps_the_lock_too_long_is_unavailable(
    locked: str,
) -> None:
    with contextlib.closing(Store.open(f"{locked}?timeout=0.05")) as store:
        with pytest.raises(StoreUnavailable, match="locked"):
            write(store)
        # Readers do not mind.
        assert store.revision() == 0


def test_an_sqlite_database_opened_read_only_is_unavailable_for_writes(new_sqlite: str) -> None:
    path = make_url(new_sqlite).database
    store = Store(open_engine(f"sqlite:///file:{path}?mode=ro&uri=true"))
    with pytest.raises(StoreUnavailable, match="readonly"):
        write(store)
    store.close()


def test_an_sqlite_file_that_is_replaced_while_in_use_is_not_touched(
    new_sqlite: str, tmp_path: Path
) -> None:
    path, aside = Path(str(make_url(new_sqlite).database)), tmp_path / "aside.db"
    with contextlib.closing(Store.open(new_sqlite)) as store:
        write(store)
        # When the file is moved away, then nothing is written to it, nor to a new one
        path.rename(aside)
        with pytest.raises(StoreUnavailable, match="moved or replaced"):
            write(store)
        assert not path.exists()
        # nor, once another has taken its place, to that one
        shutil.copy(aside, path)
        before = path.read_bytes()
        for use in (store.revision, lambda: write(store)):
            with pytest.raises(StoreUnavailable, match="moved or replaced"):
                use()
        assert path.read_bytes() == before
        # and once it is back, all is well and nothing is lost.
        aside.replace(path)
        assert write(store) == 2


def test_a_full_disk_is_unavailable_for_writes_until_there_is_room(new_sqlite: str) -> None:
    with contextlib.closing(Store.open(new_sqlite)) as store:
        limit: list[int] = []

        @event.listens_for(store.engine, "checkout")
        def fill(connection: sqlite3.Connection, *_: object) -> None:
            # At most as many pages as there are.
            connection.execute(f"PRAGMA max_page_count={limit[0] if limit else 10**9}")

        write(store)
        # When the file can grow no more
        limit.append(1)
        long = [NewSuppression(f"{n:0300}@x.org", Reason.MANUAL) for n in range(1_000)]
        with pytest.raises(StoreUnavailable, match="full"), store.write() as transaction:
            transaction.suppress(long)
        # then it can be read, and holds nothing of what was refused,
        assert store.revision() == 1
        # and once there is room, it can be written.
        limit[0] = 10**9
        assert write(store) == 2


def test_a_directory_that_does_not_exist_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="unable to open"):
        Store.open(f"sqlite:///{tmp_path}/none/list.db")


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(SchemaMissing, match=f"no database {tmp_path}/list.db"):
        Store.open(f"sqlite:///{tmp_path}/list.db")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_made_is_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "suppression.db"
    engine = open_engine(f"sqlite:///{file}", create=True)
    with contextlib.closing(engine.raw_connection()) as connection:
        connection.execute("CREATE TABLE made (id INTEGER)")
        made = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
    assert made == dict.fromkeys(
        ("suppression.db", "suppression.db-wal", "suppression.db-shm"), 0o600
    )
    engine.dispose()


def test_a_file_that_is_no_database_is_reported_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "list.db"
    path.write_text("not a database at all, but long enough to be looked at as one" * 20)
    with pytest.raises(StoreError, match=f"not a database: {path}"):
        Store.open(f"sqlite:///{path}")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "cannot be read"),
        ("list.db", "cannot be read"),
        ("postgresql://u:hunter2@host:port/list", "cannot be read"),
        ("mysql://u:hunter2@host/list", "no support for mysql"),
    ],
)
def test_a_url_that_is_none_is_reported_without_its_password(url: str, said: str) -> None:
    with pytest.raises(StoreError, match=said) as refused:
        Store.open(url)
    assert "hunter2" not in messages_of(refused.value)


def test_a_statement_that_fails_does_not_show_its_values(store: Store) -> None:
    # Given a statement that the database refuses: two columns of the key are missing
    piece = Feedback(
        provider="ses",
        kind="Bounce",
        identity="b1",
        address=SECRET,
        happened=dt.datetime(2026, 3, 1, tzinfo=dt.UTC),
        effect=Effect(Reason.MANUAL),
    )
    with store.engine.begin() as connection:
        connection.execute(text("ALTER TABLE event DROP COLUMN diagnostic"))
    # When feedback is recorded, then whatever is raised keeps quiet about it.
    with pytest.raises(Exception) as failed, store.write() as transaction:  # noqa: PT011
        transaction.record([piece])
    assert "jane.secret" not in messages_of(failed.value)


def test_a_row_that_postgresql_refuses_is_not_shown(new_postgresql: str) -> None:
    with contextlib.closing(Store.open(new_postgresql)) as store:
        write(store)
        forgetful = text("UPDATE suppression SET source = NULL")
        with pytest.raises(IntegrityError) as failed, writing(store.engine) as connection:
            connection.execute(forgetful)
    assert "null value" in messages_of(failed.value)
    assert "jane.secret" not in messages_of(failed.value)


def test_importing_the_store_brings_in_no_grpc() -> None:
    code = "import suppression_service.store, sys; sys.exit('grpc' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
