"""Command-line flags made from a settings class: one a field, with its description."""

import functools
import inspect
import types
from collections.abc import Callable
from typing import Annotated, Any, TypeVar, get_args

import typer
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

_Settings = TypeVar("_Settings", bound=BaseSettings)


class BadSetting(ValueError):
    """A setting has a value that cannot be used; the message names it."""


def with_settings(
    settings: type[_Settings], *names: str
) -> Callable[[Callable[[_Settings], None]], Callable[..., None]]:
    """Make a typer command out of a function that takes the settings.

    The command has a flag for each named field, for every field if none is named.
    A flag that is not given leaves the field to the environment and its default. So

        @app.command()
        @with_settings(ServiceSettings, "listen", "workers")
        def serve(settings: ServiceSettings) -> None: ...

    is for typer, and for whoever reads ``--help``,

        def serve(*, listen: str | None = None, workers: str | None = None) -> None: ...

    Raises:
        BadSetting: from the command, for a value that the settings refuse.
    """
    fields = {name: settings.model_fields[name] for name in names or settings.model_fields}

    def decorate(command: Callable[[_Settings], None]) -> Callable[..., None]:
        @functools.wraps(command)
        def wrapper(**flags: Any) -> None:
            given = {name: value for name, value in flags.items() if value is not None}
            command(_validated(settings, given))

        options = {name: _option(name, field) for name, field in fields.items()}
        keyword = inspect.Parameter.KEYWORD_ONLY
        wrapper.__annotations__ = options
        wrapper.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [
                inspect.Parameter(name, keyword, default=None, annotation=option)
                for name, option in options.items()
            ]
        )
        return wrapper

    return decorate


def _option(name: str, field: FieldInfo) -> Any:
    default = "" if field.default is None else f" [default: {field.default}]"
    help_text = f"{field.description} [env: SUPPRESSION_{name.upper()}]{default}"
    kind = _kind(field)
    if kind is bool:
        return Annotated[bool | None, typer.Option(help=help_text, show_default=False)]
    # Text for the shell: the settings class says in one line what is wrong with it.
    shown = f"<{kind.__name__ if kind in (int, float) else 'str'}>"
    return Annotated[str | None, typer.Option(help=help_text, show_default=False, metavar=shown)]


def _kind(field: FieldInfo) -> Any:
    plain = [part for part in get_args(field.annotation) if part is not types.NoneType]
    return plain[0] if plain else field.annotation


def _validated(settings: type[_Settings], given: dict[str, Any]) -> _Settings:
    try:
        return settings(**given)
    except ValidationError as error:
        raise BadSetting(what_is_wrong(error)) from None


def what_is_wrong(error: ValidationError) -> str:
    """Say in one line which setting is wrong, by the name of its variable, and how.

    The value is not repeated, which may hold a password; a path is.
    """
    first = error.errors()[0]
    said = first["msg"].removeprefix("Value error, ")
    if first["type"] == "path_not_file":
        said = f"there is no file {first['input']}"
    # What is wrong with several together names them itself.
    return f"SUPPRESSION_{str(first['loc'][0]).upper()}: {said}" if first["loc"] else said
