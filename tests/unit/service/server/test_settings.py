import re
from pathlib import Path

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from suppression_service.cli import app, main
from suppression_service.config import SettingsError
from suppression_service.net import is_loopback
from suppression_service.server.settings import ServiceSettings


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ServiceSettings.model_fields:
        monkeypatch.delenv(f"SUPPRESSION_{name.upper()}", raising=False)


@pytest.mark.parametrize(
    ("listen", "loopback"),
    [
        ("127.0.0.1:50051", True),
        ("127.9.9.9:50051", True),
        ("[::1]:50051", True),
        ("localhost:50051", True),
        ("0.0.0.0:50051", False),
        ("[::]:50051", False),
        ("192.168.1.1:50051", False),
        ("10.0.0.1:50051", False),
        ("[fe80::1]:50051", False),
        ("128.0.0.1:50051", False),
        ("example.com:50051", False),
        ("localhost.example.com:50051", False),
        ("127.0.0.1.example.com:50051", False),
        ("*:50051", False),
    ],
)
def test_only_this_machine_is_loopback(listen: str, loopback: bool) -> None:
    assert is_loopback(listen) == loopback


@pytest.mark.parametrize("listen", ["0.0.0.0:1", "[::]:1", "example.com:1", "192.168.1.1:1"])
def test_beyond_loopback_tls_is_insisted_on(listen: str) -> None:
    with pytest.raises(ValidationError, match="refusing to listen"):
        ServiceSettings(listen=listen)


def test_beyond_loopback_one_can_be_told_to_go_without_tls() -> None:
    assert ServiceSettings(listen="0.0.0.0:1", insecure=True).listen == "0.0.0.0:1"


def test_a_rate_needs_the_tokens_that_it_is_about(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="MAX_RATE needs SUPPRESSION_TOKEN_FILE"):
        ServiceSettings(max_rate=10)
    (tmp_path / "tokens").touch()
    assert ServiceSettings(max_rate=10, token_file=tmp_path / "tokens").max_rate == 10


@pytest.mark.parametrize("listen", ["", "50051", ":50051", "host:", "host:-1", "host:65536", "h:x"])
def test_a_listen_address_has_a_host_and_a_port(listen: str) -> None:
    with pytest.raises(ValidationError, match="HOST:PORT"):
        ServiceSettings(listen=listen)


def test_a_bare_ipv6_address_is_asked_for_its_brackets() -> None:
    with pytest.raises(ValidationError, match="HOST:PORT"):
        ServiceSettings(listen="::1:50051")


def test_every_setting_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPPRESSION_PROCESSES", "3")
    monkeypatch.setenv("SUPPRESSION_DATABASE_URL", "sqlite:///other.db")
    settings = ServiceSettings()
    assert (settings.processes, settings.database_url) == (3, "sqlite:///other.db")


WRONG = [
    (["--processes", "0"], "SUPPRESSION_PROCESSES: "),
    (["--processes", "many"], "SUPPRESSION_PROCESSES: "),
    (["--poll-seconds", "0"], "SUPPRESSION_POLL_SECONDS: "),
    (["--poll-seconds", "nan"], "SUPPRESSION_POLL_SECONDS: "),
    (["--max-staleness", "-1"], "SUPPRESSION_MAX_STALENESS: "),
    (["--max-staleness", "inf"], "SUPPRESSION_MAX_STALENESS: "),
    (["--max-staleness", "1e300"], "SUPPRESSION_MAX_STALENESS: "),
    (["--drain-seconds", "inf"], "SUPPRESSION_DRAIN_SECONDS: "),
    (["--grace-seconds", "-1"], "SUPPRESSION_GRACE_SECONDS: "),
    (["--grace-seconds", "inf"], "SUPPRESSION_GRACE_SECONDS: "),
    (["--max-connection-age", "inf"], "SUPPRESSION_MAX_CONNECTION_AGE: "),
    (["--max-connection-age", "1e12"], "SUPPRESSION_MAX_CONNECTION_AGE: "),
    (["--log-format", "xml"], "SUPPRESSION_LOG_FORMAT: Input should be 'console' or 'json'"),
    (["--listen", "nowhere"], "HOST:PORT"),
    (["--listen", "0.0.0.0:50051"], "without TLS"),
    (["--tls-key", __file__], "go together"),
    (["--tls-client-ca", __file__], "TLS_CLIENT_CA needs"),
    (["--tls-certificate", __file__, "--tls-key", __file__], "TLS files"),
    (["--tls-certificate", "/none/c.pem", "--tls-key", "/none/k.pem"], "no file /none/c.pem"),
]


@pytest.mark.parametrize(("flags", "said"), WRONG, ids=[" ".join(flags) for flags, _ in WRONG])
def test_a_wrong_value_is_one_line_and_status_2(
    flags: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["suppression-service", "serve", *flags])
    with pytest.raises(SystemExit) as ended:
        main()
    [line] = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2
    assert said in line


def test_a_wrong_value_of_the_environment_is_named_like_a_flags(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SUPPRESSION_PROCESSES", "many")
    refused = CliRunner().invoke(app, ["serve"]).exception
    assert isinstance(refused, SettingsError)
    assert str(refused).startswith("SUPPRESSION_PROCESSES: ")


@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_the_help_tells_of_every_setting_and_its_variable(command: str) -> None:
    told = " ".join(CliRunner().invoke(app, [command, "--help"]).output.split())
    names = ServiceSettings.model_fields if command == "serve" else ["database_url"]
    for name in names:
        assert f"--{name.replace('_', '-')}" in told
        assert f"SUPPRESSION_{name.upper()}" in told


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:////none/such/list.db", "unable to open database file: /none/such/list.db"),
        ("nonsense", "cannot be read"),
        ("sqlite:///{tmp}/list.db", "there is no database {tmp}/list.db: run 'suppression-service"),
    ],
)
def test_a_database_that_cannot_be_used_is_one_line_and_status_3(
    url: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url, said = url.format(tmp=tmp_path), said.format(tmp=tmp_path)
    monkeypatch.setattr("sys.argv", ["suppression-service", "serve", "--database-url", url])
    with pytest.raises(SystemExit) as ended:
        main()
    [line] = capsys.readouterr().err.splitlines()
    assert ended.value.code == 3
    assert said in line


def test_migrating_twice_says_what_it_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path}/list.db"
    monkeypatch.setattr("sys.argv", ["suppression-service", "migrate", "--database-url", url])
    for said in (r"schema new -> \d{4}", r"schema at \d{4}"):
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code in (0, None)
        assert re.fullmatch(said, capsys.readouterr().out.strip())
