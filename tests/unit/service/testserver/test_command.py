import pytest
from typer.testing import CliRunner

from suppression_service.cli import app


@pytest.mark.parametrize("flag", ["--listen", "--control"])
@pytest.mark.parametrize("where", ["0.0.0.0:0", "example.com:1", "127.0.0.1", "127.0.0.1:65536"])
def test_it_listens_on_this_machine_only(flag: str, where: str) -> None:
    ended = CliRunner().invoke(app, ["testserver", flag, where])
    assert ended.exit_code == 2
    assert "of this machine" in ended.stderr
