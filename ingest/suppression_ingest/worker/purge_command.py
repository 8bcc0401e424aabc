"""``suppression-ingest purge``: deleting old rows now."""

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
    "statistics_retention",
    "deduplication_days",
    "soft_bounce_within",
    "soft_bounce_lasts",
)
def purge_command(settings: IngestSettings) -> None:
    """Delete feedback and counts that are older than the retention, and pack statistics.

    The worker does it too, between batches. Rows go in steps of a thousand, so that
    nobody waits long for the database; an interrupted purge is simply started again.
    Suppressed addresses stay, however old their feedback is.

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
        packed = sum(store.pack_statistics())
    for table, rows in sorted(gone.items()):
        typer.echo(f"{table}: {rows:,} rows deleted")
    if packed:
        typer.echo(f"statistic: {packed:,} rows packed")
    if not gone:
        typer.echo("nothing is old enough to be deleted")
