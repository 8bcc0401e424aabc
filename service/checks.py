"""The hot path: a check, from request to answer. Every mail that is sent waits for it.

An empty gRPC call costs the server some 400 µs, so what is done here should stay
far below: no SQL, no await, no lock, no log line, and as few objects as can be.

- Most answers of one moment are alike: there are seven reasons, and revision and
  time stay the same between two rounds of the follower. So answers to single
  checks are made once for each state of the replica and given out again.
- A batch works on whole arrays: one lower-casing, one validity pass, one hash an
  address, one look-up. Python loops touch only what is not to be sent.
"""

import time
from collections.abc import Callable
from typing import Final, cast

import numpy as np
import numpy.typing as npt
from suppression.v1 import suppression_pb2 as pb
from suppression.v1 import suppression_service_pb2 as rpc

from service import requests
from service.address import InvalidAddress, canonical
from service.address_batch import canonical_batch
from service.messages import timestamp
from service.replica.replica import Replica
from service.replica.verdicts import Mail, reason_against
from service.settings import MAX_BATCH

_INVALID: Final = int(pb.REASON_INVALID_ADDRESS)
_SEND: Final = np.uint8(pb.VERDICT_SEND)
_STOP: Final = np.uint8(pb.VERDICT_DO_NOT_SEND)
_NO_STATE: Final = object()
_LENGTH_DELIMITED: Final = 2


class Checks:
    """Answers checks from a replica.

    Args:
        max_batch: addresses of a batch.
        now: seconds since 1970; replaced in tests.
    """

    def __init__(self, max_batch: int = MAX_BATCH, now: Callable[[], float] = time.time) -> None:
        self._max_batch = max_batch
        self._now = now
        self._state: object = _NO_STATE
        self._answers: list[rpc.CheckAddressResponse] = []
        #: How many answers had each reason, at the place of its number.
        self.singles = [0] * (_INVALID + 1)
        self.batches = np.zeros(_INVALID + 1, dtype=np.int64)

    def single(
        self, replica: Replica, request: rpc.CheckAddressRequest
    ) -> rpc.CheckAddressResponse:
        """Answer for one address.

        Raises:
            InvalidField: the mail class or the stream cannot be used.
        """
        if replica.state is not self._state:
            self._renew_answers(replica)
        if request.stream or request.mail_class:
            self._mail(replica, request)  # Only to refuse what cannot be used.
        try:
            address = canonical(request.address)
        except InvalidAddress:
            return self._answer(_INVALID)
        # Most addresses are on no list, whatever the mail is.
        if not (words := replica.words(address.encode())):
            return self._answer(0)
        return self._answer(reason_against(self._mail(replica, request), words) or 0)

    def batch(self, replica: Replica, request: rpc.BatchCheckRequest) -> rpc.BatchCheckResponse:
        """Answer for many addresses, all at one revision.

        Raises:
            InvalidField: the batch is empty or too large, or the mail class or the
                stream cannot be used.
        """
        requests.require_batch_size(request, self._max_batch)
        mail = self._mail(replica, request)
        addresses, invalid = canonical_batch(request.addresses)
        reasons = replica.reasons(addresses, mail)
        reasons[invalid] = _INVALID
        self.batches += np.bincount(reasons, minlength=len(self.batches))
        (stopped,) = reasons.nonzero()
        response = _response_with(np.where(reasons, _STOP, _SEND))
        for index, reason in zip(stopped.tolist(), reasons[stopped].tolist(), strict=True):
            response.matches.add(index=index, reason=reason)
        response.revision = str(replica.revision)
        response.as_of_time.FromDatetime(replica.state.as_of)
        return response

    def _mail(
        self, replica: Replica, request: rpc.CheckAddressRequest | rpc.BatchCheckRequest
    ) -> Mail:
        return replica.mail(
            requests.stream_in(request.stream),
            essential=requests.is_essential(request.mail_class),
            now=int(self._now()),
        )

    def _answer(self, reason: int) -> rpc.CheckAddressResponse:
        self.singles[reason] += 1
        return self._answers[reason]

    def _renew_answers(self, replica: Replica) -> None:
        """Make the answer for every reason, at the place of the reason's number."""
        self._answers = [
            rpc.CheckAddressResponse(
                verdict=pb.VERDICT_DO_NOT_SEND if reason else pb.VERDICT_SEND,
                reason=cast("pb.Reason", reason),
                revision=str(replica.revision),
                as_of_time=timestamp(replica.state.as_of),
            )
            for reason in range(_INVALID + 1)
        ]
        self._state = replica.state


def _response_with(verdicts: npt.NDArray[np.uint8]) -> rpc.BatchCheckResponse:
    """Return a response that holds these verdicts.

    An enum value below 128 is one octet on the wire, so the array already is the
    packed field; assigning the values one by one costs ten times as much.
    """
    field = bytes([rpc.BatchCheckResponse.VERDICTS_FIELD_NUMBER << 3 | _LENGTH_DELIMITED])
    return rpc.BatchCheckResponse.FromString(field + _varint(len(verdicts)) + verdicts.tobytes())


def _varint(number: int) -> bytes:
    octets = bytearray()
    while number > 0x7F:
        octets.append(number & 0x7F | 0x80)
        number >>= 7
    octets.append(number)
    return bytes(octets)
