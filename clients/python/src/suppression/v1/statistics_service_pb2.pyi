from google.protobuf import timestamp_pb2 as _timestamp_pb2
from suppression.v1 import suppression_pb2 as _suppression_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Dimension(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DIMENSION_UNSPECIFIED: _ClassVar[Dimension]
    DIMENSION_DAY: _ClassVar[Dimension]
    DIMENSION_REASON: _ClassVar[Dimension]
    DIMENSION_SUB_TYPE: _ClassVar[Dimension]
    DIMENSION_STATUS: _ClassVar[Dimension]
    DIMENSION_DOMAIN: _ClassVar[Dimension]
    DIMENSION_CONFIGURATION_SET: _ClassVar[Dimension]
    DIMENSION_STREAM: _ClassVar[Dimension]
    DIMENSION_SOURCE: _ClassVar[Dimension]
    DIMENSION_CATEGORY: _ClassVar[Dimension]

class ReplyCategory(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REPLY_CATEGORY_UNSPECIFIED: _ClassVar[ReplyCategory]
    REPLY_CATEGORY_NO_SUCH_USER: _ClassVar[ReplyCategory]
    REPLY_CATEGORY_MAILBOX_FULL: _ClassVar[ReplyCategory]
    REPLY_CATEGORY_REPUTATION: _ClassVar[ReplyCategory]
    REPLY_CATEGORY_CONTENT: _ClassVar[ReplyCategory]
    REPLY_CATEGORY_POLICY: _ClassVar[ReplyCategory]
    REPLY_CATEGORY_DNS: _ClassVar[ReplyCategory]
    REPLY_CATEGORY_GREYLISTING: _ClassVar[ReplyCategory]
    REPLY_CATEGORY_OTHER: _ClassVar[ReplyCategory]

class Role(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROLE_UNSPECIFIED: _ClassVar[Role]
    ROLE_CHECK: _ClassVar[Role]
    ROLE_READ: _ClassVar[Role]
    ROLE_WRITE: _ClassVar[Role]
    ROLE_ADMIN: _ClassVar[Role]
DIMENSION_UNSPECIFIED: Dimension
DIMENSION_DAY: Dimension
DIMENSION_REASON: Dimension
DIMENSION_SUB_TYPE: Dimension
DIMENSION_STATUS: Dimension
DIMENSION_DOMAIN: Dimension
DIMENSION_CONFIGURATION_SET: Dimension
DIMENSION_STREAM: Dimension
DIMENSION_SOURCE: Dimension
DIMENSION_CATEGORY: Dimension
REPLY_CATEGORY_UNSPECIFIED: ReplyCategory
REPLY_CATEGORY_NO_SUCH_USER: ReplyCategory
REPLY_CATEGORY_MAILBOX_FULL: ReplyCategory
REPLY_CATEGORY_REPUTATION: ReplyCategory
REPLY_CATEGORY_CONTENT: ReplyCategory
REPLY_CATEGORY_POLICY: ReplyCategory
REPLY_CATEGORY_DNS: ReplyCategory
REPLY_CATEGORY_GREYLISTING: ReplyCategory
REPLY_CATEGORY_OTHER: ReplyCategory
ROLE_UNSPECIFIED: Role
ROLE_CHECK: Role
ROLE_READ: Role
ROLE_WRITE: Role
ROLE_ADMIN: Role

class StatisticsFilter(_message.Message):
    __slots__ = ("reason", "domain", "configuration_set", "stream", "source", "category")
    REASON_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    CONFIGURATION_SET_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    reason: _suppression_pb2.Reason
    domain: str
    configuration_set: str
    stream: str
    source: str
    category: ReplyCategory
    def __init__(self, reason: _Optional[_Union[_suppression_pb2.Reason, str]] = ..., domain: _Optional[str] = ..., configuration_set: _Optional[str] = ..., stream: _Optional[str] = ..., source: _Optional[str] = ..., category: _Optional[_Union[ReplyCategory, str]] = ...) -> None: ...

class GetStatisticsRequest(_message.Message):
    __slots__ = ("start_day", "end_day", "group_by", "filter", "include_examples")
    START_DAY_FIELD_NUMBER: _ClassVar[int]
    END_DAY_FIELD_NUMBER: _ClassVar[int]
    GROUP_BY_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    start_day: str
    end_day: str
    group_by: _containers.RepeatedScalarFieldContainer[Dimension]
    filter: StatisticsFilter
    include_examples: bool
    def __init__(self, start_day: _Optional[str] = ..., end_day: _Optional[str] = ..., group_by: _Optional[_Iterable[_Union[Dimension, str]]] = ..., filter: _Optional[_Union[StatisticsFilter, _Mapping]] = ..., include_examples: bool = ...) -> None: ...

class GetStatisticsResponse(_message.Message):
    __slots__ = ("rows", "truncated", "examples")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[StatisticsRow]
    truncated: bool
    examples: _containers.RepeatedCompositeFieldContainer[ReplyExample]
    def __init__(self, rows: _Optional[_Iterable[_Union[StatisticsRow, _Mapping]]] = ..., truncated: bool = ..., examples: _Optional[_Iterable[_Union[ReplyExample, _Mapping]]] = ...) -> None: ...

class StatisticsRow(_message.Message):
    __slots__ = ("day", "reason", "sub_type", "status", "domain", "configuration_set", "stream", "source", "category", "sends", "deliveries", "hard_bounces", "soft_bounces", "complaints", "suppressions", "removals")
    DAY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SUB_TYPE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    CONFIGURATION_SET_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    SENDS_FIELD_NUMBER: _ClassVar[int]
    DELIVERIES_FIELD_NUMBER: _ClassVar[int]
    HARD_BOUNCES_FIELD_NUMBER: _ClassVar[int]
    SOFT_BOUNCES_FIELD_NUMBER: _ClassVar[int]
    COMPLAINTS_FIELD_NUMBER: _ClassVar[int]
    SUPPRESSIONS_FIELD_NUMBER: _ClassVar[int]
    REMOVALS_FIELD_NUMBER: _ClassVar[int]
    day: str
    reason: _suppression_pb2.Reason
    sub_type: str
    status: str
    domain: str
    configuration_set: str
    stream: str
    source: str
    category: ReplyCategory
    sends: int
    deliveries: int
    hard_bounces: int
    soft_bounces: int
    complaints: int
    suppressions: int
    removals: int
    def __init__(self, day: _Optional[str] = ..., reason: _Optional[_Union[_suppression_pb2.Reason, str]] = ..., sub_type: _Optional[str] = ..., status: _Optional[str] = ..., domain: _Optional[str] = ..., configuration_set: _Optional[str] = ..., stream: _Optional[str] = ..., source: _Optional[str] = ..., category: _Optional[_Union[ReplyCategory, str]] = ..., sends: _Optional[int] = ..., deliveries: _Optional[int] = ..., hard_bounces: _Optional[int] = ..., soft_bounces: _Optional[int] = ..., complaints: _Optional[int] = ..., suppressions: _Optional[int] = ..., removals: _Optional[int] = ...) -> None: ...

class ReplyExample(_message.Message):
    __slots__ = ("category", "domain", "status", "text", "last_day")
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    LAST_DAY_FIELD_NUMBER: _ClassVar[int]
    category: ReplyCategory
    domain: str
    status: str
    text: str
    last_day: str
    def __init__(self, category: _Optional[_Union[ReplyCategory, str]] = ..., domain: _Optional[str] = ..., status: _Optional[str] = ..., text: _Optional[str] = ..., last_day: _Optional[str] = ...) -> None: ...

class GetStatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetStatusResponse(_message.Message):
    __slots__ = ("caller_name", "caller_role", "server_version", "revision", "as_of_time", "active_entries", "last_feedback_time", "database_available", "dead_letters", "dead_letters_time")
    CALLER_NAME_FIELD_NUMBER: _ClassVar[int]
    CALLER_ROLE_FIELD_NUMBER: _ClassVar[int]
    SERVER_VERSION_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    AS_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_ENTRIES_FIELD_NUMBER: _ClassVar[int]
    LAST_FEEDBACK_TIME_FIELD_NUMBER: _ClassVar[int]
    DATABASE_AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    DEAD_LETTERS_FIELD_NUMBER: _ClassVar[int]
    DEAD_LETTERS_TIME_FIELD_NUMBER: _ClassVar[int]
    caller_name: str
    caller_role: Role
    server_version: str
    revision: str
    as_of_time: _timestamp_pb2.Timestamp
    active_entries: int
    last_feedback_time: _timestamp_pb2.Timestamp
    database_available: bool
    dead_letters: int
    dead_letters_time: _timestamp_pb2.Timestamp
    def __init__(self, caller_name: _Optional[str] = ..., caller_role: _Optional[_Union[Role, str]] = ..., server_version: _Optional[str] = ..., revision: _Optional[str] = ..., as_of_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., active_entries: _Optional[int] = ..., last_feedback_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., database_available: bool = ..., dead_letters: _Optional[int] = ..., dead_letters_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
