"""What became of a message."""

import dataclasses
from typing import Final

from ingest.errors import Refused, Unverifiable

#: An SES event of a kind that this program does not know.
UNKNOWN: Final = "unknown"


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message.

    ``kind`` is the SES kind, :data:`UNKNOWN` or a
    :class:`ingest.event.NotAnEvent`; empty when it was refused. ``new`` and
    ``duplicates`` count pieces of feedback, one a recipient. ``sns_message_id`` is
    empty where SNS gave none.
    """

    kind: str = ""
    new: int = 0
    duplicates: int = 0
    remarks: frozenset[str] = frozenset()
    refusal: Refused | None = None
    sns_message_id: str = ""

    @property
    def acknowledged(self) -> bool:
        """Whether the message may go: what it says is stored, or says nothing."""
        return self.refusal is None

    @property
    def passing(self) -> bool:
        """Whether the message may be acknowledged another time, unchanged."""
        return isinstance(self.refusal, Unverifiable)
