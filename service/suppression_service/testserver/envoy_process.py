"""The test server on Envoy: what Envoy loads into its Python."""

import json
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final

from suppression_service.server.child import stop_event
from suppression_service.server.transport.envoy.hosted import Hosted
from suppression_service.server.transport.envoy.transport import EnvoyTransport
from suppression_service.testserver.server import DOORS, SETTINGS, Doors, serve, set_up


def _begin() -> tuple[EnvoyTransport, Coroutine[Any, Any, int]]:
    set_up()
    *addresses, folder = json.loads(os.environ[DOORS])
    transport = EnvoyTransport(SETTINGS, Path(folder))
    return transport, _serve(Doors(*addresses), transport)


async def _serve(doors: Doors, transport: EnvoyTransport) -> int:
    await serve(doors, transport, _say, stop_event().wait())
    return 0


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - tests read it from standard output


app: Final = Hosted(_begin)
