import asyncio

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from suppression_service.address import InvalidAddress, canonical
from suppression_service.server import addresses
from suppression_service.server.addresses import canonical_at_once, canonical_batch

# What decides between the two ways of reading: separators, limits, case, other scripts.
_piece = st.text(
    st.sampled_from("abzAZ09.--_+'\"@ \n\t\\[]:ßİKΣσéא。\0"),  # noqa: RUF001
    max_size=8,
)
_awkward = st.builds(
    lambda local, at, domain, times: local * times + at + domain * times,
    _piece,
    st.sampled_from(["@", "", "@@"]),
    _piece,
    st.sampled_from([1, 1, 1, 8, 16, 40]),
)
_address = _awkward | st.emails() | st.text(max_size=20)


def one_by_one(addresses: list[str]) -> tuple[list[bytes], list[int]]:
    forms, invalid = [], []
    for index, address in enumerate(addresses):
        try:
            forms.append(canonical(address).encode())
        except InvalidAddress:
            forms.append(b"")
            invalid.append(index)
    return forms, invalid


@given(st.lists(_address, max_size=12))
@example([])
@example(["a@b.c\n", "a@b.c"])
@example(["\n"])
@example(["a" * 64 + "@" + "b" * 63, "a" * 65 + "@b", "a@" + "b" * 64, "a@" + "b." * 31 + "c"])
@example(["a@b.c", "a@x--y.c", "a@x-.c", "a@-x.c", "a@x-", "a--b@c", "a@b..c", "a@b@c", "a!@b!c"])
@example(["A@b.c", "a@b.c\n", "x" * 65 + "@b", "ü@b.c", "B@b.c"])
@example(["ΑΣ", "ΑΣ@x.org", "K@K.org", "İ@İ.org"])
async def test_a_batch_is_read_as_its_addresses_are_one_by_one(addresses: list[str]) -> None:
    given = [address.encode() for address in addresses]
    expected = one_by_one(addresses)
    at_once = canonical_at_once(given)
    assert at_once is None or at_once[:2] == expected
    assert (await canonical_batch(given, asyncio.Lock()))[:2] == expected


async def test_a_batch_of_ten_thousand_alike_addresses_is_read_whole() -> None:
    addresses = [b"Jane@Example.com", b"no address"] * 5_000
    forms, invalid, _ = await canonical_batch(addresses, asyncio.Lock())
    assert forms == [b"jane@example.com", b""] * 5_000
    assert invalid == list(range(1, 10_000, 2))


@pytest.mark.parametrize(
    ("unusual", "at_once"),
    [
        pytest.param([b"a@b_.c"] * 16, True, id="few"),
        pytest.param([b"a@b_.c"] * 17, False, id="many"),
        pytest.param(["a@ü.c".encode()], True, id="one internationalised"),
        pytest.param(["a@ü.c".encode(), b"a@b_.c"], False, id="one internationalised and more"),
    ],
)
def test_a_batch_with_many_unusual_addresses_is_not_read_at_once(
    unusual: list[bytes], at_once: bool
) -> None:
    assert (canonical_at_once([b"a@b.c", *unusual]) is not None) == at_once


@pytest.mark.parametrize("batches", [1, 10])
@pytest.mark.parametrize(
    ("address", "at_a_time"),
    [
        pytest.param("jane@ü{}.example", 1, id="internationalised"),
        pytest.param("jane@{}_.example", 16, id="otherwise unusual"),
    ],
)
async def test_batches_that_take_long_to_read_let_others_have_their_turn(
    address: str, at_a_time: int, batches: int
) -> None:
    turn = asyncio.Lock()
    addresses = [address.format(number).encode() for number in range(200)]
    reading = asyncio.gather(*(canonical_batch(addresses, turn) for _ in range(batches)))
    turns = 0
    while not reading.done():
        turns += 1
        await asyncio.sleep(0)
    # Between two turns of others there are so many addresses, of whichever batch.
    assert turns >= batches * (200 // at_a_time)


async def test_a_batch_of_ordinary_addresses_is_not_read_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one_by_one: list[str] = []
    monkeypatch.setattr(addresses, "canonical", one_by_one.append)
    given = [b"jane@example.com", b"J.D+tag@sub.xn--mller-kva.example", b"a_b@x-y.org"]
    assert (await canonical_batch(given, asyncio.Lock()))[:2] == (
        [b"jane@example.com", b"j.d+tag@sub.xn--mller-kva.example", b"a_b@x-y.org"],
        [],
    )
    assert one_by_one == []
