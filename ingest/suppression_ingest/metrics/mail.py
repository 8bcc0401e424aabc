"""What became of the mail of today and yesterday, for rates and their alerts."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Final

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from suppression_ingest.rates.rates import Rates, by_set
from suppression_service.store import Store

_DAY: Final = dt.timedelta(days=1)


class MailLook:
    """Reads the counts of days.

    Counts and no rates: those of several configuration sets can be added up.

    Args:
        store: holds them.
        now: the clock.
    """

    def __init__(
        self, store: Store, now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
    ) -> None:
        self._store = store
        self._now = now

    def __call__(self) -> list[Metric]:
        """Return what became of mail, by configuration set.

        Raises:
            StoreUnavailable: the database cannot answer now.
        """
        family = GaugeMetricFamily(
            "suppression_recent_mail",
            "Mail of today and yesterday (UTC) in the list's database, by what became of it.",
            labels=("configuration_set", "what"),
        )
        counts = self._store.daily_counts(self._now().date() - _DAY)
        for name, rates in (by_set(counts) or {"": Rates()}).items():
            for what, count in dataclasses.asdict(rates).items():
                family.add_metric((name, what), count)
        return [family]
