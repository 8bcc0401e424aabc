"""``suppression-ingest webhook`` as a process, for its integration and fuzz tests."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from suppression_service.store import Store
from tests.support.processes import BIN, Process, Processes

Json = dict[str, Any]


WEBHOOK = (BIN / "suppression-ingest", "webhook")


class Webhook:
    """A running webhook, with a client that posts to it."""

    def __init__(self, process: Process, client: httpx.Client, store: Store) -> None:
        self.process = process
        self.client = client
        self.store = store

    def post(self, envelope: Json, **headers: str) -> int:
        """Post as SNS does; return the status. Underscores in names of headers are dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.client.post(
            "/sns", json=envelope, headers={"content-type": "text/plain; charset=UTF-8"} | named
        )
        return answer.status_code

    @property
    def address(self) -> tuple[str, int]:
        url = self.client.base_url
        return url.host, url.port or 0

    def occurrences(self, address: str) -> list[int]:
        return [entry.occurrences for entry in self.store.address(address).suppressions]


Start = Callable[..., Webhook]


@contextlib.contextmanager
def starter(processes: Processes, database_url: str) -> Iterator[Start]:
    """Yield a function that starts webhooks on a migrated database."""
    with contextlib.ExitStack() as opened:
        store = opened.enter_context(
            contextlib.closing(Store.open(database_url, migrate_first=True))
        )

        def start(environment: dict[str, str], scheme: str = "http", **more: str) -> Webhook:
            given = {
                "SUPPRESSION_DATABASE_URL": database_url,
                "SUPPRESSION_WEBHOOK_LISTEN": "127.0.0.1:0",
            }
            process = processes.start("webhook", WEBHOOK, given | environment | more)
            listen = process.line(r"started.*listen=(\S+)")[1]
            client = httpx.Client(
                base_url=f"{scheme}://{listen}", timeout=60, verify=False, trust_env=False
            )
            return Webhook(process, opened.enter_context(client), store)

        yield start
