"""Runs the command in this process, with the fake service behind its client."""

import functools
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from suppression import SuppressionClient, cli
from suppression.cli import calls


@dataclass
class Ran:
    status: int
    out: str
    err: str


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], blocking_transport: Any
) -> Callable[..., Ran]:
    for name in ("SERVER", "TOKEN", "TLS_CA", "TLS_CERT", "TLS_KEY", "INSECURE"):
        monkeypatch.delenv(f"SUPPRESSION_{name}", raising=False)
    client = functools.partial(SuppressionClient, transport=blocking_transport)
    monkeypatch.setattr(calls, "SuppressionClient", client)
    monkeypatch.setattr(calls, "GrpcTransport", lambda _: blocking_transport)
    monkeypatch.setattr(calls, "_WAITS", (0, 0))

    def run(*args: str, stdin: str = "") -> Ran:
        monkeypatch.setattr(sys, "argv", ["suppression", *args])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        return Ran(int(ended.value.code or 0), out, err)

    return run
