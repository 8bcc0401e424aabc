"""One process of a server on Envoy: what Envoy loads into its Python."""

import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final

from suppression_service.server.process import serve_until_stopped, set_up
from suppression_service.server.process_start import ProcessStart
from suppression_service.server.transport.envoy.hosted import Hosted
from suppression_service.server.transport.envoy.transport import EnvoyTransport


def _begin() -> tuple[EnvoyTransport, Coroutine[Any, Any, int]]:
    start = ProcessStart.from_environment(os.environ)
    set_up(start.settings)
    transport = EnvoyTransport(start.settings, Path(start.folder))
    return transport, serve_until_stopped(start, transport)


app: Final = Hosted(_begin)
