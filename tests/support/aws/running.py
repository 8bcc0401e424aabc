"""A complete deployment in a fake account, for tests of the doctor."""

import contextlib
import dataclasses
import datetime as dt
from typing import Any

from suppression_ingest.deployment.deployment import AwsSettings, Deployment
from suppression_ingest.deployment.doctor import examine
from suppression_ingest.deployment.results import CheckResult, Status
from suppression_service.store import Effect, Feedback, Reason, Store
from tests.support.aws.account import Account


@dataclasses.dataclass
class Running:
    """A wired account, a database, and the settings of a worker."""

    account: Account
    store: Store
    settings: AwsSettings

    def results(self, **changed: Any) -> dict[str, CheckResult]:
        """Return the result of every check, with changed settings."""
        with contextlib.closing(self.deployment(**changed)) as deployment:
            return dict(examine(deployment))

    def deployment(self, **changed: Any) -> Deployment:
        """Return what the doctor examines, with changed settings; the caller closes it."""
        settings = self.settings.model_copy(update=changed)
        return Deployment(settings, lambda: self.account.aws)

    def failures(self, **changed: Any) -> dict[str, str]:
        """Return the failed checks, with the fix of each."""
        found = self.results(**changed)
        return {name: one.fix for name, one in found.items() if one.status is Status.FAIL}

    def received(self, when: dt.datetime) -> None:
        """Record a bounce as received at a time."""
        piece = Feedback(
            provider="ses",
            kind="Bounce",
            identity=str(when),
            address="a@x.example",
            happened=when,
            effect=Effect(Reason.HARD_BOUNCE),
        )
        with Store(self.store.engine, lambda: when).write() as transaction:
            transaction.record([piece])
