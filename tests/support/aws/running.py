"""A deployment that runs, to be broken and examined."""

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
        """Every check's result, with settings exchanged."""
        with contextlib.closing(self.deployment(**changed)) as deployment:
            return dict(examine(deployment))

    def deployment(self, **changed: Any) -> Deployment:
        """What the doctor looks at, with settings exchanged; to be closed."""
        settings = self.settings.model_copy(update=changed)
        return Deployment(settings, lambda: self.account.aws)

    def failures(self, **changed: Any) -> dict[str, str]:
        """The checks that fail, and the fix of each."""
        found = self.results(**changed)
        return {name: one.fix for name, one in found.items() if one.status is Status.FAIL}

    def received(self, when: dt.datetime) -> None:
        """Have a bounce come in at a moment."""
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
