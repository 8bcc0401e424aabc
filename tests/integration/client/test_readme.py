import asyncio
import re
import sys
from pathlib import Path
from typing import Any

import pytest

README = Path(__file__).parents[3] / "clients" / "python" / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
async def test_the_readme_can_be_run_as_it_stands(block: str, service: Any) -> None:
    program = block.replace("127.0.0.1:50051", service.address)

    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-c", program, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()

    assert (process.returncode, said.decode()) == (0, "")


def test_the_readme_has_something_to_run() -> None:
    assert len(BLOCKS) >= 2
