"""The list itself: what is suppressed, why, and how we know.

One schema on SQLite and PostgreSQL. Ingest and the service share it and nothing
else. Everything here blocks; callers on an event loop use threads.
"""

from suppression_service.store.errors import (
    SchemaError,
    SchemaMissing,
    SchemaOutdated,
    SchemaTooNew,
    StoreError,
    StoreUnavailable,
)
from suppression_service.store.models import (
    AddressRecord,
    ChangePage,
    DailyCount,
    Effect,
    Erased,
    Erasure,
    Event,
    Feedback,
    Identity,
    MalformedRevision,
    Milestone,
    MilestoneKind,
    NewSuppression,
    Reason,
    Removal,
    Retry,
    Revision,
    SoftBounce,
    SoftBounceHistory,
    Suppressed,
    Suppression,
)
from suppression_service.store.purge import Horizon
from suppression_service.store.soft_bounces import is_counted
from suppression_service.store.store import Store
from suppression_service.store.transaction import WriteTransaction

__all__ = [
    "AddressRecord",
    "ChangePage",
    "DailyCount",
    "Effect",
    "Erased",
    "Erasure",
    "Event",
    "Feedback",
    "Horizon",
    "Identity",
    "MalformedRevision",
    "Milestone",
    "MilestoneKind",
    "NewSuppression",
    "Reason",
    "Removal",
    "Retry",
    "Revision",
    "SchemaError",
    "SchemaMissing",
    "SchemaOutdated",
    "SchemaTooNew",
    "SoftBounce",
    "SoftBounceHistory",
    "Store",
    "StoreError",
    "StoreUnavailable",
    "Suppressed",
    "Suppression",
    "WriteTransaction",
    "is_counted",
]
