"""What is synchronised, and what a run may do."""

import dataclasses
import datetime as dt
import enum


class Direction(enum.StrEnum):
    """Which of the two lists may be changed."""

    BOTH = "both"
    PULL = "pull"
    PUSH = "push"


class RemovedHere(enum.StrEnum):
    """What becomes of an entry at SES that was removed from our list afterwards."""

    KEEP = "keep"
    REMOVE = "remove"


class RemovedAtSes(enum.StrEnum):
    """What becomes of an entry of our list that was removed at SES."""

    KEEP = "keep"
    REMOVE = "remove"
    RESTORE = "restore"


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """What a synchronisation may do.

    ``limit`` is the most changes that one run makes at SES. ``max_removals`` is the most
    addresses that one run removes here because they were removed at SES; if there are more,
    none is, since a list that shrinks at once is more often a mistake. ``since`` reads only
    what SES listed since then. A ``dry`` run changes neither list.
    """

    direction: Direction = Direction.BOTH
    removed_here: RemovedHere = RemovedHere.KEEP
    removed_at_ses: RemovedAtSes = RemovedAtSes.KEEP
    limit: int = 1_000
    max_removals: int = 100
    since: dt.datetime | None = None
    restart: bool = False
    dry: bool = False

    @property
    def pulls(self) -> bool:
        """Whether our list may be changed."""
        return self.direction is not Direction.PUSH

    @property
    def pushes(self) -> bool:
        """Whether SES's list may be changed."""
        return self.direction is not Direction.PULL


@dataclasses.dataclass(frozen=True, slots=True)
class Scope:
    """Which list of SES it is, and the stream of our entries that it concerns.

    An empty ``tenant`` is the list of the account; its entries hold for all mail.
    """

    account: str
    region: str
    tenant: str = ""
    stream: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.account, self.region, self.tenant) if part)
