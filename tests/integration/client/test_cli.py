import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from suppression.v1 import suppression_service_pb2 as pb
from suppression.v1.suppression_pb2 import Suppression

Run = Callable[..., Awaitable[tuple[int, str, str]]]


@pytest.fixture
def run() -> Run:
    async def run(server: str, *args: str, stdin: str = "") -> tuple[int, str, str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SUPPRESSION_")}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "suppression.cli",
            *args,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment | {"SUPPRESSION_SERVER": server},
        )
        out, err = await process.communicate(stdin.encode())
        return process.returncode or 0, out.decode(), err.decode()

    return run


async def test_a_shell_can_ask_about_a_file_of_addresses(run: Run, service: Any) -> None:
    service.answers("BatchCheck", pb.BatchCheckResponse(verdicts=[1, 2]))

    ran = await run(service.address, "check", "-", stdin="a@example.com\nb@example.com\n")

    assert ran == (1, "send\ta@example.com\ndo-not-send\tb@example.com\n", "")


async def test_a_shell_can_put_an_address_on_the_list(run: Run, service: Any) -> None:
    ran = await run(service.address, "add", "a@example.com", "--reason", "complaint")

    assert ran == (0, "added\ta@example.com\tcomplaint\tall mail\n", "")


async def test_a_shell_can_put_a_domain_on_the_list(run: Run, service: Any) -> None:
    entry = Suppression(domain="example.com", include_subdomains=True, reason=5)
    service.answers("Suppress", pb.SuppressResponse(suppression=entry, created=True))

    ran = await run(service.address, "add", "--domain", "example.com", "--subdomains")

    assert ran == (0, "added\t@example.com and subdomains\tmanual\tall mail\n", "")
    [request] = service.requests
    assert (request.address, request.domain) == ("", "example.com")


async def test_a_shell_is_about_addresses_or_domains(run: Run, service: Any) -> None:
    for names in ([], ["a@example.com", "--domain", "example.com"]):
        status, _, err = await run(service.address, "show", *names)
        assert (status, err) == (2, "suppression: give either addresses or --domain\n")


async def test_a_shell_learns_that_nobody_is_there(run: Run, nobody: str) -> None:
    status, out, err = await run(nobody, "check", "a@example.com")

    assert (status, out, err.count("\n")) == (3, "", 1)
