"""Migrated PostgreSQL databases for tests, each used by one test after the other.

To make a database takes PostgreSQL many times as long as to empty one.
"""

from typing import Final

import psycopg
from psycopg import sql
from sqlalchemy import URL

#: What a test can change in a database beside its rows: relations, columns, settings.
_DEFINITIONS: Final = """
    SELECT string_agg(concat_ws(' ', relname, relkind, relchecks, relhastriggers, (
        SELECT string_agg(concat_ws(' ', attname, atttypid, attnotnull), ',' ORDER BY attnum)
        FROM pg_attribute WHERE attrelid = pg_class.oid AND attnum > 0
    )), ';' ORDER BY relname), (
        SELECT string_agg(setconfig::text, ';') FROM pg_db_role_setting
        JOIN pg_database ON setdatabase = pg_database.oid WHERE datname = current_database()
    )
    FROM pg_class WHERE relnamespace = 'public'::regnamespace
"""
_TABLES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_RESTART: Final = """
    SELECT setval(format('%I', sequencename)::regclass, start_value, false) FROM pg_sequences
    WHERE schemaname = 'public'
"""
_DISCONNECT: Final = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"


class DatabasePool:
    """Makes copies of a database, and takes them back to be used again.

    Args:
        admin: a connection that may do anything, in autocommit mode.
        template: a migrated database to which nobody is connected.
    """

    def __init__(self, admin: psycopg.Connection, template: URL) -> None:
        self._admin = admin
        self._template = template
        self._made = 0
        self._free: list[str] = []
        with self._connected(str(template.database)) as connection:
            self._definitions = _definitions(connection)
            self._rows = {table: _copied(connection, table) for table in _tables(connection)}

    def take(self) -> URL:
        """Return a database that is as the template is."""
        if self._free:
            return self._template.set(database=self._free.pop())
        self._made += 1
        name = f"copy_{self._made}"
        self._admin.execute(f"CREATE DATABASE {name} TEMPLATE {self._template.database}")
        return self._template.set(database=name)

    def give_back(self, database: URL) -> None:
        """Empty a database for another test; drop one whose definitions a test has changed."""
        name = str(database.database)
        self._admin.execute(_DISCONNECT, [name])
        if self._restored(name):
            self._free.append(name)
        else:
            self._admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _restored(self, name: str) -> bool:
        try:
            with self._connected(name) as connection:
                if _definitions(connection) != self._definitions:
                    return False
                _restore(connection, self._rows)
                return True
        except psycopg.OperationalError:  # it takes no connections
            return False

    def _connected(self, name: str) -> psycopg.Connection:
        url = self._template.set(database=name)
        return psycopg.connect(url.render_as_string(hide_password=False))


def _definitions(connection: psycopg.Connection) -> object:
    return connection.execute(_DEFINITIONS).fetchone()


def _tables(connection: psycopg.Connection) -> list[str]:
    return [name for (name,) in connection.execute(_TABLES)]


def _copied(connection: psycopg.Connection, table: str) -> bytes:
    command = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))
    with connection.cursor().copy(command) as copy:
        return b"".join(bytes(block) for block in copy)


def _restore(connection: psycopg.Connection, rows: dict[str, bytes]) -> None:
    # Without checks of foreign keys, whose order would have to be found out.
    connection.execute("SET session_replication_role = replica")
    # With few rows much cheaper than TRUNCATE, which makes new files.
    for table in rows:
        connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
    connection.execute(_RESTART)
    for table in filter(rows.get, rows):
        command = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))
        with connection.cursor().copy(command) as copy:
            copy.write(rows[table])
