"""Which entries forbid a mail, and which reason is named.

An entry holds for all mail, or for one stream. Expired entries forbid nothing. Complaints
and unsubscribes do not forbid essential mail (password resets, receipts). If several
entries forbid the mail, the first in :data:`PRECEDENCE` is the reason.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from suppression_service.store import Reason
from suppression_service.store.replication import (
    EXPIRY_SHIFT,
    REASON_BITS,
    REASON_MASK,
    STREAM_BITS,
    UInt64Array,
)

#: The reason to name where several entries forbid the mail, strongest first.
PRECEDENCE: Final = (
    Reason.COMPLAINT,
    Reason.HARD_BOUNCE,
    Reason.UNSUBSCRIBE,
    Reason.MANUAL,
    Reason.SOFT_BOUNCE,
)
#: Reasons that do not forbid essential mail: wishes of the recipient, never failures of the
#: mailbox.
IGNORED_FOR_ESSENTIAL: Final = frozenset({Reason.COMPLAINT, Reason.UNSUBSCRIBE})

_STREAM_MASK: Final = (1 << STREAM_BITS) - 1
_RANK: Final = {reason: rank for rank, reason in enumerate(PRECEDENCE)}
_PASSES_AT: Final = np.isin(np.arange(REASON_MASK + 1), [*IGNORED_FOR_ESSENTIAL])
# The rank by the number of the reason; 0, which is no reason, comes last.
_RANK_AT: Final = np.full(len(PRECEDENCE) + 1, len(PRECEDENCE))
_RANK_AT[[*PRECEDENCE]] = range(len(PRECEDENCE))


class Mail(NamedTuple):
    """The mail that a check is about.

    ``stream_id`` is 0 for mail of no stream; ``now`` in seconds since 1970.
    """

    stream_id: int
    essential: bool
    now: int


def reason_against(mail: Mail, words: Iterable[int]) -> Reason | None:
    """Return why an address with these words must not get this mail; None if it may."""
    against = [Reason(word & REASON_MASK) for word in words if _forbids(mail, word)]
    return min(against, key=_RANK.__getitem__, default=None)


def _forbids(mail: Mail, word: int) -> bool:
    end, stream = word >> EXPIRY_SHIFT, word >> REASON_BITS & _STREAM_MASK
    if end and end <= mail.now:
        return False
    if stream not in (0, mail.stream_id):
        return False
    return not (mail.essential and word & REASON_MASK in IGNORED_FOR_ESSENTIAL)


def reasons_against(mail: Mail, words: UInt64Array) -> npt.NDArray[np.uint8]:
    """Return the number of the reason for each address, which has one word; 0 is none."""
    reason = words.astype(np.uint8) & np.uint8(REASON_MASK)
    if not (words >> np.uint64(REASON_BITS)).any():
        # All entries hold for all mail and never expire, as most do.
        return np.where(_PASSES_AT[reason], np.uint8(0), reason) if mail.essential else reason
    end = words >> np.uint64(EXPIRY_SHIFT)
    stream = words >> np.uint64(REASON_BITS) & np.uint64(_STREAM_MASK)
    forbids = ((end == 0) | (end > mail.now)) & ((stream == 0) | (stream == mail.stream_id))
    if mail.essential:
        forbids &= ~_PASSES_AT[reason]
    return np.where(forbids, reason, np.uint8(0))


def stronger(
    reasons: npt.NDArray[np.uint8], others: npt.NDArray[np.uint8]
) -> npt.NDArray[np.uint8]:
    """Return the number of the reason to name for each address, of two for each; 0 is none."""
    return np.where(_RANK_AT[reasons] <= _RANK_AT[others], reasons, others)
