"""What a database holds, whatever its tables are."""

from suppression_service.store import Store
from suppression_service.store.schema import metadata


def everything(store: Store) -> str:
    """Every value of every row, as text."""
    with store.engine.connect() as connection:
        rows = [row for t in metadata.sorted_tables for row in connection.execute(t.select())]
    return repr(rows)
