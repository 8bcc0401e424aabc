"""Where a running `make up` can be reached, told through a file to other commands."""

import dataclasses
import json
from pathlib import Path
from typing import Final, Self

_NAME: Final = "running.json"


@dataclasses.dataclass(frozen=True, slots=True)
class Running:
    """Where the parts of the running system are.

    Attributes:
        listen: HOST:PORT of the server.
        endpoint_url: of the stand-in for AWS; empty when it is the real one.
        topic_arn: what SES would publish to; empty when it is the real one.
    """

    listen: str
    endpoint_url: str = ""
    topic_arn: str = ""

    def write(self, folder: Path) -> None:
        """Tell the others."""
        (folder / _NAME).write_text(json.dumps(dataclasses.asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Ask.

        Raises:
            FileNotFoundError: nothing runs.
        """
        return cls(**json.loads((folder / _NAME).read_text(encoding="utf-8")))

    @staticmethod
    def forget(folder: Path) -> None:
        """Tell the others that it is over."""
        (folder / _NAME).unlink(missing_ok=True)
