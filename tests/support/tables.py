"""All rows of a database, for tests of erasure and of order: shown as text, or deleted."""

from sqlalchemy import text

from suppression_service.store import Store
from suppression_service.store.schema import metadata


def rows_as_text(store: Store) -> str:
    """Return every value of every row."""
    with store.engine.connect() as connection:
        rows = [row for t in metadata.sorted_tables for row in connection.execute(t.select())]
    return repr(rows)


def empty(store: Store) -> None:
    """Delete the rows about addresses, for tests that need many databases."""
    tables = (
        "event",
        "suppression",
        "delivery_event",
        "daily_count",
        "statistic",
        "packed_statistic",
        "soft_bounce_history",
        "retry",
        "account_list_page",
    )
    with store.engine.begin() as connection:
        for table in tables:
            connection.execute(text(f"DELETE FROM {table}"))
