"""The event loop of a webhook's process."""

import asyncio
from typing import Any, Final

import uvloop

#: Seconds for the whole of a TLS handshake. It takes SNS a fraction of one.
HANDSHAKE_SECONDS: Final = 5.0
#: Seconds for a peer to say goodbye in TLS once it has been told.
GOODBYE_SECONDS: Final = 1.0


class ImpatientLoop(uvloop.Loop):
    """Hangs up on peers that begin no TLS, or do not end it.

    By itself the loop gives them 60 s and 30 s, and uvicorn has no settings that would
    reach it: a connection is its own only when the handshake is over.
    """

    async def create_server(  # type: ignore[override]
        self, *where: Any, **options: Any
    ) -> asyncio.AbstractServer:
        """Create a server as the loop does, with less patience where it has TLS."""
        if options.get("ssl"):
            options["ssl_handshake_timeout"] = HANDSHAKE_SECONDS
            options["ssl_shutdown_timeout"] = GOODBYE_SECONDS
        return await super().create_server(*where, **options)
