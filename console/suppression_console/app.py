"""The web application: its routes, and what is around them."""

import contextlib
from collections.abc import AsyncIterator

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from suppression_console.access import SESSION_COOKIE, SIGN_IN, Access, cookie
from suppression_console.pages.address import AddressPage
from suppression_console.pages.entries import ListPage
from suppression_console.pages.export import download
from suppression_console.pages.imports import ImportPage
from suppression_console.pages.overview import OverviewPage
from suppression_console.pages.reasons import ReasonsPage
from suppression_console.protection import HEALTH_PATH, UPLOAD_PATH, Protection, TooLarge
from suppression_console.rendering import STATIC, Rendering
from suppression_console.service import Service
from suppression_console.sessions import Role, Sessions
from suppression_console.settings import Settings
from suppression_console.sign_in import Connect, RateLimit, SignIn

_log = structlog.get_logger()


class _Files(StaticFiles):
    """Static files, which browsers may keep: their paths change with their content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


class Console:
    """Makes the application of the console.

    Args:
        settings: of the console.
        connect: returns the service for a token.
    """

    def __init__(self, settings: Settings, connect: Connect) -> None:
        self._settings = settings
        self._sessions = Sessions()
        self._rendering = Rendering()
        self._access = Access(self._sessions, self._rendering)
        self._sign_in = SignIn(
            settings.local, connect, self._sessions, self._rendering, RateLimit()
        )

    def application(self) -> Starlette:
        """Return the application."""
        app = Starlette(
            routes=self._routes(),
            middleware=[Middleware(Protection, settings=self._settings)],
            exception_handlers={
                HTTPException: self._http_error,
                TooLarge: self._too_large,
                Exception: self._internal_error,
            },
            lifespan=self._running,
        )
        # A redirect would lead to any host that the request names.
        app.router.redirect_slashes = False
        return app

    def _routes(self) -> list[Route | Mount]:
        page = self._access.page
        address, entries = AddressPage(self._rendering), ListPage(self._rendering)
        imports = ImportPage(self._rendering, self._settings.max_upload)
        # Pages are not compressed: with a secret in them, their size would tell of it (BREACH).
        files = GZipMiddleware(_Files(directory=STATIC))
        return [
            Route(HEALTH_PATH, _healthz),
            Mount("/static", files),
            Route(SIGN_IN, self._sign_in.show, methods=["GET"]),
            Route(SIGN_IN, self._sign_in.sign_in, methods=["POST"]),
            Route("/sign-out", page(self._sign_in.sign_out), methods=["POST"]),
            Route("/", page(OverviewPage(self._rendering).show), methods=["GET"]),
            Route("/reasons", page(ReasonsPage(self._rendering).show, Role.READ), methods=["GET"]),
            Route("/list", page(entries.show, Role.READ), methods=["GET"]),
            Route("/list/export", page(download, Role.READ), methods=["GET"]),
            Route("/list/remove", page(entries.remove, Role.ADMIN), methods=["POST"]),
            Route("/import", page(imports.show, Role.WRITE), methods=["GET"]),
            Route(UPLOAD_PATH, page(imports.upload, Role.WRITE), methods=["POST"]),
            Route("/import/{id}", page(imports.show_one, Role.WRITE), methods=["GET"]),
            Route("/import/{id}/run", page(imports.run, Role.WRITE), methods=["POST"]),
            Route("/import/{id}/drop", page(imports.drop, Role.WRITE), methods=["POST"]),
            Route("/import/{id}/failed-rows.csv", page(imports.failed_rows, Role.WRITE)),
            Route("/address", page(address.show), methods=["GET"]),
            Route("/address/add", page(address.add, Role.WRITE), methods=["POST"]),
            Route("/address/remove", page(address.remove, Role.ADMIN), methods=["POST"]),
            Route("/address/erase", page(address.erase, Role.ADMIN), methods=["POST"]),
        ]

    @contextlib.asynccontextmanager
    async def _running(self, _app: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await self._sessions.close()

    def _http_error(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        text = "There is no such page." if status == 404 else "The request cannot be answered."
        session = self._sessions.find(cookie(request, SESSION_COOKIE))
        return self._rendering.page(
            request, "refused.html", session, status=status, text=text, code=status
        )

    def _too_large(self, _request: Request, _error: Exception) -> Response:
        return PlainTextResponse("too large\n", 413, {"connection": "close"})

    def _internal_error(self, request: Request, error: Exception) -> Response:
        # Without its text and its traceback, which can quote an address.
        _log.error("internal error", kind=type(error).__name__, path=request.url.path)
        return PlainTextResponse("internal error\n", 500)


def application(settings: Settings, connect: Connect | None = None) -> Starlette:
    """Return the application of the console.

    Args:
        settings: of the console.
        connect: returns the service for a token; by default the one that the settings name.
    """
    return Console(settings, connect or connect_to(settings)).application()


def connect_to(settings: Settings) -> Connect:
    """Return what connects to the service that the settings name."""

    def connect(token: str) -> Service:
        return Service(settings.server, token, settings.service_tls)

    return connect


async def _healthz(_request: Request) -> Response:
    return PlainTextResponse("ok\n")
