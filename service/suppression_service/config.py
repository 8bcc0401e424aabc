"""What every command shares: settings as flags and variables, ``--version``, exit statuses.

A settings class is the one description of a setting. The environment variable, the flag
and its help follow from the field.
"""

import dataclasses
import functools
import inspect
import sys
import types
from collections.abc import Callable
from importlib import metadata
from typing import Annotated, Any, Concatenate, Final, Literal, ParamSpec, TypeVar, get_args

import typer
from pydantic import AfterValidator, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from suppression_service import net

#: Exit status for a wrong flag or setting.
EXIT_USAGE: Final = 2
#: Exit status for a database, a port or an external service that cannot be used.
EXIT_UNUSABLE: Final = 3

_Settings = TypeVar("_Settings", bound=BaseSettings)
_Parameters = ParamSpec("_Parameters")

DatabaseUrl = Annotated[
    str, Field(description="sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE")
]
HostPort = Annotated[str, AfterValidator(net.host_and_port)]
OptionalHostPort = Annotated[str, AfterValidator(lambda text: text and net.host_and_port(text))]
MetricsListen = Annotated[
    OptionalHostPort,
    Field(description="HOST:PORT to show metrics to Prometheus on; empty: nowhere"),
]
LogFormat = Annotated[
    Literal["console", "json"], Field(description="console or json: for people or for programs")
]


@dataclasses.dataclass(frozen=True, slots=True)
class Flag:
    """The flag of a setting that is not named like the setting; in the field's annotation."""

    name: str


class SettingsError(ValueError):
    """A setting is missing or wrong. The message names it and does not repeat its value."""


def load(settings: type[_Settings], **flags: Any) -> _Settings:
    """Return the settings: flags that are given (not None), else environment, else defaults.

    Raises:
        SettingsError: a value cannot be used, or not together with another.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        return settings(**given)
    except ValidationError as error:
        raise SettingsError(_message(error)) from None


def require_tls_beyond_loopback(listen: str, *, accepted: object, remedy: str) -> None:
    """Refuse to listen in the clear where others can reach it.

    Args:
        listen: HOST:PORT.
        accepted: true where there is TLS, or where the user does without it on purpose.
        remedy: which flags to give.

    Raises:
        ValueError: for a validator of settings to pass on.
    """
    if not accepted and not net.is_loopback(listen):
        raise ValueError(
            f"refusing to listen on {listen} without TLS: addresses of people would cross "
            f"the network in the clear; give {remedy}"
        )


def with_settings(
    settings: type[_Settings], *names: str
) -> Callable[[Callable[Concatenate[_Settings, _Parameters], None]], Callable[..., None]]:
    """Make a typer command out of a function that takes the settings first.

    The command has a flag for each named field, for every field if none is named.
    A flag that is not given leaves the field to the environment and its default.
    Further parameters of the function are typer's as usual. So

        @app.command()
        @with_settings(IngestSettings, "database_url", "log_format")
        def replay(settings: IngestSettings, files: list[str]) -> None: ...

    is for typer, and in ``--help``,

        def replay(
            *, files: list[str], database_url: str | None = None, log_format: str | None = None
        ) -> None: ...

    Raises:
        SettingsError: from the command, for a value that the settings refuse.
    """
    fields = {name: settings.model_fields[name] for name in names or settings.model_fields}

    def decorate(
        command: Callable[Concatenate[_Settings, _Parameters], None],
    ) -> Callable[..., None]:
        @functools.wraps(command)
        def wrapper(**given: Any) -> None:
            flags = {name: given.pop(name) for name in fields if name in given}
            command(load(settings, **flags), **given)  # type: ignore[call-arg]

        _, *own = inspect.signature(command, eval_str=True).parameters.values()
        keyword = inspect.Parameter.KEYWORD_ONLY
        parameters = [each.replace(kind=keyword) for each in own] + [
            inspect.Parameter(name, keyword, default=None, annotation=_option(name, field))
            for name, field in fields.items()
        ]
        wrapper.__annotations__ = {each.name: each.annotation for each in parameters}
        wrapper.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return wrapper

    return decorate


def command_line(help_text: str) -> typer.Typer:
    """Return the typer app of a program; it has ``--version``."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        # Rich's tables cut the names of environment variables short.
        rich_markup_mode=None,
        context_settings={"max_content_width": 100, "help_option_names": ["-h", "--help"]},
        help=help_text,
    )
    app.callback()(_with_version)
    return app


def run(app: typer.Typer, program: str, unusable: tuple[type[Exception], ...]) -> None:
    """Run a program. An expected error is one line on standard error and an exit status.

    Args:
        app: its commands.
        program: its name.
        unusable: errors that end in :data:`EXIT_UNUSABLE`. A :class:`SettingsError` ends
            in :data:`EXIT_USAGE`.
    """
    try:
        app()
    except SettingsError as error:
        status, reason = EXIT_USAGE, str(error)
    except unusable as error:
        status, reason = EXIT_UNUSABLE, str(error)
    else:
        return
    typer.echo(f"{program}: {reason}", err=True)
    sys.exit(status)


def _show_version(context: typer.Context, asked: bool) -> None:
    if asked:
        typer.echo(f"{context.info_name} {metadata.version('suppression-service')}")
        raise typer.Exit


def _with_version(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None: ...


def _option(name: str, field: FieldInfo) -> Any:
    default = "" if field.default in (None, "", (), {}) else f" [default: {field.default}]"
    help_text = f"{field.description} [env: SUPPRESSION_{name.upper()}]{default}"
    kind = _kind(field)
    flags = [each.name for each in field.metadata if isinstance(each, Flag)]
    if kind is bool:
        return Annotated[bool | None, typer.Option(*flags, help=help_text, show_default=False)]
    # Typer accepts any text: the settings class checks it, and its error is one line.
    shown = f"<{kind.__name__ if kind in (int, float) else 'str'}>"
    option = typer.Option(*flags, help=help_text, show_default=False, metavar=shown)
    return Annotated[str | None, option]


def _kind(field: FieldInfo) -> Any:
    plain = [part for part in get_args(field.annotation) if part is not types.NoneType]
    return plain[0] if plain else field.annotation


def _message(error: ValidationError) -> str:
    """Say in one line which setting is wrong, by the name of its variable, and how.

    The value is not repeated, because it may hold a password. A path is.
    """
    first = error.errors()[0]
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "path_not_file":
        message = f"there is no file {first['input']}"
    # An error about several settings together names them itself.
    return f"SUPPRESSION_{str(first['loc'][0]).upper()}: {message}" if first["loc"] else message
