import json
from pathlib import Path
from typing import Any

import pytest

from suppression import ConfigurationError, Tls
from suppression.connection import SERVICE_CONFIG, Connection, is_loopback


@pytest.mark.parametrize(
    "server",
    [
        "localhost:50051",
        "LOCALHOST:50051",
        "127.0.0.1:50051",
        "127.8.9.255",
        "[::1]:50051",
        "dns:///localhost:50051",
        "unix:/run/suppression.sock",
        "unix:///run/suppression.sock",
        "unix-abstract:suppression",
    ],
)
def test_literals_of_this_machine_are_loopback(server: str) -> None:
    assert is_loopback(server)


@pytest.mark.parametrize(
    "server",
    [
        "",
        "example.com:50051",
        "10.0.0.1:50051",
        "localhost.example.com:50051",
        "127.0.0.1.example.com:50051",
        "127.0.0.256:50051",
        "127.1:50051",
        "dns://127.0.0.1/example.com:50051",
        "ipv4:127.0.0.1:50051,10.0.0.1:50051",
        "localhost:50051,example.com:50051",
        "localhost:50051\n",
        "UNIX:50051",
        "[2001:db8::1]:50051",
        "dns://resolver.example.com/localhost:50051",
        "0.0.0.0:50051",
        "xds:///localhost",
    ],
)
def test_everything_else_is_not_loopback(server: str) -> None:
    assert not is_loopback(server)


@pytest.mark.parametrize(
    "settings",
    [
        {"server": "example.com:50051"},
        {"server": "example.com:50051", "token": "t"},
        {"server": "example.com:50051", "token": "t", "insecure": True},
        {"server": "example.com:50051", "tls": Tls(), "insecure": True},
        {"server": "localhost:1", "token": ""},
        {"server": "localhost:1", "token": "t\n"},
        {"server": "localhost:1", "token": "t\nx: y"},
        {"server": "localhost:1", "token": "geheim-\u00fc"},
    ],
)
def test_an_unsafe_connection_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Connection(**settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"server": "localhost:50051"},
        {"server": "localhost:50051", "token": "t"},
        {"server": "example.com:50051", "insecure": True},
        {"server": "example.com:50051", "tls": Tls()},
        {"server": "example.com:50051", "tls": Tls(), "token": "t"},
    ],
)
def test_a_safe_connection_is_taken(settings: dict[str, Any]) -> None:
    assert Connection(**settings).server == settings["server"]


def test_a_refused_token_is_not_repeated() -> None:
    with pytest.raises(ConfigurationError) as raised:
        Connection("localhost:1", token="s3cret\n")

    assert "s3cret" not in str(raised.value)


def test_the_token_goes_with_every_call() -> None:
    assert Connection("localhost:1", token="t").metadata == (("authorization", "Bearer t"),)


def test_no_token_means_no_metadata() -> None:
    assert Connection("localhost:1").metadata == ()


def test_secrets_are_not_shown() -> None:
    tls = Tls(cert=b"PEM of the certificate", key=b"s3cret")

    assert "s3cret" not in repr(Connection("localhost:1", token="s3cret", tls=tls))


@pytest.mark.parametrize("half", [{"cert": b"PEM"}, {"key": b"PEM"}])
def test_half_a_client_certificate_is_refused(half: dict[str, bytes]) -> None:
    with pytest.raises(ConfigurationError):
        Tls(**half)


def test_tls_is_read_from_files(tmp_path: Path) -> None:
    tmp_path.joinpath("ca.pem").write_bytes(b"PEM")

    assert Tls.from_files(ca=tmp_path / "ca.pem") == Tls(ca=b"PEM")


def test_loopback_traffic_goes_through_no_proxy() -> None:
    assert dict(Connection("localhost:1").options)["grpc.enable_http_proxy"] == 0


def test_other_traffic_may_go_through_a_proxy() -> None:
    assert "grpc.enable_http_proxy" not in dict(Connection("example.com:1", tls=Tls()).options)


def test_the_channel_retries_with_a_throttle() -> None:
    config = json.loads(str(dict(Connection("localhost:1").options)["grpc.service_config"]))

    assert config == SERVICE_CONFIG
