"""Whether the webhook can do its work, for load balancers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog

from suppression_service.store import StoreError

#: Seconds that the database has to answer.
PATIENCE_SECONDS: Final = 1.0

_log = structlog.get_logger(__name__)


class Health:
    """Asks the database, one question at a time however many want to know.

    Args:
        ask: blocks until the database has answered; raises StoreError if it does not.
        patience: seconds to wait for it.
    """

    def __init__(self, ask: Callable[[], object], patience: float = PATIENCE_SECONDS) -> None:
        self._ask = ask
        self._patience = patience
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="health")
        self._asking: asyncio.Future[bool] | None = None

    async def good(self) -> bool:
        """Whether the database answers, and soon."""
        if self._asking is None or self._asking.done():
            loop = asyncio.get_running_loop()
            self._asking = loop.run_in_executor(self._thread, self._answers)
        try:
            return await asyncio.wait_for(asyncio.shield(self._asking), self._patience)
        except TimeoutError:
            return False

    @contextlib.asynccontextmanager
    async def asking(self) -> AsyncIterator[None]:
        """Have a thread to ask from for the length of the block."""
        try:
            yield
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)

    def _answers(self) -> bool:
        try:
            self._ask()
        except StoreError as error:
            _log.warning("unhealthy: the database does not answer", cause=str(error))
            return False
        return True
