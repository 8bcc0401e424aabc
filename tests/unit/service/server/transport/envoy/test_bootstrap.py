from pathlib import Path
from typing import Any

import pytest

from suppression_service.server.settings import ServiceSettings
from suppression_service.server.transport.envoy import bootstrap as envoy
from suppression_service.server.transport.envoy.bootstrap import bootstrap
from tests.support.authority import Authority, certify

FOLDER = Path("/folder")
MODULE = {"filter_name": "pyvoy"}


def configured(**settings: Any) -> dict[str, Any]:
    return bootstrap(ServiceSettings(**settings), "127.0.0.1:50051", FOLDER, MODULE)


def listeners(configuration: dict[str, Any]) -> dict[str, Any]:
    return {each["name"]: each for each in configuration["static_resources"]["listeners"]}


def http(listener: dict[str, Any]) -> Any:
    [chain] = listener["filter_chains"]
    [manager] = chain["filters"]
    return manager["typed_config"]


def names(listener: dict[str, Any]) -> list[str]:
    return [each["name"] for each in http(listener)["http_filters"]]


def test_the_administration_is_for_this_user_alone() -> None:
    admin = configured()["admin"]["address"]
    assert admin == {"pipe": {"path": "/folder/admin", "mode": 0o600}}


def test_there_is_one_port_unless_there_is_one_for_probes() -> None:
    assert list(listeners(configured())) == ["calls"]
    assert list(listeners(configured(health_listen="127.0.0.1:8080"))) == ["calls", "probes"]


def test_the_port_of_probes_lets_only_health_through() -> None:
    both = listeners(configured(health_listen="127.0.0.1:8080"))
    assert "health" not in names(both["calls"])
    assert names(both["probes"])[0] == "health"


def test_python_comes_after_all_that_refuses() -> None:
    for listener in listeners(configured(health_listen="127.0.0.1:8080")).values():
        assert names(listener)[-2:] == ["paths", "pyvoy"]


def test_addresses_are_limited_only_if_there_is_a_limit() -> None:
    assert "peers" not in names(listeners(configured())["calls"])
    assert names(listeners(configured(max_peer_rate=10))["calls"])[0] == "peers"


def test_a_peer_cannot_choose_its_address() -> None:
    manager = http(listeners(configured())["calls"])
    assert manager["use_remote_address"] is True


def test_every_listener_limits_what_a_connection_may_do() -> None:
    for listener in listeners(configured(health_listen="127.0.0.1:8080")).values():
        assert listener["per_connection_buffer_limit_bytes"] == envoy.MAX_BUFFER
        assert listener["listener_filters_timeout"] == "10.000s"
        assert http(listener)["request_headers_timeout"] == "5.000s"
        assert http(listener)["http2_protocol_options"]["max_concurrent_streams"] == 128


def test_a_call_may_wait_as_long_as_the_longest_wait_for_changes() -> None:
    assert envoy.STALLED_SECONDS > 60


def test_memory_is_limited_by_the_setting() -> None:
    [heap, _] = configured(max_memory=100)["overload_manager"]["resource_monitors"]
    assert heap["typed_config"]["max_heap_size_bytes"] == (64 + 100) * 1024 * 1024


@pytest.mark.parametrize(
    ("log_format", "key"), [("json", "json_format"), ("console", "text_format")]
)
def test_envoy_logs_as_we_do(log_format: str, key: str) -> None:
    assert list(configured(log_format=log_format)["application_log_config"]["log_format"]) == [key]


@pytest.mark.parametrize("with_ca", [True, False])
def test_tls_is_for_calls_and_not_for_probes(tmp_path: Path, *, with_ca: bool) -> None:
    files = certify(tmp_path, Authority())
    if with_ca:
        files["tls_client_ca"] = tmp_path / "clients.pem"
        files["tls_client_ca"].write_bytes(Authority().pem)
    both = listeners(configured(**files, health_listen="127.0.0.1:8080"))
    [probes], [calls] = both["probes"]["filter_chains"], both["calls"]["filter_chains"]
    assert "transport_socket" not in probes
    context = calls["transport_socket"]["typed_config"]
    assert context["require_client_certificate"] is with_ca
    versions = context["common_tls_context"]["tls_params"]
    assert list(versions.values()) == ["TLSv1_2", "TLSv1_3"]


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ("127.0.0.1:50051", {"address": "127.0.0.1", "port_value": 50051}),
        ("[::1]:50051", {"address": "::1", "port_value": 50051}),
        # Both families, as with grpcio.
        ("[::]:50051", {"address": "::", "port_value": 50051, "ipv4_compat": True}),
    ],
)
def test_addresses_are_those_that_envoy_understands(listen: str, address: dict[str, Any]) -> None:
    found = bootstrap(ServiceSettings(), listen, FOLDER, MODULE)
    assert listeners(found)["calls"]["address"]["socket_address"] == address
