"""The revision that checks carry so that they see one's own writes."""

from typing import Final

#: What the service says of a revision that means nothing to its database, as
#: after a restore or a move.
OF_ANOTHER_DATABASE: Final = frozenset({"REVISION_FOREIGN", "REVISION_AHEAD"})


class OwnWrites:
    """Remembers the revision of the client's newest write.

    Revisions are opaque, so "newest" is the one that was returned last. Where
    writes follow one another that is exact: a write that starts after another
    has returned has the later revision. Where writes of one client overlap, the
    answers can arrive in the other order, and a check is then only sure to see
    one of them; the other is seen as any stranger's write is, normally within
    250 ms. Who needs more than that from overlapping writes hands the revision
    of the one that matters to the check as ``min_revision``.

    Serialising writes instead would make it exact always, and one slow write
    hold up all others: too high a price for a quarter of a second.
    """

    def __init__(self) -> None:
        #: The revision to carry; None where there is none. Reading and binding
        #: one attribute is atomic, so threads need no lock.
        self.newest: str | None = None

    def wrote(self, revision: str) -> None:
        """Remember what a write returned."""
        self.newest = revision or self.newest

    def forget(self, revision: str) -> None:
        """Drop a revision, unless a newer write has replaced it already."""
        if self.newest == revision:
            self.newest = None
