"""A store of each engine, and the same store at any time."""

import datetime as dt
from collections.abc import Callable, Iterator

import pytest

from suppression_service.store import Store
from tests.support.tables import empty


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A store on a database of its own."""
    opened = Store.open(url)
    yield opened
    opened.close()


@pytest.fixture
def at(store: Store) -> Callable[[dt.datetime], Store]:
    """The same store, at a time that the test chooses."""

    def store_at(now: dt.datetime) -> Store:
        return Store(store.engine, now=lambda: now)

    return store_at


@pytest.fixture
def emptied(store: Store) -> Callable[[], Store]:
    """The same store with nothing in it, for tests that need many."""

    def emptied_store() -> Store:
        empty(store)
        return store

    return emptied_store
