"""The list itself: what is suppressed, why, and how we know.

One schema on SQLite and PostgreSQL. Ingest and the service share it and nothing
else. Everything here blocks; callers on an event loop use threads.
"""

from service.store.entries import (
    AddressRecord,
    ChangePage,
    Effect,
    Event,
    Feedback,
    Identity,
    MalformedRevision,
    NewSuppression,
    Reason,
    Removal,
    Revision,
    Suppressed,
    Suppression,
)
from service.store.errors import (
    SchemaError,
    SchemaMissing,
    SchemaOutdated,
    SchemaTooNew,
    StoreError,
    StoreUnavailable,
)
from service.store.store import Store
from service.store.writes import WriteTransaction

__all__ = [
    "AddressRecord",
    "ChangePage",
    "Effect",
    "Event",
    "Feedback",
    "Identity",
    "MalformedRevision",
    "NewSuppression",
    "Reason",
    "Removal",
    "Revision",
    "SchemaError",
    "SchemaMissing",
    "SchemaOutdated",
    "SchemaTooNew",
    "Store",
    "StoreError",
    "StoreUnavailable",
    "Suppressed",
    "Suppression",
    "WriteTransaction",
]
