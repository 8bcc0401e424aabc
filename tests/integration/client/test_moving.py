"""A list moves from a provider's file to a server, and on to another server, in a shell."""

import asyncio
import gzip
import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.support.in_process_server import served

SAMPLES = Path(__file__).parents[2] / "data" / "formats"


async def suppression(server: str, *args: str | Path, status: int = 0) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SUPPRESSION_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "suppression.cli", *args, "--server", server),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    out, err = await process.communicate()
    assert process.returncode == status, err.decode()
    return out.decode()


@pytest.fixture
def urls(tmp_path: Path, sqlite_template: Path) -> tuple[str, str]:
    first, second = (shutil.copy(sqlite_template, tmp_path / name) for name in ("1.db", "2.db"))
    return f"sqlite:///{first}", f"sqlite:///{second}"


async def test_a_list_arrives_at_another_server_without_loss(
    urls: tuple[str, str], tmp_path: Path
) -> None:
    given = [SAMPLES / name for name in ("suppression.csv", "mandrill.csv", "postmark.json")]
    first_file, second_file = tmp_path / "first.jsonl.gz", tmp_path / "second.jsonl"

    async with served(urls[0]) as first, served(urls[1]) as second:
        said = await suppression(first, "import", *given, status=1)
        await suppression(first, "export", "--output", first_file)
        await suppression(second, "import", first_file)
        await suppression(second, "export", "--output", second_file)

    assert said.startswith("created\t7\n")
    assert gzip.decompress(first_file.read_bytes()) == second_file.read_bytes()
    assert second_file.read_bytes().count(b"\n") == 7
