"""The commands of the programs and their settings, for tests of deploy/ and of the docs."""

from collections.abc import Mapping, Sequence
from typing import Final

import pytest
import typer
from pydantic_settings import BaseSettings
from typer.testing import CliRunner

import suppression_console.cli
import suppression_ingest.cli
import suppression_service.cli
from suppression_ingest.account_list.settings import SyncSettings
from suppression_ingest.settings import IngestSettings
from suppression_ingest.webhook.settings import WebhookSettings
from suppression_service.server.settings import ServiceSettings

_PROGRAMS: Final = {
    "suppression-service": suppression_service.cli.app,
    "suppression-ingest": suppression_ingest.cli.app,
    "suppression-console": suppression_console.cli.app,
}
_SETTINGS: Final[dict[tuple[str, str], type[BaseSettings]]] = {
    ("suppression-service", "serve"): ServiceSettings,
    ("suppression-service", "migrate"): ServiceSettings,
    ("suppression-ingest", "worker"): IngestSettings,
    ("suppression-ingest", "webhook"): WebhookSettings,
    ("suppression-ingest", "sync"): SyncSettings,
}

_CONSOLE: Final = "suppression-console"

#: The long-running commands, and the migration before them.
COMMANDS: Final = (*_SETTINGS, (_CONSOLE, "serve"))


def knows(program: str, command: str) -> bool:
    """Whether a program has a command."""
    return command in typer.main.get_group(_PROGRAMS[program]).commands


def settings(program: str, command: str) -> set[str]:
    """Return the environment variables that a command reads."""
    if program == _CONSOLE:
        parameters = typer.main.get_group(_PROGRAMS[program]).commands[command].params
        return {str(each.envvar) for each in parameters if each.envvar}
    fields = _SETTINGS[program, command].model_fields
    return {f"SUPPRESSION_{name.upper()}" for name in fields}


def takes(command: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Whether a command accepts the values of an environment; unknown variables are ignored.

    Raises:
        ValidationError: a value is invalid.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        program, subcommand = command
        if program == _CONSOLE:
            patch.setattr(suppression_console.cli, "run", lambda _settings: None)
            done = CliRunner().invoke(suppression_console.cli.app, [subcommand])
            return done.exit_code == 0
        _SETTINGS[program, subcommand]()
    return True
