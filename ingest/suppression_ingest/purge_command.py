"""``suppression-ingest purge``: forgetting what is old, here and now."""

import contextlib
import datetime as dt
from collections import Counter

import typer

from suppression_ingest.settings import IngestSettings
from suppression_ingest.worker.retention import retention_of
from suppression_service.config import with_settings
from suppression_service.store import Store


@with_settings(
    IngestSettings,
    "database_url",
    "event_retention",
    "count_memory",
    "soft_bounce_within",
    "soft_bounce_lasts",
)
def purge_command(settings: IngestSettings) -> None:
    """Forget feedback and counts that are older than the retention.

    The worker does it too, beside its work. Rows go in steps of a thousand, so nobody
    waits long for the database; broken off, it is simply started again. Suppressed
    addresses stay, whatever the age of the feedback that brought them.

    \b
    Examples:
      suppression-ingest purge
      suppression-ingest purge --event-retention 90
    """  # noqa: D301 - click's mark for lines that stay as they are
    gone: Counter[str] = Counter()
    with contextlib.closing(Store.open(settings.database_url)) as store:
        cutoffs = retention_of(settings).cutoffs(dt.datetime.now(dt.UTC))
        for table, rows in store.purge(cutoffs):
            gone[table] += rows
    for table, rows in sorted(gone.items()):
        typer.echo(f"{table}: {rows:,} rows forgotten")
    if not gone:
        typer.echo("nothing is old enough to be forgotten")
