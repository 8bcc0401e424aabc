"""A made-up list of several weeks, for screenshots of the console and for its tests."""

import datetime as dt
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deploy.local import events

#: The address whose story has something of everything.
STORY: Final = "jane.doe@example.com"

#: A bounce as mail servers write it: type, sub-type, status, reply.
_BOUNCES: Final = (
    ("Permanent", "NoEmail", "5.1.1", "smtp; 550-5.1.1 The email account does not exist"),
    ("Permanent", "General", "5.1.1", "smtp; 550 5.1.1 user unknown"),
    ("Permanent", "General", "5.1.2", "smtp; 550 5.1.2 Host unknown: Domain name not found"),
    ("Permanent", "General", "5.7.1", "smtp; 550 5.7.1 Message rejected due to local policy"),
    ("Transient", "MailboxFull", "4.2.2", "smtp; 452 4.2.2 The recipient's mailbox is full"),
    ("Transient", "General", "4.7.0", "smtp; 451 4.7.0 Greylisted, try again in 5 minutes"),
    ("Transient", "General", "4.7.28", "smtp; 421 4.7.28 unusual rate of mail from your IP"),
    ("Transient", "ContentRejected", "5.6.0", "smtp; 550 5.6.0 content looks like spam"),
)
_WEIGHTS: Final = (30, 26, 8, 6, 14, 8, 6, 4)
_DOMAINS: Final = (
    "gmail.example",
    "outlook.example",
    "yahoo.example",
    "icloud.example",
    "gmx.example",
)
_DOMAIN_WEIGHTS: Final = (40, 24, 14, 10, 6)
_NAMES: Final = (
    "ada", "alan", "barbara", "carl", "dorothy", "edsger", "frances", "grace", "hedy", "ivan",
    "jean", "katherine", "leslie", "margaret", "niklaus", "radia", "sophie", "tim", "ursula",
)  # fmt: skip
_COMPLAINT_RATE: Final = 0.2
_SETS: Final = ("transactional", "newsletter")


def write(path: Path, *, days: int = 28, now: dt.datetime | None = None) -> None:
    """Write the events as JSON Lines, for ``suppression-ingest replay``.

    Args:
        path: the file.
        days: how many days of events.
        now: when they end.
    """
    lines = (json.dumps(event) for event in _events(days, now or dt.datetime.now(dt.UTC)))
    path.write_text("\n".join(lines), encoding="utf-8")


def _events(days: int, now: dt.datetime) -> Iterator[events.Event]:
    dice = random.Random(13)
    for day in range(days, -1, -1):
        start = now - dt.timedelta(days=day, hours=10)
        worse = 2.2 if day in (9, 10) else 1.0
        for _ in range(int(dice.randint(5, 9) * worse)):
            yield _bounce(dice, start + dt.timedelta(minutes=dice.randint(0, 590)))
        if dice.random() < _COMPLAINT_RATE * worse:
            happened = start + dt.timedelta(minutes=dice.randint(0, 590))
            yield events.complaint(
                _address(dice), happened=happened, configuration_set=dice.choice(_SETS)
            )
        for _ in range(dice.randint(150, 220)):
            happened = start + dt.timedelta(minutes=dice.randint(0, 590))
            yield events.other("Send", _address(dice), happened=happened)
    yield from _story(now)


def _story(now: dt.datetime) -> Iterator[events.Event]:
    for ago, type_, sub_type, status in (
        (26, "Transient", "MailboxFull", "4.2.2"),
        (19, "Transient", "MailboxFull", "4.2.2"),
        (6, "Permanent", "NoEmail", "5.1.1"),
    ):
        yield events.bounce(
            STORY,
            type_=type_,
            sub_type=sub_type,
            status=status,
            happened=now - dt.timedelta(days=ago, hours=3),
            configuration_set="transactional",
        )
    complained = now - dt.timedelta(days=12, hours=5)
    yield events.complaint(STORY, happened=complained, configuration_set="newsletter")


def _bounce(dice: random.Random, happened: dt.datetime) -> events.Event:
    (type_, sub_type, status, reply) = dice.choices(_BOUNCES, _WEIGHTS)[0]
    event = events.bounce(
        _address(dice),
        type_=type_,
        sub_type=sub_type,
        status=status,
        happened=happened,
        configuration_set=dice.choice(_SETS),
    )
    for recipient in event["bounce"]["bouncedRecipients"]:
        recipient["diagnosticCode"] = reply
    return event


def _address(dice: random.Random) -> str:
    domain = dice.choices(_DOMAINS, _DOMAIN_WEIGHTS[: len(_DOMAINS)])[0]
    return f"{dice.choice(_NAMES)}.{dice.randint(10, 999)}@{domain}"
