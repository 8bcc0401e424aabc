"""Serialised requests: valid by their schema, invalid, and random bytes.

Made from the descriptors, field by field, so that new fields are tried too.
"""

import struct
from typing import Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from hypothesis import strategies as st

Bytes = st.SearchStrategy[bytes]

_VARINT: Final = 0
_FIXED64: Final = 1
_BYTES: Final = 2
_GROUP: Final = 3
_GROUP_END: Final = 4
_FIXED32: Final = 5

_TEXT_TYPES: Final = {FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES}

# What an integer can be on the wire, whatever its type: in and out of every range.
NUMBERS = st.sampled_from(
    [
        0,
        1,
        2,
        5,
        6,
        7,
        99,
        2**31 - 1,
        2**31,
        2**32,
        10**9,
        315576000001,
        2**63 - 1,
        2**63,
        2**64 - 1,
        2**64 - 10**9,
        2**64 - 315576000001,
    ]
) | st.integers(0, 2**64 - 1)

# Half characters, a NUL, what is longer or shorter than its first byte says.
_INVALID_UTF_8 = st.sampled_from(
    [
        b"\xed\xa0\x80",
        b"a@b\xed\xb0\x80.c",
        b"\xff",
        b"\xc0\x80",
        b"\0",
        b"\xe4",
        b"\xf4\x90\x80\x80",
    ]
)
_ADDRESSES = st.sampled_from(
    [
        "listed@shop.example",
        " Listed@SHOP.example ",
        "a@b",
        "@",
        "a@",
        '"a b"@c.example',
        "a@[::1]",
        "a\n@b.example",
        "a@b.example\n",
        "ß@ß.example",
        "a@xn--.example",
        "a@\u200d.example",
    ]
)
_PIECES = st.sampled_from(
    ["a", "@", ".", "ü", "\u0301", "ẞ", "\u00ad", "a@", "xn--", '"', " ", "\0"]
)
# Longer than every limit, and expensive to normalise.
_LONG = st.builds(lambda piece, times: piece * times, _PIECES, st.sampled_from([64, 1_001, 70_000]))
_TEXTS = _ADDRESSES | st.text(max_size=40) | _LONG


def messages(descriptor: Descriptor, texts: st.SearchStrategy[str]) -> Bytes:
    """Make messages of a type, valid and broken.

    Args:
        descriptor: the type.
        texts: more values for text fields, such as a valid revision.
    """
    fields = [_field(field, texts) for field in descriptor.fields]
    sound = st.lists(st.one_of(*fields, _unknown(), _padded(fields)), max_size=8).map(b"".join)
    return sound | st.builds(_cut, sound, st.integers(1, 12)) | st.binary(max_size=64)


def _field(field: FieldDescriptor, texts: st.SearchStrategy[str]) -> Bytes:
    if field.message_type:
        return messages(field.message_type, texts).map(lambda value: delimited(field.number, value))
    if field.type in _TEXT_TYPES:
        encoded = (_TEXTS | texts).map(lambda text: text.encode(errors="surrogatepass"))
        values = encoded | encoded | _INVALID_UTF_8 | st.binary(max_size=20)
        return values.map(lambda value: delimited(field.number, value))
    return NUMBERS.map(lambda value: _tag(field.number, _VARINT) + varint(value))


def _unknown() -> Bytes:
    """Fields that the schema does not have, or not of this type; some of no type at all."""
    numbers = st.integers(1, 12) | st.sampled_from([0, 19_000, 2**29 - 1, 2**29])
    values = st.one_of(
        NUMBERS.map(lambda value: (_VARINT, varint(value))),
        st.just((_FIXED64, struct.pack("<d", float("nan")))),
        st.just((_FIXED32, struct.pack("<f", float("inf")))),
        st.binary(max_size=20).map(lambda value: (_BYTES, varint(len(value)) + value)),
        st.just((_GROUP, b"")),
        st.just((7, b"\1")),
    )
    return st.builds(lambda number, value: _tag(number, value[0]) + value[1], numbers, values)


def _padded(fields: list[Bytes]) -> Bytes:
    """Fields in groups, and with tags that have more bytes than they need, or than they may."""
    field = st.one_of(*fields)
    return st.builds(_in_group, st.integers(1, 12), field, st.booleans()) | st.builds(
        lambda value, more: bytes([value[0] | 0x80]) + b"\x80" * more + b"\0" + value[1:],
        field,
        st.sampled_from([0, 1, 3, 4, 9]),
    )


def _in_group(number: int, field: bytes, ended: bool) -> bytes:
    return _tag(number, _GROUP) + field + _tag(number + (not ended), _GROUP_END)


def _cut(message: bytes, less: int) -> bytes:
    return message[:-less]


def delimited(number: int, value: bytes) -> bytes:
    """Return a length-delimited field."""
    return _tag(number, _BYTES) + varint(len(value)) + value


def varint(value: int) -> bytes:
    """Return a number as protobuf writes it."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _tag(number: int, wire_type: int) -> bytes:
    return varint(number << 3 | wire_type)
