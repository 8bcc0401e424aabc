"""The list in SQL: which addresses are suppressed, why, and by which feedback.

One schema on SQLite and PostgreSQL, shared by ingest and the service. Every call blocks;
callers on an event loop use threads.
"""

from suppression_service.store.errors import (
    MalformedRevision,
    ReadTooLong,
    SchemaError,
    SchemaMissing,
    SchemaOutdated,
    SchemaTooNew,
    StoreError,
    StoreUnavailable,
    TooManyStreams,
)
from suppression_service.store.events import DEDUPLICATION_WINDOW
from suppression_service.store.import_rows import ImportOutcome, ImportRow
from suppression_service.store.models import (
    AccountListPage,
    AddressRecord,
    ChangePage,
    DailyCount,
    DeliveryEvent,
    DeliveryEventKind,
    Effect,
    Erased,
    Erasure,
    Event,
    Feedback,
    Identity,
    NewSuppression,
    Reason,
    Removal,
    ReplyCategory,
    ReplyExample,
    Retry,
    Revision,
    SoftBounce,
    SoftBounceHistory,
    Suppressed,
    Suppression,
)
from suppression_service.store.purge import DeletionCutoffs
from suppression_service.store.replication import fingerprint
from suppression_service.store.series import Dimension, Measure
from suppression_service.store.soft_bounces import is_counted
from suppression_service.store.statistics_query import StatisticsQuery, StatisticsRow
from suppression_service.store.status import IngestStatus
from suppression_service.store.store import Store
from suppression_service.store.transaction import WriteTransaction

__all__ = [
    "DEDUPLICATION_WINDOW",
    "AccountListPage",
    "AddressRecord",
    "ChangePage",
    "DailyCount",
    "DeletionCutoffs",
    "DeliveryEvent",
    "DeliveryEventKind",
    "Dimension",
    "Effect",
    "Erased",
    "Erasure",
    "Event",
    "Feedback",
    "Identity",
    "ImportOutcome",
    "ImportRow",
    "IngestStatus",
    "MalformedRevision",
    "Measure",
    "NewSuppression",
    "ReadTooLong",
    "Reason",
    "Removal",
    "ReplyCategory",
    "ReplyExample",
    "Retry",
    "Revision",
    "SchemaError",
    "SchemaMissing",
    "SchemaOutdated",
    "SchemaTooNew",
    "SoftBounce",
    "SoftBounceHistory",
    "StatisticsQuery",
    "StatisticsRow",
    "Store",
    "StoreError",
    "StoreUnavailable",
    "Suppressed",
    "Suppression",
    "TooManyStreams",
    "WriteTransaction",
    "fingerprint",
    "is_counted",
]
