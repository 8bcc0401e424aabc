"""Rounds: a run with every list of every account, once or again and again."""

import contextlib
import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import Final

import structlog

from suppression_ingest.account_list.account_list import AccountList, NoSuchTenant
from suppression_ingest.account_list.accounts import Accounts
from suppression_ingest.account_list.differences import Callbacks, Counts, Drift
from suppression_ingest.account_list.options import Options, RemovedHere, Scope
from suppression_ingest.account_list.our_list import REASONS, OurList, is_address
from suppression_ingest.account_list.push import Push
from suppression_ingest.account_list.synchronisation import Synchronisation
from suppression_ingest.errors import AwsError
from suppression_ingest.signals import StopSignal
from suppression_service.config import SettingsError
from suppression_service.store import Store, StoreError, Suppression

#: Seconds between two looks at what was removed here, in the pause between rounds.
FOLLOW_SECONDS: Final = 30.0

#: Seconds until the next round after one that the database ended.
RETRY_SECONDS: Final = 60.0

#: Changes of our list that are read in one step.
_STEP: Final = 1_000

_log = structlog.get_logger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Result:
    """What became of one list.

    ``scope`` is None if the account cannot be reached; ``name`` is the account's then.
    ``error`` is empty if the run reached its end.
    """

    name: str
    scope: Scope | None
    counts: Counts
    error: str = ""


class Rounds:
    """Runs with every list, one after the other. One that fails does not keep the others back.

    Args:
        store: our list.
        accounts: whose lists.
        options: what a run may do.
        callbacks: makes the callbacks of each run.
        stop: ends a round between two requests.
        clock: monotonic time in seconds.
    """

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        options: Options,
        callbacks: Callable[[Scope], Callbacks],
        stop: StopSignal,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._options = options
        self._callbacks = callbacks
        self._stop = stop
        self._clock = clock
        self._followed = store.revision()

    def once(self) -> Iterator[Result]:
        """Run with each list, and yield what became of it.

        Raises:
            StoreUnavailable: the database cannot answer now.
            Stopped: a signal came. The next round continues.
        """
        followed, absent = self._store.revision(), set(self._accounts.tenants)
        for name in self._accounts.names:
            try:
                lists = [*self._accounts.lists(name)]
            except (AwsError, SettingsError) as error:
                yield Result(name or "AWS", None, Counts(), str(error))
                continue
            for scope, theirs in lists:
                if result := self._run(scope, theirs):
                    absent.discard(scope.tenant)
                    yield result
        for tenant in sorted(absent):
            _log.warning("SES knows no such tenant in any of the accounts", tenant=tenant)
        self._followed = followed

    def repeat(self, every: float, done: Callable[[Result], None]) -> None:
        """Begin a round every so many seconds, until a signal comes.

        Between rounds, what is removed from our list is deleted at SES within a minute, if
        the options say so.

        Args:
            every: seconds; a round that takes longer is followed by the next at once.
            done: called with what became of each list.

        Raises:
            Stopped: a signal came.
        """
        while True:
            end = self._clock() + every
            try:
                for result in self.once():
                    done(result)
            except StoreError as error:
                _log.warning("round failed", cause=str(error))
                end = self._clock() + min(every, RETRY_SECONDS)
            while (left := end - self._clock()) > 0:
                self._stop.sleep(min(left, FOLLOW_SECONDS))
                self._try_to_follow()
            self._stop.check()

    def _run(self, scope: Scope, theirs: AccountList) -> Result | None:
        """Run with one list; None if it is that of a tenant that is not there."""
        callbacks = self._callbacks(scope)
        run = Synchronisation(self._store, theirs, scope, self._options, callbacks)
        try:
            return Result(str(scope), scope, run.run())
        except NoSuchTenant:
            return None
        except AwsError as error:
            return Result(str(scope), scope, run.counts, str(error))

    # --- between rounds ------------------------------------------------------------------------

    def _try_to_follow(self) -> None:
        options = self._options
        if options.dry or not options.pushes or options.removed_here is RemovedHere.KEEP:
            return
        try:
            self._follow()
        except StoreError as error:
            _log.warning("removals cannot be read", cause=str(error))

    def _follow(self) -> None:
        """Delete at SES what was removed here since the last look.

        Only in its canonical spelling, which is all that our list knows. The next round
        finds the others, and what could not be deleted now.
        """
        while (page := self._store.changes(self._followed, _STEP)).through > self._followed:
            removed = [entry for entry in page.changes if _is_removal(entry)]
            for name in self._accounts.names if removed else ():
                try:
                    for scope, theirs in self._accounts.lists(name):
                        self._delete(scope, theirs, removed)
                except (AwsError, SettingsError) as error:
                    _log.warning("removals wait for the next round", cause=str(error))
            self._followed = page.through

    def _delete(self, scope: Scope, theirs: AccountList, removed: list[Suppression]) -> None:
        ours, drift = OurList(self._store, scope.stream), Drift(Callbacks())
        addresses = {entry.address for entry in removed if entry.stream == scope.stream}
        push = Push(ours, theirs, self._options, drift)
        with contextlib.suppress(NoSuchTenant):
            push.delete((address, address) for address in sorted(addresses))


def _is_removal(entry: Suppression) -> bool:
    return entry.removed is not None and entry.reason in REASONS and is_address(entry.address)
