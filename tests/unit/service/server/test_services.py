import asyncio
import threading
from typing import Any

from suppression.v1 import list_service_pb2, suppression_service_pb2
from suppression_service.server.caller import Caller
from suppression_service.server.services import Services
from suppression_service.store import Identity


class BusyStore:
    """A store whose pages are never there, until the test lets them."""

    def __init__(self) -> None:
        self.let_pages = threading.Event()
        self.looked_up = False

    def page(self, *_: object) -> Any:
        self.let_pages.wait(30)
        raise AssertionError

    def address(self, _: str) -> Any:
        self.looked_up = True
        raise LookupError


class Following:
    identity = Identity("test", 0)


async def test_pages_that_take_long_keep_no_reader_from_the_look_up_of_an_address() -> None:
    store = BusyStore()
    services = Services(store, Following(), None).by_name  # type: ignore[arg-type]
    listing: Any = services["suppression.v1.ListService"]
    senders: Any = services["suppression.v1.SuppressionService"]
    caller: Any = Caller
    asked = list_service_pb2.ListSuppressionsRequest()
    pages = [asyncio.create_task(listing.list_suppressions(asked, caller)) for _ in range(50)]
    await asyncio.sleep(0)
    try:
        request = suppression_service_pb2.GetAddressRequest(address="jane@shop.example")
        await asyncio.gather(senders.get_address(request, caller), return_exceptions=True)
        assert store.looked_up
    finally:
        store.let_pages.set()
        await asyncio.gather(*pages, return_exceptions=True)
