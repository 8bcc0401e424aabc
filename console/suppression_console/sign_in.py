"""Signing in and out: a token of the service begins a session."""

import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, TypeAlias

import structlog
from starlette.requests import Request
from starlette.responses import Response

from suppression import (
    ConfigurationError,
    SuppressionError,
    UnauthenticatedError,
)
from suppression_console.access import (
    FORM_COOKIE,
    SESSION_COOKIE,
    SIGN_IN,
    cookie,
    cookie_name,
    is_same_origin,
    redirect,
    set_cookie,
)
from suppression_console.rendering import Rendering
from suppression_console.service import Service
from suppression_console.sessions import Role, Session, Sessions

#: Attempts a minute, of one address and of all.
ATTEMPTS_OF_ONE: Final = 10
ATTEMPTS_OF_ALL: Final = 100
_MINUTE: Final = 60.0
_TRACKED: Final = 10_000

Connect: TypeAlias = Callable[[str], Service]

_log = structlog.get_logger()


class RateLimit:
    """Counts attempts in each minute, of one client and of all.

    Args:
        clock: seconds, ever rising.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._minute = 0
        self._counts: OrderedDict[str, int] = OrderedDict()
        self._total = 0

    def allows(self, client: str) -> bool:
        """Count an attempt; return whether it is within the limits."""
        minute = int(self._clock() // _MINUTE)
        if minute != self._minute:
            self._minute, self._total = minute, 0
            self._counts.clear()
        self._total += 1
        self._counts[client] = self._counts.get(client, 0) + 1
        if len(self._counts) > _TRACKED:
            self._counts.popitem(last=False)
        return self._counts.get(client, 0) <= ATTEMPTS_OF_ONE and self._total <= ATTEMPTS_OF_ALL


class SignIn:
    """The page to sign in, and the way out.

    Args:
        local: whether all users are on this machine. Then no token is needed if the service
            needs none.
        connect: returns the service for a token.
        sessions: those who are signed in.
        rendering: shows the page.
        limit: of attempts.
    """

    def __init__(
        self,
        local: bool,
        connect: Connect,
        sessions: Sessions,
        rendering: Rendering,
        limit: RateLimit,
    ) -> None:
        self._local = local
        self._connect = connect
        self._sessions = sessions
        self._rendering = rendering
        self._limit = limit

    async def show(self, request: Request) -> Response:
        """Show the form."""
        if self._sessions.find(cookie(request, SESSION_COOKIE)):
            return redirect("/")
        return self._form(request)

    async def sign_in(self, request: Request) -> Response:
        """Begin a session with the token of the form."""
        form = await request.form()
        given, expected = str(form.get("csrf", "")), cookie(request, FORM_COOKIE)
        if not (is_same_origin(request) and expected and hmac.compare_digest(given, expected)):
            return self._form(request, 403, "The form was too old. Please try again.")
        if not self._limit.allows(_client_of(request)):
            return self._form(request, 429, "Too many attempts. Please wait a minute.")
        token = str(form.get("token", "")).strip()
        if not token and not self._local:
            return self._form(request, 400, "Enter a token.")
        return await self._begin(request, token, _own_path(str(form.get("next", ""))))

    async def sign_out(self, request: Request, _session: Session) -> Response:
        """End the session."""
        await self._sessions.end(cookie(request, SESSION_COOKIE))
        response = redirect(SIGN_IN)
        response.delete_cookie(cookie_name(request, SESSION_COOKIE))
        return response

    async def _begin(self, request: Request, token: str, target: str) -> Response:
        try:
            service = self._connect(token)
        except ConfigurationError:
            return self._form(request, 403, "The service does not know this token.")
        try:
            name, role = await who(service)
        except SuppressionError as error:
            await service.close()
            if isinstance(error, UnauthenticatedError):
                unknown = "The service does not know this token." if token else "Enter a token."
                return self._form(request, 403, unknown)
            _log.warning("cannot sign in", code=error.code and error.code.name)
            return self._form(request, 503, "The service does not answer. Try again in a moment.")
        await self._sessions.end(cookie(request, SESSION_COOKIE))
        response = redirect(target)
        set_cookie(
            request, response, SESSION_COOKIE, await self._sessions.begin(service, name, role)
        )
        response.delete_cookie(cookie_name(request, FORM_COOKIE))
        _log.info("signed in", name=name, role=role.name)
        return response

    def _form(self, request: Request, status: int = 200, problem: str = "") -> Response:
        csrf = cookie(request, FORM_COOKIE) or secrets.token_urlsafe(24)
        response = self._rendering.page(
            request,
            "sign_in.html",
            None,
            status=status,
            problem=problem,
            form_csrf=csrf,
            local=self._local,
            target=_own_path(request.query_params.get("next", "")),
        )
        set_cookie(request, response, FORM_COOKIE, csrf)
        return response


async def who(service: Service) -> tuple[str, Role]:
    """Return the name and the role of a token.

    Raises:
        UnauthenticatedError: the service does not know the token.
        UnavailableError: the service does not answer.
    """
    status = await service.status()
    return status.caller_name, Role(status.caller_role or Role.CHECK)


def _client_of(request: Request) -> str:
    """Return what attempts are counted by: an address, of IPv6 the network of a customer."""
    host = request.client.host if request.client else ""
    return ":".join(host.split(":")[:4]) if ":" in host else host


def _own_path(text: str) -> str:
    """Return a path of this site; the overview for anything else."""
    own = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable()
    return text if own else "/"
