"""The parts of docs/reference/ that come from the programs: ``make reference`` writes them.

A page has a line ``<!-- NAME -->``, then what is written here, then ``<!-- end of NAME -->``.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import typer
from pydantic_settings import BaseSettings
from typer.testing import CliRunner

import suppression.cli.commands
import suppression_console.cli
import suppression_ingest.cli
import suppression_service.cli
from suppression.formats import EXPORTS, FORMATS, Export, Fields, Format
from suppression_ingest.account_list.settings import SyncSettings
from suppression_ingest.dead_letters.commands import DeadLetterSettings
from suppression_ingest.deployment.deployment import AwsSettings
from suppression_ingest.masking import masked
from suppression_ingest.settings import IngestSettings
from suppression_ingest.webhook.settings import WebhookSettings
from suppression_service.server.settings import ServiceSettings
from suppression_service.store import ReplyCategory

_FOLDER: Final = Path(__file__).parents[2] / "docs" / "reference"
_REPLIES: Final = Path(__file__).parents[1] / "data" / "replies" / "replies.json"
#: Defaults that depend on the machine.
_DEFAULTS: Final = {"snapshot_directory": "`suppression-UID` in the temporary directory"}


def _table(settings: type[BaseSettings], base: type[BaseSettings] = BaseSettings) -> str:
    """Return a table of the settings that a class adds to another one."""
    names = [name for name in settings.model_fields if name not in base.model_fields]
    rows = [_row(settings, name) for name in names]
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows])


def _row(settings: type[BaseSettings], name: str) -> str:
    field = settings.model_fields[name]
    default = _DEFAULTS.get(name) or _default(field.default)
    return f"| `SUPPRESSION_{name.upper()}` | {default} | {field.description} |"


def _default(value: Any) -> str:
    if value in ("", (), {}, None):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _variables(app: typer.Typer) -> str:
    """Return a table of the variables that the commands of a program read."""
    commands = typer.main.get_group(app).commands.values()
    options = {each.envvar: each for one in commands for each in one.params if each.envvar}
    rows = [
        f"| `{name}` | {_default(each.default)} | {getattr(each, 'help', '')} |"
        for name, each in options.items()
    ]
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows])


def _helps(program: str, app: typer.Typer) -> str:
    """Return what each command of a program prints for --help."""
    blocks = [
        f"### {' '.join(words)}\n\n```text\n{_help(app, words)}\n```"
        for words in _commands((program,), typer.main.get_command(app))
    ]
    return "\n\n".join(blocks)


def _commands(words: tuple[str, ...], command: Any) -> Iterator[tuple[str, ...]]:
    """Yield a command and those below it, each as the words to type."""
    yield words
    for name, below in getattr(command, "commands", {}).items():
        yield from _commands((*words, name), below)


def _help(app: typer.Typer, words: tuple[str, ...]) -> str:
    terminal = {"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"}
    done = CliRunner(env=terminal).invoke(app, [*words[1:], "--help"], prog_name=words[0])
    folder = str(ServiceSettings.model_fields["snapshot_directory"].default)
    return re.sub(r" +$", "", done.output.replace(folder, "…"), flags=re.MULTILINE).strip()


def _replies() -> str:
    """Return a table of the replies that the tests know, masked, by category."""
    replies = json.loads(_REPLIES.read_text(encoding="utf-8"))
    rows = [
        f"| {reply['category']} | {reply['receiver']} | {reply['sub_type']} | {reply['status']} "
        f"| {_cell(masked(reply['text'], 'jane.doe@example.com'))} |"
        for category in ReplyCategory
        for reply in replies
        if reply["category"] == category.name and reply["text"]
    ]
    head = "| category | receiver | sub-type | status | reply |"
    return "\n".join([head, "|---|---|---|---|---|", *rows])


def _cell(text: str) -> str:
    return "`" + text.removeprefix("smtp; ").replace("|", "/").replace("`", "'") + "`"


def _imports() -> str:
    """Return a table of the formats that can be imported."""
    rows = [
        f"| {each.title} | `{each.name}` | {_columns(each)} | {each.becomes} |" for each in FORMATS
    ]
    return "\n".join(["| from | `--format` | columns | becomes |", "|---|---|---|---|", *rows])


def _columns(each: Format) -> str:
    names = f"`{','.join(each.columns)}`"
    only = f"only {names}" if each.exact else names
    return f"{only}; or without a header" if each.recognises_line else only


def _exports() -> str:
    """Return a table of the formats that can be exported."""
    rows = [
        f"| `{each.name}` | {each.title} | {_held(each)} | {'yes' if each.streams else 'one'} |"
        for each in EXPORTS
    ]
    return "\n".join(
        ["| `--format` | what it is | entries | streams |", "|---|---|---|---|", *rows]
    )


def _held(each: Export) -> str:
    if each.own:
        return "all"
    names = sorted(reason.name.lower().replace("_", " ") for reason in each.reasons or ())
    return f"active: {', '.join(names)}" if names else "active"


#: What is written, by the page and its part.
PARTS: Final[Mapping[tuple[str, str], Callable[[], str]]] = {
    ("settings.md", "suppression-service"): partial(_table, ServiceSettings),
    ("settings.md", "suppression-ingest"): partial(_table, IngestSettings),
    ("settings.md", "webhook"): partial(_table, WebhookSettings, IngestSettings),
    ("settings.md", "AWS"): partial(_table, AwsSettings, IngestSettings),
    ("settings.md", "sync"): partial(_table, SyncSettings, IngestSettings),
    ("settings.md", "dead letters"): partial(_table, DeadLetterSettings, IngestSettings),
    ("settings.md", "suppression"): partial(_variables, suppression.cli.commands.app),
    ("settings.md", "suppression-console"): partial(_variables, suppression_console.cli.app),
    ("replies.md", "replies"): _replies,
    ("commands.md", "suppression"): partial(_helps, "suppression", suppression.cli.commands.app),
    ("formats.md", "import"): _imports,
    ("formats.md", "export"): _exports,
    ("formats.md", "columns"): lambda: f"`{','.join(Fields._fields)}`",
    ("commands.md", "suppression-service"): partial(
        _helps, "suppression-service", suppression_service.cli.app
    ),
    ("commands.md", "suppression-ingest"): partial(
        _helps, "suppression-ingest", suppression_ingest.cli.app
    ),
    ("commands.md", "suppression-console"): partial(
        _helps, "suppression-console", suppression_console.cli.app
    ),
}


def written(page: str, part: str) -> str:
    """Return what a page holds in a part."""
    return _parted(page, part)[1].strip("\n")


def write(page: str, part: str) -> None:
    """Write a part of a page anew."""
    before, _, after = _parted(page, part)
    (_FOLDER / page).write_text(f"{before}\n\n{PARTS[page, part]()}\n\n{after}", encoding="utf-8")


def _parted(page: str, part: str) -> tuple[str, str, str]:
    """Return a page up to a part, the part, and the rest; the marks are in the first and last."""
    text = (_FOLDER / page).read_text(encoding="utf-8")
    start, end = text.index(f"<!-- {part} -->"), text.index(f"<!-- end of {part} -->")
    start += len(f"<!-- {part} -->")
    return text[:start], text[start:end], text[end:]


if __name__ == "__main__":
    for page, part in PARTS:
        write(page, part)
