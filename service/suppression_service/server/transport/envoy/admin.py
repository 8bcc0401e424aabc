"""Envoy's administration, over a UNIX socket that only this user can open."""

import http.client
import json
import socket
import urllib.parse
from collections import Counter
from pathlib import Path
from typing import Final, NamedTuple

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

#: Seconds that a request waits.
TIMEOUT_SECONDS: Final = 5.0


_LOAD_NAMES: Final = (
    "downstream_rq_active",
    "downstream_cx_tx_bytes_buffered",
    "downstream_cx_active",
)
_LOAD: Final = rf"^http\.(calls|probes)\.({'|'.join(_LOAD_NAMES)})$"
#: What is shown of Envoy's hundreds of statistics, as Prometheus names them, and what each means.
METRICS: Final = {
    "envoy_http_downstream_cx_total": "Connections that came in.",
    "envoy_http_downstream_cx_active": "Connections that are open.",
    "envoy_http_downstream_rq_total": "Requests that came in, calls and all others.",
    "envoy_http_downstream_rq_active": "Requests under way.",
    "envoy_http_downstream_rq_rx_reset_total": "Requests that their peer ended before the answer.",
    "envoy_http_downstream_rq_timeout_total": "Requests that were not complete in time.",
    "envoy_http_downstream_rq_idle_timeout_total": "Requests that ended because nothing moved.",
    "envoy_http_downstream_rq_overload_close_total": "Requests refused for want of memory.",
    "envoy_server_memory_heap_size": "Bytes that Envoy and the Python in it have of the system.",
}
_SHOWN: Final = (
    r"^http\.(calls|probes)\.downstream_(cx_(total|active)|"
    r"rq_(total|active|rx_reset|timeout|idle_timeout|overload_close))$|"
    r"^server\.memory_heap_size$"
)


class Load(NamedTuple):
    """What is under way at the ports of a process.

    Args:
        requests: that are not answered yet.
        unread: bytes that peers have yet to read.
        connections: that are open.
    """

    requests: int
    unread: int
    connections: int


class EnvoyAdmin:
    """The administration of the Envoy of this process.

    Args:
        path: of its socket.

    Raises:
        OSError: from every method but :meth:`is_live`: Envoy does not answer.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def is_live(self) -> bool:
        """Whether Envoy listens at its ports; never raises."""
        try:
            return self._ask("GET", "/ready").strip() == "LIVE"
        except OSError:
            return False

    def drain(self) -> None:
        """Accept no more connections, and ask the peers of the others to go."""
        self._ask("POST", "/drain_listeners?skip_exit")

    def load(self) -> Load:
        """Return what is under way."""
        shown = json.loads(self._ask("GET", f"/stats?format=json&filter={_LOAD}"))
        sums = Counter[str]()
        for stat in shown["stats"]:
            if "name" in stat:
                sums[stat["name"].rpartition(".")[2]] += stat["value"]
        return Load(*(sums[name] for name in _LOAD_NAMES))

    def metrics(self) -> list[Metric]:
        """Return :data:`METRICS`."""
        shown = self._ask("GET", f"/stats/prometheus?filter={_SHOWN}")
        found = []
        for family in text_string_to_metric_families(shown):
            name = family.name + ("_total" if family.type == "counter" else "")
            if description := METRICS.get(name):
                family.documentation = description
                found.append(family)
        return found

    def _ask(self, method: str, path: str) -> str:
        connection = _Connection(str(self._path))
        try:
            connection.request(method, urllib.parse.quote(path, safe="/?&="))
            return connection.getresponse().read().decode()
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()


class _Connection(http.client.HTTPConnection):
    """A connection over HTTP to a UNIX socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=TIMEOUT_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT_SECONDS)
        self.sock.connect(self._path)
