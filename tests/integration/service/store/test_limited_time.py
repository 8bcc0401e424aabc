import pytest
from sqlalchemy import text

from suppression_service.store import ReadTooLong, Store
from suppression_service.store.engine import limited_time, reading

_ENDLESS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
    " SELECT max(i) FROM n",
    "postgresql": "SELECT pg_sleep(60)",
}


def test_a_read_that_takes_too_long_is_ended_and_says_so(store: Store) -> None:
    endless = text(_ENDLESS[store.engine.dialect.name])
    with (
        pytest.raises(ReadTooLong),
        reading(store.engine) as connection,
        limited_time(connection, 0.02),
    ):
        connection.execute(endless)
    # The next read has its own time.
    assert store.revision() == 0
