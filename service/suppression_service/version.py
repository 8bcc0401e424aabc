"""The ``--version`` of commands."""

from importlib import metadata
from typing import Annotated

import typer


def _tell(context: typer.Context, asked: bool) -> None:
    if asked:
        typer.echo(f"{context.info_name} {metadata.version('suppression-service')}")
        raise typer.Exit


def with_version(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_tell, is_eager=True),
    ] = False,
) -> None:
    """Be the callback of a typer app that is to have the option."""
