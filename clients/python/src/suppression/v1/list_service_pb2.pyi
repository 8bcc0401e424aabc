from google.protobuf import timestamp_pb2 as _timestamp_pb2
from suppression.v1 import suppression_pb2 as _suppression_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SuppressionState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SUPPRESSION_STATE_UNSPECIFIED: _ClassVar[SuppressionState]
    SUPPRESSION_STATE_ACTIVE: _ClassVar[SuppressionState]
    SUPPRESSION_STATE_EXPIRED: _ClassVar[SuppressionState]
    SUPPRESSION_STATE_REMOVED: _ClassVar[SuppressionState]

class SuppressionOrder(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SUPPRESSION_ORDER_UNSPECIFIED: _ClassVar[SuppressionOrder]
    SUPPRESSION_ORDER_NEWEST: _ClassVar[SuppressionOrder]
    SUPPRESSION_ORDER_ADDRESS: _ClassVar[SuppressionOrder]
    SUPPRESSION_ORDER_CHANGED: _ClassVar[SuppressionOrder]

class ImportOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IMPORT_OUTCOME_UNSPECIFIED: _ClassVar[ImportOutcome]
    IMPORT_OUTCOME_CREATED: _ClassVar[ImportOutcome]
    IMPORT_OUTCOME_UPDATED: _ClassVar[ImportOutcome]
    IMPORT_OUTCOME_UNCHANGED: _ClassVar[ImportOutcome]
    IMPORT_OUTCOME_KEPT_REMOVED: _ClassVar[ImportOutcome]
    IMPORT_OUTCOME_REFUSED: _ClassVar[ImportOutcome]
SUPPRESSION_STATE_UNSPECIFIED: SuppressionState
SUPPRESSION_STATE_ACTIVE: SuppressionState
SUPPRESSION_STATE_EXPIRED: SuppressionState
SUPPRESSION_STATE_REMOVED: SuppressionState
SUPPRESSION_ORDER_UNSPECIFIED: SuppressionOrder
SUPPRESSION_ORDER_NEWEST: SuppressionOrder
SUPPRESSION_ORDER_ADDRESS: SuppressionOrder
SUPPRESSION_ORDER_CHANGED: SuppressionOrder
IMPORT_OUTCOME_UNSPECIFIED: ImportOutcome
IMPORT_OUTCOME_CREATED: ImportOutcome
IMPORT_OUTCOME_UPDATED: ImportOutcome
IMPORT_OUTCOME_UNCHANGED: ImportOutcome
IMPORT_OUTCOME_KEPT_REMOVED: ImportOutcome
IMPORT_OUTCOME_REFUSED: ImportOutcome

class SuppressionFilter(_message.Message):
    __slots__ = ("reasons", "stream", "source", "domain", "address_prefix", "created_after", "created_before", "changed_after", "changed_before", "state")
    REASONS_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_PREFIX_FIELD_NUMBER: _ClassVar[int]
    CREATED_AFTER_FIELD_NUMBER: _ClassVar[int]
    CREATED_BEFORE_FIELD_NUMBER: _ClassVar[int]
    CHANGED_AFTER_FIELD_NUMBER: _ClassVar[int]
    CHANGED_BEFORE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    reasons: _containers.RepeatedScalarFieldContainer[_suppression_pb2.Reason]
    stream: str
    source: str
    domain: str
    address_prefix: str
    created_after: _timestamp_pb2.Timestamp
    created_before: _timestamp_pb2.Timestamp
    changed_after: _timestamp_pb2.Timestamp
    changed_before: _timestamp_pb2.Timestamp
    state: SuppressionState
    def __init__(self, reasons: _Optional[_Iterable[_Union[_suppression_pb2.Reason, str]]] = ..., stream: _Optional[str] = ..., source: _Optional[str] = ..., domain: _Optional[str] = ..., address_prefix: _Optional[str] = ..., created_after: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., created_before: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., changed_after: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., changed_before: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., state: _Optional[_Union[SuppressionState, str]] = ...) -> None: ...

class ListSuppressionsRequest(_message.Message):
    __slots__ = ("filter", "order", "page_size", "page_token")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    filter: SuppressionFilter
    order: SuppressionOrder
    page_size: int
    page_token: str
    def __init__(self, filter: _Optional[_Union[SuppressionFilter, _Mapping]] = ..., order: _Optional[_Union[SuppressionOrder, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSuppressionsResponse(_message.Message):
    __slots__ = ("suppressions", "next_page_token", "revision")
    SUPPRESSIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    suppressions: _containers.RepeatedCompositeFieldContainer[_suppression_pb2.Suppression]
    next_page_token: str
    revision: str
    def __init__(self, suppressions: _Optional[_Iterable[_Union[_suppression_pb2.Suppression, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., revision: _Optional[str] = ...) -> None: ...

class ImportSuppressionsRequest(_message.Message):
    __slots__ = ("suppressions", "restore_removed", "dry_run")
    SUPPRESSIONS_FIELD_NUMBER: _ClassVar[int]
    RESTORE_REMOVED_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    suppressions: _containers.RepeatedCompositeFieldContainer[_suppression_pb2.Suppression]
    restore_removed: bool
    dry_run: bool
    def __init__(self, suppressions: _Optional[_Iterable[_Union[_suppression_pb2.Suppression, _Mapping]]] = ..., restore_removed: bool = ..., dry_run: bool = ...) -> None: ...

class ImportSuppressionsResponse(_message.Message):
    __slots__ = ("results", "revision")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[ImportResult]
    revision: str
    def __init__(self, results: _Optional[_Iterable[_Union[ImportResult, _Mapping]]] = ..., revision: _Optional[str] = ...) -> None: ...

class ImportResult(_message.Message):
    __slots__ = ("outcome", "refusal")
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    outcome: ImportOutcome
    refusal: ImportRefusal
    def __init__(self, outcome: _Optional[_Union[ImportOutcome, str]] = ..., refusal: _Optional[_Union[ImportRefusal, _Mapping]] = ...) -> None: ...

class ImportRefusal(_message.Message):
    __slots__ = ("field", "reason", "message")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    field: str
    reason: str
    message: str
    def __init__(self, field: _Optional[str] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...
