# ruff: noqa: N802 - methods are named by the contract
"""The console in the process of its tests, in front of a stand-in for the service."""

import asyncio
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from suppression import Call, InvalidArgumentError, PermissionDeniedError, UnauthenticatedError
from suppression.errors import FieldViolation
from suppression.v1 import list_service_pb2, statistics_service_pb2, suppression_service_pb2
from suppression_console.app import application
from suppression_console.service import Service
from suppression_console.sessions import Role
from suppression_console.settings import Settings

pb: Any = suppression_service_pb2
lists: Any = list_service_pb2
statistics: Any = statistics_service_pb2

_ROLES = {
    "Suppress": Role.WRITE,
    "ImportSuppressions": Role.WRITE,
    "Unsuppress": Role.ADMIN,
    "EraseAddress": Role.ADMIN,
    "CheckAddress": Role.CHECK,
    "GetStatus": Role.CHECK,
}


class FakeService:
    """Answers each call by its method; a token is the name of its role."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.failure: Exception | None = None
        self.failure_of: dict[str, Exception] = {}
        self.answers: dict[str, Any] = {}
        self.closed = 0

    def connect(self, token: str) -> Service:
        return Service("127.0.0.1:50051", token, transport=_Transport(self, token))

    def answer(self, token: str, call: Call) -> Any:
        if failure := self.failure or self.failure_of.get(call.method):
            raise failure
        role = Role[token.upper()] if token.upper() in Role.__members__ else None
        if role is None:
            raise UnauthenticatedError("no such token")
        if role < _ROLES.get(call.method, Role.READ):
            raise PermissionDeniedError("not with this token")
        self.calls.append(call)
        if call.method == "GetStatus":
            return statistics.GetStatusResponse(caller_name=f"{token}-token", caller_role=role)
        if callable(self.answers.get(call.method)):
            return self.answers[call.method](call.request)
        if call.method in self.answers:
            return self.answers[call.method]
        return getattr(self, call.method)(call.request)

    def made(self, method: str) -> list[Any]:
        """Return the requests of a method."""
        return [call.request for call in self.calls if call.method == method]

    @staticmethod
    def refused(refusal: dict[str, str]) -> Any:
        """Return an answer to an import of one row, which is refused."""
        return lists.ImportSuppressionsResponse(results=[{"outcome": 5, "refusal": refusal}])

    def CheckAddress(self, request: Any) -> Any:
        verdict = 2 if request.address.startswith("bad") else 1
        return pb.CheckAddressResponse(verdict=verdict, reason=1 if verdict == 2 else 0)

    def GetAddress(self, request: Any) -> Any:
        if "@" not in request.address:
            raise InvalidArgumentError(violations=(FieldViolation("address", "has no @"),))
        return pb.GetAddressResponse(revision="r1")

    def Suppress(self, request: Any) -> Any:
        return pb.SuppressResponse(created=True, revision="r2")

    def Unsuppress(self, request: Any) -> Any:
        removed = [{"address": request.address, "reason": request.reason}]
        return pb.UnsuppressResponse(removed=removed, revision="r3")

    def EraseAddress(self, request: Any) -> Any:
        return pb.EraseAddressResponse(suppressions=2, events=3, revision="r4")

    def GetStatistics(self, request: Any) -> Any:
        return statistics.GetStatisticsResponse()

    def ListSuppressions(self, request: Any) -> Any:
        return lists.ListSuppressionsResponse()

    def ImportSuppressions(self, request: Any) -> Any:
        outcomes = [{"outcome": 1} for _ in request.suppressions]
        return lists.ImportSuppressionsResponse(results=outcomes)


class _Transport:
    def __init__(self, service: FakeService, token: str) -> None:
        self._service = service
        self._token = token

    async def call(self, call: Call) -> Any:
        return self._service.answer(self._token, call)

    async def close(self) -> None:
        self._service.closed += 1


class Browser:
    """A browser without JavaScript, and its console."""

    def __init__(self, app: Any, url: str) -> None:
        self._runner = asyncio.Runner()
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 50_000))
        self._client = httpx.AsyncClient(transport=transport, base_url=url)
        self.cookies = self._client.cookies

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Open a page; redirects are followed unless told otherwise."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        """Send a form."""
        return self.request("POST", path, **options)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Make a request."""
        given = {"follow_redirects": True, **options}
        return self._runner.run(self._client.request(method, path, **given))

    def close(self) -> None:
        """Close the browser."""
        self._runner.run(self._client.aclose())
        self._runner.close()

    def csrf(self, path: str) -> str:
        """Return the CSRF token of a page."""
        return csrf_of(self.get(path))

    def sign_in(self, token: str) -> httpx.Response:
        """Sign in with the form."""
        page = self.get("/sign-in")
        return self.post("/sign-in", data={"csrf": csrf_of(page), "token": token, "next": ""})

    def submit(self, path: str, **fields: str | list[str]) -> httpx.Response:
        """Send a form with the token of the session, and follow to the next page."""
        return self.post(path, data={"csrf": csrf_of(self.get("/address")), **fields})


def csrf_of(page: Any) -> str:
    """Return the CSRF token of a page's first form."""
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def open_browser(service: FakeService) -> Iterator[Callable[..., Browser]]:
    """Open browsers on consoles with settings of their own."""
    opened: list[Browser] = []

    def browser(url: str = "http://127.0.0.1:8090", **settings: Any) -> Browser:
        app = application(Settings(**settings), service.connect)
        opened.append(Browser(app, url))
        return opened[-1]

    yield browser
    for each in opened:
        each.close()


@pytest.fixture
def browser(open_browser: Callable[..., Browser]) -> Browser:
    return open_browser()


@pytest.fixture
def admin(browser: Browser) -> Browser:
    browser.sign_in("admin")
    return browser
