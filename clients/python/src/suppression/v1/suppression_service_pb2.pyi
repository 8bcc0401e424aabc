from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from suppression.v1 import suppression_pb2 as _suppression_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CheckAddressRequest(_message.Message):
    __slots__ = ("address", "stream", "mail_class", "min_revision")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    MAIL_CLASS_FIELD_NUMBER: _ClassVar[int]
    MIN_REVISION_FIELD_NUMBER: _ClassVar[int]
    address: str
    stream: str
    mail_class: _suppression_pb2.MailClass
    min_revision: str
    def __init__(self, address: _Optional[str] = ..., stream: _Optional[str] = ..., mail_class: _Optional[_Union[_suppression_pb2.MailClass, str]] = ..., min_revision: _Optional[str] = ...) -> None: ...

class CheckAddressResponse(_message.Message):
    __slots__ = ("verdict", "reason", "revision", "as_of_time")
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    verdict: _suppression_pb2.Verdict
    reason: _suppression_pb2.Reason
    revision: str
    as_of_time: _timestamp_pb2.Timestamp
    def __init__(self, verdict: _Optional[_Union[_suppression_pb2.Verdict, str]] = ..., reason: _Optional[_Union[_suppression_pb2.Reason, str]] = ..., revision: _Optional[str] = ..., as_of_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class BatchCheckRequest(_message.Message):
    __slots__ = ("addresses", "stream", "mail_class", "min_revision")
    ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    MAIL_CLASS_FIELD_NUMBER: _ClassVar[int]
    MIN_REVISION_FIELD_NUMBER: _ClassVar[int]
    addresses: _containers.RepeatedScalarFieldContainer[str]
    stream: str
    mail_class: _suppression_pb2.MailClass
    min_revision: str
    def __init__(self, addresses: _Optional[_Iterable[str]] = ..., stream: _Optional[str] = ..., mail_class: _Optional[_Union[_suppression_pb2.MailClass, str]] = ..., min_revision: _Optional[str] = ...) -> None: ...

class BatchCheckResponse(_message.Message):
    __slots__ = ("verdicts", "matches", "revision", "as_of_time")
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    MATCHES_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    verdicts: _containers.RepeatedScalarFieldContainer[_suppression_pb2.Verdict]
    matches: _containers.RepeatedCompositeFieldContainer[Match]
    revision: str
    as_of_time: _timestamp_pb2.Timestamp
    def __init__(self, verdicts: _Optional[_Iterable[_Union[_suppression_pb2.Verdict, str]]] = ..., matches: _Optional[_Iterable[_Union[Match, _Mapping]]] = ..., revision: _Optional[str] = ..., as_of_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Match(_message.Message):
    __slots__ = ("index", "reason")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    index: int
    reason: _suppression_pb2.Reason
    def __init__(self, index: _Optional[int] = ..., reason: _Optional[_Union[_suppression_pb2.Reason, str]] = ...) -> None: ...

class SuppressRequest(_message.Message):
    __slots__ = ("address", "reason", "stream", "source", "detail", "ttl", "domain", "include_subdomains")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    TTL_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_SUBDOMAINS_FIELD_NUMBER: _ClassVar[int]
    address: str
    reason: _suppression_pb2.Reason
    stream: str
    source: str
    detail: str
    ttl: _duration_pb2.Duration
    domain: str
    include_subdomains: bool
    def __init__(self, address: _Optional[str] = ..., reason: _Optional[_Union[_suppression_pb2.Reason, str]] = ..., stream: _Optional[str] = ..., source: _Optional[str] = ..., detail: _Optional[str] = ..., ttl: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., domain: _Optional[str] = ..., include_subdomains: bool = ...) -> None: ...

class SuppressResponse(_message.Message):
    __slots__ = ("suppression", "created", "revision")
    SUPPRESSION_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    suppression: _suppression_pb2.Suppression
    created: bool
    revision: str
    def __init__(self, suppression: _Optional[_Union[_suppression_pb2.Suppression, _Mapping]] = ..., created: bool = ..., revision: _Optional[str] = ...) -> None: ...

class UnsuppressRequest(_message.Message):
    __slots__ = ("address", "reason", "stream", "source", "detail", "domain")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    address: str
    reason: _suppression_pb2.Reason
    stream: str
    source: str
    detail: str
    domain: str
    def __init__(self, address: _Optional[str] = ..., reason: _Optional[_Union[_suppression_pb2.Reason, str]] = ..., stream: _Optional[str] = ..., source: _Optional[str] = ..., detail: _Optional[str] = ..., domain: _Optional[str] = ...) -> None: ...

class UnsuppressResponse(_message.Message):
    __slots__ = ("removed", "revision")
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    removed: _containers.RepeatedCompositeFieldContainer[_suppression_pb2.Suppression]
    revision: str
    def __init__(self, removed: _Optional[_Iterable[_Union[_suppression_pb2.Suppression, _Mapping]]] = ..., revision: _Optional[str] = ...) -> None: ...

class GetAddressRequest(_message.Message):
    __slots__ = ("address", "domain")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    address: str
    domain: str
    def __init__(self, address: _Optional[str] = ..., domain: _Optional[str] = ...) -> None: ...

class GetAddressResponse(_message.Message):
    __slots__ = ("suppressions", "events", "revision")
    SUPPRESSIONS_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    suppressions: _containers.RepeatedCompositeFieldContainer[_suppression_pb2.Suppression]
    events: _containers.RepeatedCompositeFieldContainer[_suppression_pb2.Event]
    revision: str
    def __init__(self, suppressions: _Optional[_Iterable[_Union[_suppression_pb2.Suppression, _Mapping]]] = ..., events: _Optional[_Iterable[_Union[_suppression_pb2.Event, _Mapping]]] = ..., revision: _Optional[str] = ...) -> None: ...

class ListChangesRequest(_message.Message):
    __slots__ = ("after_revision", "page_size", "max_wait")
    AFTER_REVISION_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    MAX_WAIT_FIELD_NUMBER: _ClassVar[int]
    after_revision: str
    page_size: int
    max_wait: _duration_pb2.Duration
    def __init__(self, after_revision: _Optional[str] = ..., page_size: _Optional[int] = ..., max_wait: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class ListChangesResponse(_message.Message):
    __slots__ = ("changes", "through_revision")
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    THROUGH_REVISION_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedCompositeFieldContainer[_suppression_pb2.Suppression]
    through_revision: str
    def __init__(self, changes: _Optional[_Iterable[_Union[_suppression_pb2.Suppression, _Mapping]]] = ..., through_revision: _Optional[str] = ...) -> None: ...

class EraseAddressRequest(_message.Message):
    __slots__ = ("address", "detail")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    address: str
    detail: str
    def __init__(self, address: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class EraseAddressResponse(_message.Message):
    __slots__ = ("suppressions", "events", "revision")
    SUPPRESSIONS_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    suppressions: int
    events: int
    revision: str
    def __init__(self, suppressions: _Optional[int] = ..., events: _Optional[int] = ..., revision: _Optional[str] = ...) -> None: ...
