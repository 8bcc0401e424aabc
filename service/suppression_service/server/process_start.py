"""What a process of a server is told when it starts."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, Final, Self

from suppression_service.server.settings import ServiceSettings
from suppression_service.telemetry.aggregate import ReportTo

_VARIABLE: Final = "SUPPRESSION_PROCESS"


@dataclasses.dataclass(frozen=True, slots=True)
class ProcessStart:
    """What the parent tells a process, by an environment variable.

    Args:
        settings: of the server.
        listen: HOST:PORT, shared with the other processes.
        folder: of this process alone, which nobody else may enter.
        report_to: where to report metrics, if anywhere.
    """

    settings: ServiceSettings
    listen: str
    folder: str
    report_to: ReportTo | None = None

    def to_environment(self) -> dict[str, str]:
        """Return the environment variable."""
        told: dict[str, Any] = {
            "settings": self.settings.model_dump(mode="json"),
            "listen": self.listen,
            "folder": self.folder,
            "report_to": self.report_to,
        }
        return {_VARIABLE: json.dumps(told)}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the environment variable."""
        told = json.loads(environment[_VARIABLE])
        report_to = ReportTo(*told["report_to"]) if told["report_to"] else None
        settings = ServiceSettings(**told["settings"])
        return cls(settings, told["listen"], told["folder"], report_to)
