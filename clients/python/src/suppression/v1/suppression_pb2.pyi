from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Verdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VERDICT_UNSPECIFIED: _ClassVar[Verdict]
    VERDICT_SEND: _ClassVar[Verdict]
    VERDICT_DO_NOT_SEND: _ClassVar[Verdict]

class Reason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REASON_UNSPECIFIED: _ClassVar[Reason]
    REASON_HARD_BOUNCE: _ClassVar[Reason]
    REASON_SOFT_BOUNCE: _ClassVar[Reason]
    REASON_COMPLAINT: _ClassVar[Reason]
    REASON_UNSUBSCRIBE: _ClassVar[Reason]
    REASON_MANUAL: _ClassVar[Reason]
    REASON_INVALID_ADDRESS: _ClassVar[Reason]

class MailClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MAIL_CLASS_UNSPECIFIED: _ClassVar[MailClass]
    MAIL_CLASS_ORDINARY: _ClassVar[MailClass]
    MAIL_CLASS_ESSENTIAL: _ClassVar[MailClass]
VERDICT_UNSPECIFIED: Verdict
VERDICT_SEND: Verdict
VERDICT_DO_NOT_SEND: Verdict
REASON_UNSPECIFIED: Reason
REASON_HARD_BOUNCE: Reason
REASON_SOFT_BOUNCE: Reason
REASON_COMPLAINT: Reason
REASON_UNSUBSCRIBE: Reason
REASON_MANUAL: Reason
REASON_INVALID_ADDRESS: Reason
MAIL_CLASS_UNSPECIFIED: MailClass
MAIL_CLASS_ORDINARY: MailClass
MAIL_CLASS_ESSENTIAL: MailClass

class Suppression(_message.Message):
    __slots__ = ("address", "stream", "reason", "source", "detail", "message_id", "feedback_id", "first_seen_time", "last_seen_time", "occurrences", "expire_time", "removed_time", "removed_by", "removal_detail", "revision", "domain", "include_subdomains")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    FEEDBACK_ID_FIELD_NUMBER: _ClassVar[int]
    FIRST_SEEN_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_SEEN_TIME_FIELD_NUMBER: _ClassVar[int]
    OCCURRENCES_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    REMOVED_TIME_FIELD_NUMBER: _ClassVar[int]
    REMOVED_BY_FIELD_NUMBER: _ClassVar[int]
    REMOVAL_DETAIL_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_SUBDOMAINS_FIELD_NUMBER: _ClassVar[int]
    address: str
    stream: str
    reason: Reason
    source: str
    detail: str
    message_id: str
    feedback_id: str
    first_seen_time: _timestamp_pb2.Timestamp
    last_seen_time: _timestamp_pb2.Timestamp
    occurrences: int
    expire_time: _timestamp_pb2.Timestamp
    removed_time: _timestamp_pb2.Timestamp
    removed_by: str
    removal_detail: str
    revision: str
    domain: str
    include_subdomains: bool
    def __init__(self, address: _Optional[str] = ..., stream: _Optional[str] = ..., reason: _Optional[_Union[Reason, str]] = ..., source: _Optional[str] = ..., detail: _Optional[str] = ..., message_id: _Optional[str] = ..., feedback_id: _Optional[str] = ..., first_seen_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., last_seen_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., occurrences: _Optional[int] = ..., expire_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., removed_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., removed_by: _Optional[str] = ..., removal_detail: _Optional[str] = ..., revision: _Optional[str] = ..., domain: _Optional[str] = ..., include_subdomains: bool = ...) -> None: ...

class Event(_message.Message):
    __slots__ = ("kind", "type", "sub_type", "feedback_id", "message_id", "configuration_set", "status", "diagnostic", "event_time", "receive_time", "reason")
    KIND_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    SUB_TYPE_FIELD_NUMBER: _ClassVar[int]
    FEEDBACK_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    CONFIGURATION_SET_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DIAGNOSTIC_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    RECEIVE_TIME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    kind: str
    type: str
    sub_type: str
    feedback_id: str
    message_id: str
    configuration_set: str
    status: str
    diagnostic: str
    event_time: _timestamp_pb2.Timestamp
    receive_time: _timestamp_pb2.Timestamp
    reason: Reason
    def __init__(self, kind: _Optional[str] = ..., type: _Optional[str] = ..., sub_type: _Optional[str] = ..., feedback_id: _Optional[str] = ..., message_id: _Optional[str] = ..., configuration_set: _Optional[str] = ..., status: _Optional[str] = ..., diagnostic: _Optional[str] = ..., event_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., receive_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., reason: _Optional[_Union[Reason, str]] = ...) -> None: ...
