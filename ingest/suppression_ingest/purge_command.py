"""``suppression-ingest purge``: forgetting what is old, here and now."""

import contextlib
import datetime as dt
from collections import Counter
from typing import Annotated

import typer

from suppression_ingest.options import option
from suppression_ingest.settings import IngestSettings, load_settings
from suppression_ingest.worker.retention import retention_of
from suppression_service.store import Store


def purge_command(
    database_url: Annotated[str | None, option(IngestSettings, "database_url")] = None,
    event_retention: Annotated[str | None, option(IngestSettings, "event_retention")] = None,
    count_memory: Annotated[str | None, option(IngestSettings, "count_memory")] = None,
    soft_bounce_within: Annotated[str | None, option(IngestSettings, "soft_bounce_within")] = None,
    soft_bounce_lasts: Annotated[str | None, option(IngestSettings, "soft_bounce_lasts")] = None,
) -> None:
    """Forget feedback and counts that are older than the retention.

    The worker does it too, beside its work. Rows go in steps of a thousand, so nobody
    waits long for the database; broken off, it is simply started again. Suppressed
    addresses stay, whatever the age of the feedback that brought them.

    \b
    Examples:
      suppression-ingest purge
      suppression-ingest purge --event-retention 90
    """  # noqa: D301 - click's mark for lines that stay as they are
    settings = load_settings(**locals())
    gone: Counter[str] = Counter()
    with contextlib.closing(Store.open(settings.database_url)) as store:
        cutoffs = retention_of(settings).cutoffs(dt.datetime.now(dt.UTC))
        for table, rows in store.purge(cutoffs):
            gone[table] += rows
    for table, rows in sorted(gone.items()):
        typer.echo(f"{table}: {rows:,} rows forgotten")
    if not gone:
        typer.echo("nothing is old enough to be forgotten")
