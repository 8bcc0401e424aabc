from pathlib import Path
from typing import Annotated

import pytest
import typer
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from typer.testing import CliRunner, Result

from suppression_service.config import SettingsError, command_line, load, with_settings


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SUPPRESSION_", frozen=True)

    limit: Annotated[int, Field(ge=1, description="rows at most")] = 5
    quiet: Annotated[bool, Field(description="say nothing")] = False
    label: Annotated[str, Field(description="what to call it")] = ""


def invoke(*arguments: str) -> Result:
    app = command_line("Shows files.")

    @app.command("show")
    @with_settings(Settings, "limit", "quiet")
    def show(
        settings: Settings,
        files: Annotated[list[Path], typer.Argument(help="what to read")],
        as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    ) -> None:
        """Show files."""
        typer.echo(f"{settings.limit} {settings.quiet} {[str(f) for f in files]} {as_json}")

    return CliRunner().invoke(app, ["show", *arguments])


def test_a_command_takes_arguments_of_its_own_beside_the_settings() -> None:
    result = invoke("one", "two", "--json", "--limit", "7", "--quiet")
    assert result.output == "7 True ['one', 'two'] True\n"


def test_what_is_not_given_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPPRESSION_LIMIT", "9")
    assert invoke("one").output == "9 False ['one'] False\n"


def test_only_the_settings_that_are_named_are_flags() -> None:
    told = invoke("--help").output
    assert "rows at most [env: SUPPRESSION_LIMIT] [default: 5]" in " ".join(told.split())
    assert "--no-quiet" in told
    assert "--label" not in told


def test_a_wrong_value_is_named_and_not_repeated() -> None:
    with pytest.raises(SettingsError) as wrong:
        load(Settings, limit="secret")
    assert str(wrong.value).startswith("SUPPRESSION_LIMIT: ")
    assert "secret" not in str(wrong.value)
