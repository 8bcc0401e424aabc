"""Envoy's configuration for one process of a server.

Every limit here holds before Python sees a request. The comment of each says what one peer
could do to the others without it. The fields are those of Envoy's API, version 3.
"""

import socket
from pathlib import Path
from typing import Any, Final

from suppression_service.server.settings import ServiceSettings
from suppression_service.server.transport.envoy import filters
from suppression_service.server.transport.envoy.certificates import CERTIFICATE, CLIENT_CA
from suppression_service.server.transport.envoy.filters import duration

_T: Final = "type.googleapis.com/"
_FILTERS: Final = f"{_T}envoy.extensions.filters"
_MIB: Final = 1024 * 1024

#: Seconds for the first bytes of a connection, and for TLS.
HANDSHAKE_SECONDS: Final = 10.0
#: Seconds for the headers of a request, and for the whole request.
HEADERS_SECONDS: Final = 5.0
REQUEST_SECONDS: Final = 15.0
#: Seconds without traffic after which the server pings a peer, and in which it must answer: a
#: peer that has lost its power would keep its connection.
SILENCE_SECONDS: Final = 60.0
ANSWER_SECONDS: Final = 20.0
#: Seconds without progress after which a call ends. Longer than the longest wait for changes.
STALLED_SECONDS: Final = 75.0
#: Seconds in which a peer is asked to leave a connection that ends by age or by a drain.
DRAIN_SECONDS: Final = 1
#: Connections of a process, at most. Each takes up to 50 kB with TLS.
MAX_CONNECTIONS: Final = 10_000
#: Calls of a connection at a time, at most.
MAX_STREAMS: Final = 128
#: Bytes of a call, and of a connection, that a peer may send before they are read.
STREAM_WINDOW: Final = 64 * 1024
CONNECTION_WINDOW: Final = 1024 * 1024
#: Bytes that Envoy keeps of a connection that does not read or is not read.
MAX_BUFFER: Final = 256 * 1024
#: KiB of all headers of a request, and their number.
MAX_HEADERS_KIB: Final = 16
MAX_HEADERS: Final = 64
#: Requests of a connection that are taken up in one turn. With any number, which is Envoy's
#: default, those that a peer sends and cancels at once keep all others waiting.
_TURNS: Final = {"http.max_requests_per_io_cycle": 1}
# What Envoy itself takes at rest.
_OWN_HEAP: Final = 64 * _MIB


def bootstrap(
    settings: ServiceSettings, listen: str, folder: Path, module: dict[str, Any]
) -> dict[str, Any]:
    """Return Envoy's configuration.

    Args:
        settings: of the server.
        listen: HOST:PORT, shared with other processes.
        folder: of this process alone: for the socket of Envoy's administration and for the
            certificate.
        module: the filter with the application in Python.
    """
    name = "suppression-service"
    listeners = [_listener("calls", listen, settings, folder, _python(settings, module))]
    if settings.health_listen:
        # Kubernetes' probes know no TLS and no certificates of clients.
        probes = settings.model_copy(update={"tls_certificate": None, "tls_client_ca": None})
        passed = [filters.only_health(), *_python(settings, module)]
        listeners.append(_listener("probes", settings.health_listen, probes, folder, passed))
    return {
        # Envoy insists on names where it reads a certificate.
        "node": {"id": name, "cluster": name},
        "admin": {"address": {"pipe": {"path": str(admin_socket(folder)), "mode": 0o600}}},
        "static_resources": {"listeners": listeners},
        "overload_manager": _overload_manager(settings),
        "layered_runtime": {"layers": [{"name": "turns", "static_layer": _TURNS}]},
        "application_log_config": {"log_format": _log_format(settings)},
    }


def admin_socket(folder: Path) -> Path:
    """Return the path of the socket of Envoy's administration."""
    return folder / "admin"


def _listener(
    name: str,
    listen: str,
    settings: ServiceSettings,
    folder: Path,
    http_filters: list[dict[str, Any]],
) -> dict[str, Any]:
    chain: dict[str, Any] = {
        "filters": [
            {
                "name": "http",
                "typed_config": _http_connection_manager(name, settings, http_filters),
            }
        ]
    }
    if settings.tls_certificate:
        chain["transport_socket"] = {"name": "tls", "typed_config": _tls(settings, folder)}
        chain["transport_socket_connect_timeout"] = duration(HANDSHAKE_SECONDS)
        inspector = f"{_FILTERS}.listener.tls_inspector.v3.TlsInspector"
    else:
        inspector = f"{_FILTERS}.listener.http_inspector.v3.HttpInspector"
    return {
        "name": name,
        "address": {"socket_address": _socket_address(listen)},
        # The inspector waits for the first bytes. It ends connections that send none.
        "listener_filters": [{"name": "inspector", "typed_config": {"@type": inspector}}],
        "listener_filters_timeout": duration(HANDSHAKE_SECONDS),
        "enable_reuse_port": True,
        "per_connection_buffer_limit_bytes": MAX_BUFFER,
        "filter_chains": [chain],
    }


def _http_connection_manager(
    name: str, settings: ServiceSettings, http_filters: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "@type": f"{_FILTERS}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": name,
        "codec_type": "AUTO",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"]}]},
        "http_filters": http_filters,
        "local_reply_config": {"mappers": [filters.unknown_method()]},
        "generate_request_id": False,
        "server_header_transformation": "PASS_THROUGH",
        # Otherwise a peer could choose its address by a header.
        "use_remote_address": True,
        "skip_xff_append": True,
        "max_request_headers_kb": MAX_HEADERS_KIB,
        "request_headers_timeout": duration(HEADERS_SECONDS),
        "request_timeout": duration(REQUEST_SECONDS),
        "stream_idle_timeout": duration(STALLED_SECONDS),
        "drain_timeout": duration(DRAIN_SECONDS),
        "common_http_protocol_options": {
            "max_headers_count": MAX_HEADERS,
            # A connection stays with one process. New connections spread over all processes.
            "max_connection_duration": duration(settings.max_connection_age),
            "idle_timeout": duration(settings.max_connection_age),
        },
        "http2_protocol_options": {
            "max_concurrent_streams": MAX_STREAMS,
            "initial_stream_window_size": STREAM_WINDOW,
            "initial_connection_window_size": CONNECTION_WINDOW,
            "connection_keepalive": {
                "interval": duration(SILENCE_SECONDS),
                "timeout": duration(ANSWER_SECONDS),
            },
        },
    }


def _python(settings: ServiceSettings, module: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the filters that every request passes, up to the application in Python."""
    limits = [filters.peer_limit(settings.max_peer_rate)] if settings.max_peer_rate else []
    return [*limits, filters.ascii_paths(), {"name": "pyvoy", "typed_config": module}]


def _tls(settings: ServiceSettings, folder: Path) -> dict[str, Any]:
    common: dict[str, Any] = {
        "tls_params": {
            "tls_minimum_protocol_version": "TLSv1_2",
            "tls_maximum_protocol_version": "TLSv1_3",
        },
        "alpn_protocols": ["h2", "http/1.1"],
        "tls_certificate_sds_secret_configs": [_secret(CERTIFICATE, folder)],
    }
    if settings.tls_client_ca:
        common["validation_context_sds_secret_config"] = _secret(CLIENT_CA, folder)
    return {
        "@type": f"{_T}envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
        "common_tls_context": common,
        "require_client_certificate": settings.tls_client_ca is not None,
    }


def _secret(name: str, folder: Path) -> dict[str, Any]:
    source = {"path_config_source": {"path": str(folder / f"{name}.json")}}
    return {"name": name, "sds_config": source | {"resource_api_version": "V3"}}


def _overload_manager(settings: ServiceSettings) -> dict[str, Any]:
    """Return what Envoy does when it has too many connections, or too little memory."""
    monitors = f"{_T}envoy.extensions.resource_monitors"
    heap, connections = (
        "envoy.resource_monitors.fixed_heap",
        ("envoy.resource_monitors.global_downstream_max_connections"),
    )

    def action(name: str, at: float) -> dict[str, Any]:
        trigger = {"name": heap, "threshold": {"value": at}}
        return {"name": f"envoy.overload_actions.{name}", "triggers": [trigger]}

    return {
        "refresh_interval": duration(0.1),
        "resource_monitors": [
            {
                "name": heap,
                "typed_config": {
                    "@type": f"{monitors}.fixed_heap.v3.FixedHeapConfig",
                    "max_heap_size_bytes": _OWN_HEAP + settings.max_memory * _MIB,
                },
            },
            {
                "name": connections,
                "typed_config": {
                    "@type": f"{monitors}.downstream_connections.v3.DownstreamConnectionsConfig",
                    "max_active_downstream_connections": MAX_CONNECTIONS,
                },
            },
        ],
        "actions": [
            action("shrink_heap", 0.8),
            action("disable_http_keepalive", 0.9),
            action("stop_accepting_requests", 0.95),
            action("stop_accepting_connections", 0.98),
        ],
    }


def _log_format(settings: ServiceSettings) -> dict[str, Any]:
    if settings.log_format == "json":
        return {
            "json_format": {
                "event": "envoy",
                "message": "%j",
                "level": "%l",
                "timestamp": "%Y-%m-%dT%H:%M:%S.%fZ",
            }
        }
    return {"text_format": "%Y-%m-%dT%H:%M:%S.%fZ [%l] envoy: %v"}


def _socket_address(listen: str) -> dict[str, Any]:
    """Return an address of Envoy, which looks up no names."""
    host, _, port = listen.rpartition(":")
    found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
    family, _, _, _, where = found[0]
    address = {"address": where[0], "port_value": int(port)}
    if family == socket.AF_INET6 and where[0] == "::":
        address["ipv4_compat"] = True
    return address
