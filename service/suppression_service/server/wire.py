"""The wire format of protobuf, read and written where the generated code costs too much.

A batch has thousands of addresses. Decoding them takes memory that the caller chooses, so
:func:`exceeds` counts them first, in the encoded message. Then they are read as bytes,
which is what is hashed, and the answer is joined from pieces that are encoded already.
"""

import functools
import itertools
from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol, cast

import numpy as np
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from google.protobuf.message import DecodeError

from suppression.v1 import suppression_pb2 as pb
from suppression.v1 import suppression_service_pb2 as rpc
from suppression_service.server.errors import InvalidField, UnreadableRequest

_VARINT, _FIXED64, _DELIMITED, _GROUP, _GROUP_END, _FIXED32 = range(6)
# Bytes of a tag or of a size, and of any varint, at most.
_TAG_BYTES: Final = 5
_VARINT_BYTES: Final = 10
#: Other fields that a message with too many may have. No request of ours has more than ten.
_OTHERS: Final = 100


# --- counting ----------------------------------------------------------------------------------


def exceeds(message: bytes, number: int, limit: int) -> bool:
    """Whether an encoded message has more than ``limit`` fields of a number.

    Nothing is decoded or copied. A message that is certainly within the limit takes a few
    passes of native code. Otherwise its fields are counted one by one, up to the limit,
    which takes 0.1 µs each. What is not read may be malformed; the decoder refuses it.

    Args:
        message: as it was received.
        number: of a repeated field of texts, bytes or messages, 1 to 15. (All numbers of a
            packed field are one field.)
        limit: fields, at most.

    Raises:
        UnreadableRequest: the message is malformed, or has more than a hundred other fields,
            as far as it was read.
    """
    if len(message) <= 2 * limit:  # Each has a tag and a size.
        return False
    tag = number << 3 | _DELIMITED
    return _at_most(message, tag, limit) > limit and _count(message, tag, limit) > limit


def _at_most(message: bytes, tag: int, limit: int) -> int:
    """Return an upper bound for the fields with a tag."""
    raw = np.frombuffer(message, dtype=np.uint8)
    most = int(np.count_nonzero(raw == tag))
    if not message.isascii():  # A tag can have more bytes than it needs.
        most += int(np.count_nonzero(raw == tag | 0x80))
    if most > limit:  # The byte can be a size, too. Two in a row are one tag at most.
        most -= message.count(bytes((tag, tag)))
    return most


def _count(message: bytes, wanted: int, limit: int) -> int:
    """Count the fields with a tag; the result is at most ``limit + 1``."""
    at, end, found, others = 0, len(message), 0, 0
    groups: list[int] = []
    try:
        while at < end and found <= limit and others <= _OTHERS:
            if message[at] == wanted and message[at + 1] < 0x80 and not groups:
                at += 2 + message[at + 1]  # Nearly every field, without a call.
                found += 1
                continue
            tag, at = _varint_at(message, at, _TAG_BYTES)
            at = _skip(message, tag, at, groups)
            if tag == wanted and not groups:
                found += 1
            else:
                others += 1
    except IndexError:
        raise UnreadableRequest from None
    if at > end or others > _OTHERS or (at == end and groups):
        raise UnreadableRequest
    return found


def _skip(message: bytes, tag: int, at: int, groups: list[int]) -> int:
    """Return where a value ends; ``groups`` are the numbers of the groups that it is in."""
    number, kind = tag >> 3, tag & 7
    if number and kind == _VARINT:
        return _varint_at(message, at, _VARINT_BYTES)[1]
    if number and kind == _DELIMITED:
        size, at = _varint_at(message, at, _TAG_BYTES)
        return at + size
    if number and kind in (_FIXED32, _FIXED64):
        return at + (4 if kind == _FIXED32 else 8)
    if number and kind == _GROUP:
        groups.append(number)
        return at
    if kind == _GROUP_END and groups and groups.pop() == number:
        return at
    raise UnreadableRequest


def _varint_at(message: bytes, at: int, most: int) -> tuple[int, int]:
    """Return a number that has ``most`` bytes at most, and where it ends."""
    value = 0
    for index in range(most):
        byte = message[at + index]
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return value, at + index + 1
    raise UnreadableRequest


# --- reading -----------------------------------------------------------------------------------


class BatchRequest(Protocol):
    """A BatchCheckRequest whose addresses are bytes, in UTF-8."""

    addresses: Sequence[bytes]
    stream: str
    mail_class: pb.MailClass
    min_revision: str


def check_request(message: bytes) -> rpc.CheckAddressRequest:
    """Decode a request for a check.

    Raises:
        UnreadableRequest: it is malformed.
    """
    try:
        return rpc.CheckAddressRequest.FromString(message)
    except DecodeError:
        raise UnreadableRequest from None


def batch_request(message: bytes, limit: int) -> BatchRequest:
    """Count the addresses of a batch, then decode it.

    Args:
        message: as it was received.
        limit: addresses, at most.

    Raises:
        InvalidField: it has no address, or more than the limit.
        UnreadableRequest: it is malformed.
    """
    if exceeds(message, rpc.BatchCheckRequest.ADDRESSES_FIELD_NUMBER, limit):
        raise InvalidField("addresses", "BATCH_TOO_LARGE", f"at most {limit} in a batch")
    try:
        if not message.isascii():
            rpc.BatchCheckRequest.FromString(message)  # It refuses text that is not UTF-8.
        request = cast("BatchRequest", _BatchRequest.FromString(message))
    except DecodeError:
        raise UnreadableRequest from None
    if not request.addresses:
        raise InvalidField("addresses", "BATCH_EMPTY", "give at least one address")
    return request


def _class_reading_bytes() -> Any:
    """Return a class for the messages of BatchCheckRequest that reads addresses as bytes.

    Text takes twice the time: it is validated, and decoded only to be encoded again.
    """
    message = DescriptorProto()
    rpc.BatchCheckRequest.DESCRIPTOR.CopyToProto(message)
    for field in message.field:
        if field.name == "addresses":
            field.type = FieldDescriptorProto.TYPE_BYTES
        elif field.type == FieldDescriptorProto.TYPE_ENUM:
            field.type = FieldDescriptorProto.TYPE_INT32  # The same on the wire.
            field.ClearField("type_name")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(FileDescriptorProto(name="batch", syntax="proto3", message_type=[message]))
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(message.name))


_BatchRequest: Final = _class_reading_bytes()


# --- writing -----------------------------------------------------------------------------------


def batch_response(verdicts: bytes, matches: Iterable[tuple[int, int]], state: bytes) -> bytes:
    """Return an encoded BatchCheckResponse.

    Args:
        verdicts: their numbers, a byte each, in the order of the request.
        matches: index and reason of each address that must not get the mail.
        state: a BatchCheckResponse of the other fields, encoded.
    """
    return b"".join([_verdicts(verdicts), *itertools.starmap(_match, matches), state])


def _verdicts(verdicts: bytes) -> bytes:
    # An enum value below 128 is one byte on the wire, so this already is the packed field.
    field = bytes([rpc.BatchCheckResponse.VERDICTS_FIELD_NUMBER << 3 | _DELIMITED])
    return field + _varint(len(verdicts)) + verdicts


# Few indexes and reasons recur.
@functools.lru_cache(maxsize=1 << 14)
def _match(index: int, reason: int) -> bytes:
    match = rpc.Match(index=index, reason=cast("pb.Reason", reason))
    return rpc.BatchCheckResponse(matches=[match]).SerializeToString()


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)
