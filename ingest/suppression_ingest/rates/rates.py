"""Bounce and complaint rates, and the thresholds at which they are a danger.

SES's own rates cannot be recomputed: SES does not publish the volume of mail that they
cover. Our rates are by day. They show a problem earlier, before it has changed the rates
of SES.
"""

import dataclasses
import datetime as dt
import enum
from collections.abc import Iterable
from typing import Final

from suppression_service.store import DailyCount

#: Shares of the sends. SES wants bounces below the first threshold, reviews an account from
#: the second, and may pause its sending from the third. Complaints have only the last two.
BOUNCE_THRESHOLDS: Final = (0.02, 0.05, 0.10)
COMPLAINT_THRESHOLDS: Final = (0.001, 0.005)


class Level(enum.IntEnum):
    """How serious a rate is."""

    FINE = 0
    #: Above the rate that SES recommends.
    HIGH = 1
    #: SES reviews the account.
    REVIEW = 2
    #: SES may pause the sending of the account.
    PAUSE = 3


@dataclasses.dataclass(frozen=True, slots=True)
class Rates:
    """The counts of some mail, and its rates. A rate is None if nothing was sent."""

    sends: int = 0
    deliveries: int = 0
    hard_bounces: int = 0
    soft_bounces: int = 0
    complaints: int = 0

    @classmethod
    def of(cls, counts: Iterable[DailyCount]) -> "Rates":
        """Return the sum of several days or configuration sets."""
        counts = list(counts)
        names = [field.name for field in dataclasses.fields(cls)]
        return cls(**{name: sum(getattr(count, name) for count in counts) for name in names})

    @property
    def bounce_rate(self) -> float | None:
        """Hard bounces divided by sends."""
        return self.hard_bounces / self.sends if self.sends else None

    @property
    def complaint_rate(self) -> float | None:
        """Complaints divided by sends."""
        return self.complaints / self.sends if self.sends else None

    @property
    def bounce_level(self) -> Level:
        """How serious the bounce rate is."""
        return Level(_passed(self.bounce_rate, BOUNCE_THRESHOLDS))

    @property
    def complaint_level(self) -> Level:
        """How serious the complaint rate is. It is at least REVIEW from the first threshold."""
        passed = _passed(self.complaint_rate, COMPLAINT_THRESHOLDS)
        return Level(passed + 1) if passed else Level.FINE


def by_day(counts: Iterable[DailyCount], days: Iterable[dt.date]) -> dict[dt.date, Rates]:
    """Return the rates of each day, of all configuration sets together."""
    counts = list(counts)
    return {day: Rates.of(count for count in counts if count.day == day) for day in days}


def by_set(counts: Iterable[DailyCount]) -> dict[str, Rates]:
    """Return the rates of each configuration set, of all days together."""
    counts = list(counts)
    names = sorted({count.configuration_set for count in counts})
    return {
        name: Rates.of(count for count in counts if count.configuration_set == name)
        for name in names
    }


def _passed(rate: float | None, thresholds: tuple[float, ...]) -> int:
    return sum(rate is not None and rate >= threshold for threshold in thresholds)
