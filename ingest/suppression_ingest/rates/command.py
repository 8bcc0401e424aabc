"""``suppression-ingest rates``: bounce and complaint rates."""

import contextlib
import datetime as dt
import json
from typing import Annotated

import typer
from rich.console import Console

from suppression_ingest.rates.report import as_json, as_tables, days_until
from suppression_ingest.settings import IngestSettings
from suppression_service.config import with_settings
from suppression_service.store import Store


@with_settings(IngestSettings, "database_url")
def rates_command(
    settings: IngestSettings,
    days: Annotated[int, typer.Option(help="how many, today (UTC) included", min=1, max=3650)] = 14,
    as_document: Annotated[
        bool, typer.Option("--json", help="one JSON document, for programs")
    ] = False,
) -> None:
    """Show sends, deliveries, bounces and complaints by day and configuration set.

    Mail to the mailbox simulator is in no rate. SES decides by rates of its own, over
    a volume of mail that it does not tell; these are the early warning.

    \b
    Examples:
      suppression-ingest rates
      suppression-ingest rates --days 30 --json | jq .total.bounce_rate
    """  # noqa: D301 - click's mark for lines that stay as they are
    shown = days_until(dt.datetime.now(dt.UTC).date(), days)
    with contextlib.closing(Store.open(settings.database_url)) as store:
        # A worker whose clock is ahead may have counted for a later day: leave it out.
        counts = [count for count in store.daily_counts(shown[0]) if count.day <= shown[-1]]
    if as_document:
        typer.echo(json.dumps(as_json(counts, shown), indent=2))
    else:
        console = Console()
        console.print(as_tables(counts, shown, console.width))
