"""Runs the Python blocks of the README as they stand, against a server."""

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def main(server: str) -> int:
    """Run each block; return how many failed, or 1 when there is none."""
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    failed = sum(not _runs(block.replace("127.0.0.1:50051", server)) for block in blocks)
    print(f"{len(blocks) - failed} of {len(blocks)} blocks ran", file=sys.stderr)
    return failed if blocks else 1


def _runs(program: str) -> bool:
    return (
        subprocess.run([sys.executable, "-W", "error", "-c", program], check=False).returncode == 0
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
