"""Records of the store as messages of the contract."""

import datetime as dt
from typing import cast

from google.protobuf.timestamp_pb2 import Timestamp

from suppression.v1 import suppression_pb2 as pb
from suppression_service.store import Event, Reason, Revision, Suppression


def timestamp(moment: dt.datetime | None) -> Timestamp | None:
    """Return a moment as the protobuf type; None stays unset."""
    if moment is None:
        return None
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def proto_reason(reason: Reason | None) -> pb.Reason:
    """Return a reason as the proto's number; None is REASON_UNSPECIFIED."""
    return cast("pb.Reason", int(reason or 0))


def suppression(entry: Suppression, database_id: str) -> pb.Suppression:
    """Return an entry as its message."""
    return pb.Suppression(
        address=entry.address,
        stream=entry.stream,
        reason=proto_reason(entry.reason),
        source=entry.source,
        detail=entry.detail,
        message_id=entry.message_id,
        feedback_id=entry.feedback_id,
        first_seen_time=timestamp(entry.first_seen),
        last_seen_time=timestamp(entry.last_seen),
        occurrences=entry.occurrences,
        expire_time=timestamp(entry.expires),
        removed_time=timestamp(entry.removed),
        removed_by=entry.removed_by,
        removal_detail=entry.removal_detail,
        revision=str(Revision(database_id, entry.revision)),
    )


def event(record: Event) -> pb.Event:
    """Return a piece of feedback as its message."""
    return pb.Event(
        kind=record.kind,
        type=record.type,
        sub_type=record.sub_type,
        feedback_id=record.feedback_id,
        message_id=record.message_id,
        configuration_set=record.configuration_set,
        status=record.status,
        diagnostic=record.diagnostic,
        event_time=timestamp(record.happened),
        receive_time=timestamp(record.received),
        reason=proto_reason(record.reason),
    )
