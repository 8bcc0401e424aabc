"""What became of a message."""

import dataclasses
import enum
from typing import Final

from suppression_ingest.errors import Refused, Unverifiable

#: An SES event of a kind that this program does not know.
UNKNOWN: Final = "unknown"


class Result(enum.StrEnum):
    """What a message that was taken has changed."""

    #: It told something that was not known before.
    NEW = "new"
    #: It told only what was known.
    DUPLICATE = "duplicate"
    #: It told nothing about a recipient that is kept: a send, a delivery, a set-up message.
    NOTHING = "nothing"


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message.

    ``kind`` is the SES kind, :data:`UNKNOWN` or a
    :class:`suppression_ingest.ses.NotAnEvent`; empty when it was refused. ``new`` and
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
    def name(self) -> str:
        """What became of the message, in a word or two: a :class:`Result` or a refusal's label."""
        if self.refusal:
            return self.refusal.label
        if self.new:
            return Result.NEW
        return Result.DUPLICATE if self.duplicates else Result.NOTHING

    @property
    def passing(self) -> bool:
        """Whether the message may be acknowledged another time, unchanged."""
        return isinstance(self.refusal, Unverifiable)
