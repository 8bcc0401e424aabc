"""The calls of the scenarios, made by the sync and the async client."""

import asyncio
import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any, Final, TypeAlias

from suppression import (
    AsyncSuppressionClient,
    Check,
    MailClass,
    Reason,
    RefusedError,
    Suppression,
    SuppressionClient,
    SuppressionError,
    WhenUnavailable,
)

Json: TypeAlias = dict[str, Any]
Ask: TypeAlias = Callable[[str, Json], Any]

_GENEROUS_MS: Final = 20_000
_TIMEOUTS: Final = ("check_timeout", "batch_timeout", "timeout")


def settings(options: Json) -> Json:
    """Return the arguments of a client, from a scenario's options."""
    given: Json = {
        "when_unavailable": WhenUnavailable[options.get("when_unavailable", "DO_NOT_SEND")]
    }
    if not options.get("default_timeouts"):
        given |= {name: options.get(f"{name}_ms", _GENEROUS_MS) / 1000 for name in _TIMEOUTS}
    if "batch_parallelism" in options:
        given["batch_parallelism"] = options["batch_parallelism"]
    return given


@contextlib.contextmanager
def sync_client(server: str, token: str, options: Json) -> Iterator[Ask]:
    """Make a sync client; yield what calls it."""
    with SuppressionClient(server, token=token, **settings(options)) as client:
        yield lambda name, given: _called(client, name, given)


@contextlib.contextmanager
def async_client(server: str, token: str, options: Json) -> Iterator[Ask]:
    """Make an async client; yield what calls it."""
    client = AsyncSuppressionClient(server, token=token, **settings(options))

    async def call(name: str, given: Json) -> Any:
        answer = _called(client, name, given)
        return await answer if asyncio.iscoroutine(answer) else answer

    try:
        yield lambda name, given: _loop().run(call(name, given))
    finally:
        _loop().run(client.close())


@functools.cache
def _loop() -> asyncio.Runner:
    # One for all: grpc.aio's polling outlives the channels of a loop.
    return asyncio.Runner()


CLIENTS: Final = {"": sync_client, "-async": async_client}


def _called(client: Any, name: str, given: Json) -> Any:
    return client.unanswered if name == "unanswered" else getattr(client, name)(**given)


def arguments(given: Json) -> Json:
    """Return a step's arguments as Python's."""
    known: dict[str, Callable[[Any], tuple[str, Any]]] = {
        "reason": lambda name: ("reason", Reason[name]),
        "mail_class": lambda name: ("mail_class", MailClass[name]),
        "ttl_seconds": lambda seconds: ("ttl", timedelta(seconds=seconds)),
        "max_wait_ms": lambda wait: ("max_wait", timedelta(milliseconds=wait)),
    }
    return dict(
        known[name](value) if name in known else (name, value) for name, value in given.items()
    )


def result(name: str, answer: Any) -> Json:
    """Return the answer of a call in the form of the scenarios."""
    match name:
        case "check":
            return _check(answer)
        case "batch_check":
            return _batch(answer)
        case "filter":
            return {"addresses": answer}
        case "list_changes":
            return {"revision": answer.through_revision, "changes": _entries(answer.changes)}
        case "unanswered":
            return {name: answer}
    return {"revision": answer.revision, **_of_one_address(name, answer)}


def _of_one_address(name: str, answer: Any) -> Json:
    match name:
        case "suppress":
            return {"created": answer.created, "suppression": _entry(answer.suppression)}
        case "unsuppress":
            return {"removed": _entries(answer.removed)}
        case "erase":
            return {"entries": answer.suppressions, "events": answer.events}
    return {"suppressions": _entries(answer.suppressions)}


def _check(check: Check) -> Json:
    return {
        "address": check.address,
        "send": check.send,
        "verdict": _name(check.verdict),
        "reason": _name(check.reason),
        "answered": check.answered,
        "revision": check.revision,
    }


def _batch(checks: list[Check]) -> Json:
    return {
        "checks": [_check(check) for check in checks],
        "addresses": [check.address for check in checks],
        "not_send": [index for index, check in enumerate(checks) if not check.send],
        "unanswered": sum(not check.answered for check in checks),
        "revision": checks[0].revision if checks else "",
    }


def _entries(entries: Iterable[Suppression]) -> list[Json]:
    return [_entry(entry) for entry in entries]


def _entry(entry: Suppression) -> Json:
    same = (
        "address", "domain", "include_subdomains", "stream", "source", "detail", "occurrences",
        "removed_by", "removal_detail",
    )  # fmt: skip
    return {
        **{name: getattr(entry, name) for name in same},
        "reason": _name(entry.reason),
        "expires": entry.expire_time is not None,
        "removed": entry.removed_time is not None,
    }


def _name(member: Any) -> str:
    return "UNKNOWN" if member.name.startswith("UNKNOWN_") else str(member.name)


def error_result(error: SuppressionError) -> Json:
    """Return an error in the form of the scenarios."""
    return {
        "code": error.code.name if error.code else "",
        "reason": error.reason,
        "fields": [violation.field for violation in error.violations],
        "refused": isinstance(error, RefusedError),
    }
