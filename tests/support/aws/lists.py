"""Our list and those of SES, for tests of what keeps them alike."""

import dataclasses
import datetime as dt
from typing import Any, Final

from suppression_ingest.account_list.account_list import AccountList, Throttle
from suppression_ingest.account_list.differences import Callbacks, Counts, Difference
from suppression_ingest.account_list.options import Options, Scope
from suppression_ingest.account_list.synchronisation import Synchronisation
from suppression_service.store import NewSuppression, Reason, Removal, Store, Suppression
from tests.support.aws.ses import SesFake, Suppressed

ACCOUNT: Final = "123456789012"
REGION: Final = "us-east-1"


def day(number: int) -> dt.datetime:
    return dt.datetime(2026, 3, number, tzinfo=dt.UTC)


@dataclasses.dataclass
class Time:
    """A clock that only sleeping moves."""

    now: float = 0.0
    slept: list[float] = dataclasses.field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        if seconds:
            self.slept.append(seconds)
            self.now += seconds


@dataclasses.dataclass
class Lists:
    """Ours and SES's. Both clocks stand at :attr:`today`."""

    ses: SesFake
    client: Any
    store: Store
    today: dt.datetime = dataclasses.field(default_factory=lambda: day(20))
    time: Time = dataclasses.field(default_factory=Time)
    differing: list[tuple[Difference, str]] = dataclasses.field(default_factory=list)
    refused: list[str] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        self.store.now = self.ses.now = lambda: self.today

    def listed(
        self, address: str, reason: str = "BOUNCE", on: int = 1, tenant: str | None = None
    ) -> None:
        """Have SES list an address."""
        listed = self.ses.suppressed if tenant is None else self.ses.tenants.setdefault(tenant, {})
        listed[address] = Suppressed(reason, day(on))

    def suppress(
        self, address: str, reason: Reason = Reason.HARD_BOUNCE, stream: str = "", on: int = 20
    ) -> None:
        with self._at(on).write() as transaction:
            transaction.suppress([NewSuppression(address, reason, stream)])

    def unsuppress(self, address: str, on: int = 20, reason: Reason | None = None) -> None:
        with self._at(on).write() as transaction:
            transaction.unsuppress([Removal(address, reason)])

    def ours(self, address: str) -> list[Suppression]:
        return self.store.address(address).suppressions

    def standing(self, address: str) -> set[Reason]:
        return {one.reason for one in self.ours(address) if one.is_active(self.today)}

    def theirs(self, tenant: str = "") -> AccountList:
        return AccountList(self.client, self.throttle(), tenant)

    def throttle(self) -> Throttle:
        return Throttle(1.0, self.time.clock, self.time.sleep)

    def run(self, tenant: str = "", stream: str = "", **options: Any) -> Counts:
        """Run once with a list."""
        callbacks = options.pop("callbacks", None) or Callbacks(
            differing=lambda how, address: self.differing.append((how, address)),
            refused=self.refused.append,
        )
        scope = Scope(ACCOUNT, REGION, tenant, stream)
        theirs = self.theirs(tenant)
        run = Synchronisation(self.store, theirs, scope, Options(**options), callbacks)
        return run.run()

    def written(self) -> list[tuple[str, str]]:
        """What was written to SES, in order."""
        calls = self.ses.called("PutSuppressedDestination")
        return [(one["EmailAddress"], one["Reason"]) for one in calls]

    def _at(self, on: int) -> Store:
        return Store(self.store.engine, lambda: day(on))
