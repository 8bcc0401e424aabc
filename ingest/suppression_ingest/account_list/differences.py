"""How our list and a list of SES differ, and what a run changed."""

import collections
import dataclasses
import enum
from collections.abc import Callable


class Difference(enum.StrEnum):
    """How the two lists differ about an address."""

    ONLY_AT_SES = "only at SES"
    ONLY_HERE = "only here"
    #: One has it as a bounce, the other as a complaint.
    OTHER_REASON = "other reason"
    #: SES still lists it.
    REMOVED_HERE = "removed here"
    #: Our list still has it.
    REMOVED_AT_SES = "removed at SES"


@dataclasses.dataclass(slots=True)
class Counts:
    """What the lists had in common, how they differed, and what was changed."""

    #: Entries of SES's list.
    read: int = 0
    #: Those that our list had with the same reason.
    known: int = 0
    #: Those without a valid address or a known reason.
    unusable: int = 0
    #: Addresses that differed, before anything was changed.
    differing: collections.Counter[Difference] = dataclasses.field(
        default_factory=collections.Counter
    )
    #: Added to our list.
    added: int = 0
    #: Removed from our list.
    removed: int = 0
    #: Removals from our list that were not made: there were more than the maximum.
    held_back: int = 0
    #: Written to SES's list, as new ones or with another reason.
    written: int = 0
    #: Deleted from SES's list.
    deleted: int = 0
    #: Not written or deleted: SES refuses the address.
    refused: int = 0
    #: Not written or deleted: beyond the limit, for the next run.
    left: int = 0

    def changes(self) -> dict[str, int]:
        """Return what was changed, or could not be, by name."""
        names = "added", "removed", "held_back", "written", "deleted", "refused", "left"
        return {name: getattr(self, name) for name in names}


@dataclasses.dataclass(frozen=True)
class Callbacks:
    """Functions that are called during a run.

    ``page`` gets the number of entries that were read, after each page is stored.
    ``changed`` gets the counts after each change at SES. ``differing`` gets each address
    that differs, and how; ``refused`` each address that SES refuses.
    """

    page: Callable[[int], None] = lambda _: None
    changed: Callable[[Counts], None] = lambda _: None
    differing: Callable[[Difference, str], None] = lambda _, __: None
    refused: Callable[[str], None] = lambda _: None


class Drift:
    """Counts the differences of one run.

    Args:
        callbacks: called for each of them.
    """

    def __init__(self, callbacks: Callbacks) -> None:
        self.callbacks = callbacks
        self.counts = Counts()
        self._other_reason: set[int] = set()

    def restart(self) -> None:
        """Count again, because SES's list is read again. What was added stays added."""
        self.counts = Counts(added=self.counts.added)
        self._other_reason.clear()

    def add(self, how: Difference, address: str) -> None:
        """Count a difference. The reasons of an address are compared from both sides."""
        if how is Difference.OTHER_REASON:
            if hash(address) in self._other_reason:
                return
            self._other_reason.add(hash(address))
        self.counts.differing[how] += 1
        self.callbacks.differing(how, address)
