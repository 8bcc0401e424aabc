"""The page of imports: drop a file, see what would happen, run it, download what failed."""

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import IO, Final

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from suppression.formats import FORMATS
from suppression_console.access import redirect
from suppression_console.imports import Import, State
from suppression_console.pages.forms import text_in
from suppression_console.rendering import Rendering
from suppression_console.sessions import Session

#: Imports of one session; for one more, the oldest that does nothing is dropped.
_MOST: Final = 3
_NOT_FOUND: Final = 404

_BY_NAME: Final = {each.name: each for each in FORMATS}


class ImportPage:
    """Takes files, and shows what becomes of them.

    Args:
        rendering: makes the pages.
        max_upload: megabytes of a file.
    """

    def __init__(self, rendering: Rendering, max_upload: int) -> None:
        self._rendering = rendering
        self._max_upload = max_upload

    async def show(self, request: Request, session: Session) -> Response:
        """Show the form, and the imports of the session."""
        return self._rendering.page(
            request,
            "import.html",
            session,
            formats=FORMATS,
            max_upload=self._max_upload,
            imports=list(session.imports.values()),
        )

    async def upload(self, request: Request, session: Session) -> Response:
        """Take a file, and begin to look at it."""
        form = await request.form()
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            session.notify("Choose a file.", "failed")
            return redirect("/import")
        if not await _make_room(session):
            session.notify("Wait until an import under way ends.", "failed")
            return redirect("/import")
        path = await asyncio.to_thread(_kept, file.file)
        begun = Import(session.service, file.filename, path, _BY_NAME.get(text_in(form, "format")))
        session.imports[begun.id] = begun
        begun.check()
        return redirect(f"/import/{begun.id}")

    async def show_one(self, request: Request, session: Session) -> Response:
        """Show one import."""
        return self._rendering.page(
            request, "import_one.html", session, it=_found(request, session), State=State
        )

    async def run(self, request: Request, session: Session) -> Response:
        """Run an import that was looked at."""
        it, form = _found(request, session), await request.form()
        if not it.active:
            it.run(restore_removed=bool(text_in(form, "restore_removed")))
        return redirect(f"/import/{it.id}")

    async def drop(self, request: Request, session: Session) -> Response:
        """Stop an import, and delete its file. What it has imported stays."""
        it = _found(request, session)
        del session.imports[it.id]
        await it.close()
        return redirect("/import")

    async def failed_rows(self, request: Request, session: Session) -> Response:
        """Download the rows that cannot be used, to be mended and imported again."""
        it = _found(request, session)
        if it.active:
            raise HTTPException(_NOT_FOUND)
        return StreamingResponse(
            it.failed_rows(),
            media_type="text/csv; charset=utf-8",
            headers={"content-disposition": 'attachment; filename="failed-rows.csv"'},
        )


def _found(request: Request, session: Session) -> Import:
    it = session.imports.get(request.path_params["id"])
    if it is None:
        raise HTTPException(_NOT_FOUND)
    return it


async def _make_room(session: Session) -> bool:
    """Drop the oldest import that does nothing, if there are too many."""
    if len(session.imports) < _MOST:
        return True
    idle = next((each for each in session.imports.values() if not each.active), None)
    if idle is None:
        return False
    del session.imports[idle.id]
    await idle.close()
    return True


def _kept(file: IO[bytes]) -> Path:
    """Copy an upload, which is deleted with its request."""
    with tempfile.NamedTemporaryFile(prefix="suppression-", delete=False) as kept:
        shutil.copyfileobj(file, kept)
    return Path(kept.name)
