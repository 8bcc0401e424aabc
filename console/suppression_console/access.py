"""What stands before each page: the session, the role, the CSRF token, the service's refusals."""

import hmac
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias
from urllib.parse import urlencode

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from suppression import (
    InvalidArgumentError,
    PermissionDeniedError,
    SuppressionError,
    UnauthenticatedError,
)
from suppression_console.rendering import Rendering
from suppression_console.sessions import Role, Session, Sessions

SIGN_IN: Final = "/sign-in"
#: The cookies of a session and of a form to sign in. Over TLS their names begin with __Host-,
#: so that no other host of the domain can set them.
SESSION_COOKIE: Final = "session"
FORM_COOKIE: Final = "sign-in"
_SAFE_METHODS: Final = ("GET", "HEAD")
_SEE_OTHER: Final = 303

Page: TypeAlias = Callable[[Request, Session], Awaitable[Response]]
Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

_log = structlog.get_logger()


class Access:
    """Lets those who are signed in see pages.

    Args:
        sessions: those who are signed in.
        rendering: shows why a page is not shown.
    """

    def __init__(self, sessions: Sessions, rendering: Rendering) -> None:
        self._sessions = sessions
        self._rendering = rendering

    def page(self, page: Page, role: Role = Role.CHECK) -> Endpoint:
        """Return an endpoint that shows a page to sessions of a role or a higher one."""

        async def endpoint(request: Request) -> Response:
            try:
                return await self._answer(request, page, role)
            finally:
                await request.close()  # and the file that was uploaded

        return endpoint

    async def _answer(self, request: Request, page: Page, role: Role) -> Response:
        session = self._sessions.find(cookie(request, SESSION_COOKIE))
        if session is None:
            return to_sign_in(request)
        if session.role < role:
            return self._refused(request, session, 403, f"This needs the role {role.name.lower()}.")
        if not await _is_genuine(request, session.csrf):
            return self._refused(request, session, 403, "The form was not of this session.")
        try:
            return await page(request, session)
        except SuppressionError as error:
            return await self._of_error(request, session, error)

    async def _of_error(
        self, request: Request, session: Session, error: SuppressionError
    ) -> Response:
        if isinstance(error, UnauthenticatedError):
            await self._sessions.end(cookie(request, SESSION_COOKIE))
            return to_sign_in(request)
        if isinstance(error, PermissionDeniedError):
            return self._refused(request, session, 403, "The token does not permit this.")
        if isinstance(error, InvalidArgumentError):
            return self._refused(request, session, 400, violations(error))
        _log.warning("no answer of the service", code=error.code and error.code.name)
        return self._refused(
            request, session, 503, "The service does not answer. Try again in a moment."
        )

    def _refused(self, request: Request, session: Session, status: int, text: str) -> Response:
        return self._rendering.page(
            request, "refused.html", session, status=status, text=text, code=status
        )


def violations(error: InvalidArgumentError) -> str:
    """Say which fields the service refused, and why; no address is repeated."""
    found = [f"{each.field}: {each.description}" for each in error.violations]
    return "; ".join(found) or "The service refused the request."


def cookie_name(request: Request, name: str) -> str:
    """Return the name of a cookie as this request carries it."""
    return f"__Host-{name}" if request.url.scheme == "https" else name


def cookie(request: Request, name: str) -> str:
    """Return the value of a cookie of ours; empty without one."""
    return request.cookies.get(cookie_name(request, name), "")


def set_cookie(request: Request, response: Response, name: str, value: str) -> None:
    """Set a cookie that no script reads and no other site sends; until the browser is closed."""
    response.set_cookie(
        cookie_name(request, name),
        value,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def to_sign_in(request: Request) -> Response:
    """Return the way to the page to sign in, and from there back to this page."""
    back = request.url.path if request.method in _SAFE_METHODS else "/"
    if request.method in _SAFE_METHODS and request.url.query:
        back += f"?{request.url.query}"
    target = SIGN_IN if back == "/" else f"{SIGN_IN}?{urlencode({'next': back})}"
    if "hx-request" in request.headers:
        return Response(status_code=204, headers={"hx-redirect": SIGN_IN})
    return RedirectResponse(target, _SEE_OTHER)


def redirect(target: str) -> Response:
    """Return the way to a page of ours after a form."""
    return RedirectResponse(target, _SEE_OTHER)


async def _is_genuine(request: Request, csrf: str) -> bool:
    """Whether a request only reads, or comes from a form that this session was given."""
    if request.method in _SAFE_METHODS:
        return True
    if not is_same_origin(request):
        return False
    form = await request.form()
    return hmac.compare_digest(str(form.get("csrf", "")).encode(), csrf.encode())


def is_same_origin(request: Request) -> bool:
    """Whether the browser says that a form was sent by a page of ours, or says nothing."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    return site in ("same-origin", "none") and origin in (
        None,
        f"{request.url.scheme}://{request.headers.get('host', '')}",
    )
