"""The command stats: counts of sends, feedback and changes of the list."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import typer

from ..exchanges import Call
from ..v1 import statistics_service_pb2, suppression_pb2
from .calls import transport_of, warn
from .options import (
    DEFAULT_SERVER,
    Insecure,
    Json,
    Server,
    TlsCa,
    TlsCert,
    TlsKey,
    Token,
    examples,
    parse_reason,
)
from .output import print_json, print_table

_pb: Any = statistics_service_pb2

#: Seconds for the call.
_TIMEOUT: Final = 30.0

#: Dimensions by their names in ``--by``; the fields of a row have the same names with ``_``.
_DIMENSIONS: Final = {
    name.removeprefix("DIMENSION_").lower().replace("_", "-"): number
    for name, number in _pb.Dimension.items()
    if number
}
_CATEGORIES: Final = {
    name.removeprefix("REPLY_CATEGORY_").lower().replace("_", "-"): number
    for name, number in _pb.ReplyCategory.items()
    if number
}
_COUNTS: Final = (
    "sends",
    "deliveries",
    "hard_bounces",
    "soft_bounces",
    "complaints",
    "suppressions",
    "removals",
)

app = typer.Typer()


@app.command(
    "stats",
    epilog=examples(
        "suppression stats",
        "suppression stats --by day --days 90",
        "suppression stats --by domain,category --examples",
        "suppression stats --by status --reason hard-bounce --from 2026-01-01 --to 2026-01-31",
    )
    + f"\n\n\b\nDimensions:\n  {', '.join(_DIMENSIONS)}",
)
def stats(
    by: Annotated[
        str, typer.Option(metavar="DIMENSION,…", help="At most 3 dimensions. [totals]")
    ] = "",
    days: Annotated[int, typer.Option(min=1, help="The number of days until --to.")] = 30,
    start: Annotated[
        str, typer.Option("--from", metavar="DAY", help="The first day (UTC). [from --days]")
    ] = "",
    end: Annotated[
        str, typer.Option("--to", metavar="DAY", help="The last day (UTC). [today]")
    ] = "",
    reason: Annotated[str, typer.Option(metavar="REASON", help="Counts of this reason.")] = "",
    domain: Annotated[str, typer.Option(help="Counts of recipients at this domain.")] = "",
    configuration_set: Annotated[str, typer.Option(help="Counts of this configuration set.")] = "",
    stream: Annotated[
        str | None, typer.Option(help="Counts of this stream; '' for mail of no stream.")
    ] = None,
    source: Annotated[str, typer.Option(help="Counts of this source.")] = "",
    category: Annotated[
        str, typer.Option(metavar="CATEGORY", help=f"{', '.join(_CATEGORIES)}.")
    ] = "",
    with_examples: Annotated[
        bool, typer.Option("--examples", help="Show examples of replies, with addresses masked.")
    ] = False,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    token: Token = "",
    tls_ca: TlsCa = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    insecure: Insecure = False,
) -> None:
    """Show counts of sends, bounces, complaints and changes of the list, with their rates."""
    dimensions = [each.strip() for each in by.split(",") if each.strip()]
    request = _pb.GetStatisticsRequest(
        start_day=start or _day_before(end, days - 1),
        end_day=end,
        group_by=[_number(each, _DIMENSIONS, "--by") for each in dimensions],
        filter=_pb.StatisticsFilter(
            reason=parse_reason(reason) if reason else 0,
            domain=domain,
            configuration_set=configuration_set,
            stream=stream,
            source=source,
            category=_number(category, _CATEGORIES, "--category") if category else 0,
        ),
        include_examples=with_examples,
    )
    with transport_of(server, token, tls_ca, tls_cert, tls_key, insecure) as transport:
        answer = transport.call(Call("GetStatistics", request, _TIMEOUT))
    _print_answer(answer, dimensions, as_json=as_json)


def _day_before(end: str, days: int) -> str:
    try:
        last = datetime.fromisoformat(end) if end else datetime.now(UTC)
    except ValueError:
        raise typer.BadParameter(
            f"{end!r} is no day such as 2026-01-31", param_hint="--to"
        ) from None
    return (last - timedelta(days=days)).strftime("%Y-%m-%d")


def _number(name: str, known: dict[str, int], flag: str) -> int:
    number = known.get(name.lower().replace("_", "-"))
    if number is None:
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(known)}", param_hint=flag)
    return number


def _print_answer(answer: Any, dimensions: list[str], *, as_json: bool) -> None:
    records = [_record(row, dimensions) for row in answer.rows]
    shown = [_example(each) for each in answer.examples]
    if as_json:
        for each in [*records, *({"example": example} for example in shown)]:
            print_json(each)
    else:
        print_table("counts", [_columns(each) for each in records])
        if shown:
            print_table("examples", shown)
    if answer.truncated:
        warn("there are more rows, with lower counts: give fewer dimensions or days")


def _record(row: Any, dimensions: list[str]) -> dict[str, Any]:
    record: dict[str, Any] = {each: _value(row, each.replace("-", "_")) for each in dimensions}
    for name in _COUNTS:
        known = name not in ("sends", "deliveries") or row.HasField(name)
        record[name] = getattr(row, name) if known else None
    return record


def _value(row: Any, name: str) -> str:
    value = getattr(row, name)
    if name == "reason":
        return _spelled(suppression_pb2.Reason, value, "REASON_")
    if name == "category":
        return _spelled(_pb.ReplyCategory, value, "REPLY_CATEGORY_")
    return str(value)


def _spelled(enum: Any, number: int, prefix: str) -> str:
    if not number:
        return ""
    known = number in enum.values()
    return (
        enum.Name(number).removeprefix(prefix).lower().replace("_", "-") if known else str(number)
    )


def _columns(record: dict[str, Any]) -> dict[str, str]:
    """Return the cells of a row, with the rates of what was sent."""
    cells = {
        name.replace("_", " "): f"{value:,}" if isinstance(value, int) else (value or "")
        for name, value in record.items()
    }
    if sends := record["sends"]:
        cells["bounce rate"] = f"{record['hard_bounces'] / sends:.2%}"
        cells["complaint rate"] = f"{record['complaints'] / sends:.3%}"
    else:
        cells |= {"bounce rate": "", "complaint rate": ""}
    return cells


def _example(each: Any) -> dict[str, str]:
    return {
        "category": _spelled(_pb.ReplyCategory, each.category, "REPLY_CATEGORY_"),
        "domain": each.domain,
        "status": each.status,
        "last day": each.last_day,
        "reply": each.text,
    }
