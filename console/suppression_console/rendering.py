"""Templates, and what they call: times, labels, paths of files."""

import datetime as dt
import hashlib
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from suppression import Reason
from suppression_console.sessions import Role, Session

_HERE: Final = Path(__file__).parent
STATIC: Final = _HERE / "static"

#: The reasons that an entry can have, in the order in which pages show them.
REASONS: Final = (
    Reason.HARD_BOUNCE,
    Reason.SOFT_BOUNCE,
    Reason.COMPLAINT,
    Reason.UNSUBSCRIBE,
    Reason.MANUAL,
)
_UNITS: Final = (
    (365 * 86_400, "year"),
    (30 * 86_400, "month"),
    (86_400, "day"),
    (3_600, "hour"),
    (60, "min"),
)


class Rendering:
    """Makes pages out of templates. Everything in them is escaped."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {"when": when, "slug": slug, "label": label, "count": count}
        self._environment.globals |= {"asset": asset, "REASONS": REASONS, "Role": Role}

    def page(
        self,
        request: Request,
        template: str,
        session: Session | None,
        *,
        status: int = 200,
        **values: Any,
    ) -> Response:
        """Return a page.

        Args:
            request: asks for it.
            template: its name.
            session: who sees it; None for someone who is not signed in.
            status: of HTTP.
            values: for the template.
        """
        text = self._environment.get_template(template).render(
            path=request.url.path,
            session=session,
            notices=session.take_notices() if session else [],
            **values,
        )
        return HTMLResponse(text, status)


@cache
def asset(name: str) -> str:
    """Return the path of a static file; it changes with its content, so browsers may keep it."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()
    return f"/static/{name}?v={digest[:12]}"


def slug(reason: Reason) -> str:
    """Return a reason as in forms, URLs and classes: ``hard-bounce``."""
    return reason.name.lower().replace("_", "-")


def label(value: Any) -> str:
    """Return an enum's member as people read it: ``Hard bounce``."""
    return str(value.name).replace("_", " ").capitalize()


def count(number: int) -> str:
    """Return a number with commas: ``12,345``."""
    return f"{number:,}"


def when(time: dt.datetime | None, now: dt.datetime | None = None) -> str | Markup:
    """Return a time in UTC, and how long ago it was."""
    if time is None:
        return "–"
    return Markup(
        '<time datetime="{}" title="{} UTC"><span class="date">{}, </span>{}</time>'
    ).format(time.isoformat(), f"{time:%Y-%m-%d %H:%M:%S}", f"{time:%Y-%m-%d}", ago(time, now))


def ago(time: dt.datetime, now: dt.datetime | None = None) -> str:
    """Return how long ago a time was, or how far ahead it is: ``3 days ago``, ``in 2 hours``."""
    seconds = ((now or dt.datetime.now(dt.UTC)) - time).total_seconds()
    for size, unit in _UNITS:
        if abs(seconds) >= size:
            number = int(abs(seconds) // size)
            text = f"{number} {unit}{'s' if number > 1 and size > 60 else ''}"
            return f"{text} ago" if seconds > 0 else f"in {text}"
    return "just now" if seconds >= 0 else "in a moment"
