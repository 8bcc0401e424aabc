import asyncio
import json
from typing import Any

import pytest
from grpc_health.v1 import health_pb2

from suppression.v1 import suppression_service_pb2 as rpc
from suppression_service.server import health as health_module
from suppression_service.server.health import LIVENESS, SERVING
from tests.support.asgi import Exchange
from tests.support.http2 import prefixed

CHECK = "/suppression.v1.SuppressionService/CheckAddress"
BATCH = "/suppression.v1.SuppressionService/BatchCheck"
JSON = {"content-type": "application/json"}
JANE = b'{"address": "jane@example.com"}'
WEB = {"content-type": "application/grpc-web+proto"}
UNARY = {"content-type": "application/grpc", "te": "trailers"}
HEALTH = "/grpc.health.v1.Health"


async def call_json(wired: Any, body: bytes, path: str = CHECK) -> tuple[int, dict[str, Any]]:
    """Call over Connect with JSON; return the status of HTTP and the answer."""
    exchange = await wired.answered(Exchange(path, JSON, (body,)))
    return exchange.status, json.loads(exchange.body)


async def test_a_call_can_be_made_with_json(wired: Any) -> None:
    status, answer = await call_json(wired, JANE)
    assert (status, answer) == (200, {"verdict": "VERDICT_SEND", "revision": "a.1"})
    assert wired.requests == [rpc.CheckAddressRequest(address="jane@example.com")]
    assert wired.counted() == {"OK": 1}


async def test_a_call_can_be_made_with_protobuf_over_connect(wired: Any) -> None:
    body = rpc.CheckAddressRequest(address="a@b.example").SerializeToString()
    headers = {"content-type": "application/proto"}
    exchange = await wired.answered(Exchange(CHECK, headers, (body,)))
    assert rpc.CheckAddressResponse.FromString(exchange.body).revision == "a.1"


async def test_a_call_can_be_made_over_grpc_web(wired: Any) -> None:
    exchange = await wired.answered(Exchange(CHECK, WEB, (prefixed(b""),)))
    [message, trailers] = _frames(exchange.body)
    assert rpc.CheckAddressResponse.FromString(message).revision == "a.1"
    assert b"grpc-status: 0" in trailers


@pytest.mark.parametrize("body", [b'{"adress": "a@b.example"}', b'{"address": 7}', b"{", b"[1]"])
async def test_json_that_does_not_fit_is_refused(wired: Any, body: bytes) -> None:
    status, answer = await call_json(wired, body)
    assert (status, answer["code"]) == (400, "invalid_argument")
    assert answer["details"][0]["type"] == "google.rpc.ErrorInfo"
    assert wired.requests == []
    assert wired.counted() == {"INVALID_ARGUMENT": 1}


@pytest.mark.parametrize("headers", [JSON, WEB])
async def test_a_caller_that_is_not_admitted_is_refused_before_its_body_is_read(
    wired: Any, headers: dict[str, str]
) -> None:
    wired.admitted = False
    exchange = await wired.answered(Exchange(CHECK, headers, (JANE,)))
    assert exchange.received == 0
    assert wired.counted() == {"UNAUTHENTICATED": 1}


async def test_a_refusal_over_connect_has_the_details_of_every_transport(wired: Any) -> None:
    wired.admitted = False
    headers = {**JSON, "x-request-id": "7"}
    exchange = await wired.answered(Exchange(CHECK, headers, (JANE,)))
    answer = json.loads(exchange.body)
    assert (exchange.status, answer["code"]) == (401, "unauthenticated")
    assert [each["type"] for each in answer["details"]] == [
        "google.rpc.ErrorInfo",
        "google.rpc.RequestInfo",
    ]


@pytest.mark.parametrize("path", [CHECK, BATCH])
async def test_json_that_is_too_long_is_refused(wired: Any, path: str) -> None:
    body = b'{"min_revision": "' + b"x" * 100_000 + b'"}'
    status, answer = await call_json(wired, body, path)
    assert (status, answer["code"]) == (429, "resource_exhausted")
    assert wired.requests == []


async def test_a_short_call_may_have_no_long_json(wired: Any) -> None:
    status, _ = await call_json(wired, b'{"min_revision": "' + b"x" * 66_000 + b'"}')
    assert status == 429
    assert wired.requests == []


async def test_compressed_json_is_refused(wired: Any) -> None:
    headers = {**JSON, "content-encoding": "gzip"}
    exchange = await wired.answered(Exchange(CHECK, headers, (JANE,)))
    assert json.loads(exchange.body)["code"] == "unimplemented"
    assert wired.requests == []


async def test_an_internal_error_over_connect_says_nothing(wired: Any) -> None:
    async def broken() -> None:
        raise RuntimeError("secret")

    wired.before = broken
    status, answer = await call_json(wired, JANE)
    assert (status, answer["code"]) == (500, "internal")
    assert "secret" not in str(answer)


async def test_a_caller_that_leaves_ends_its_call_over_connect(wired: Any, forever: Any) -> None:
    wired.before = forever
    exchange = Exchange(CHECK, JSON, (JANE,))
    answering = asyncio.create_task(wired.answered(exchange))
    while not wired.requests:  # noqa: ASYNC110
        await asyncio.sleep(0)
    exchange.left = True
    await asyncio.wait([answering])
    assert wired.counted() == {"CANCELLED": 1}
    assert wired.application.under_way == 0


@pytest.mark.parametrize(
    ("path", "name", "serving", "status"),
    [
        ("/healthz", "", True, 200),
        ("/healthz", "", False, 503),
        ("/livez", LIVENESS, True, 200),
    ],
)
async def test_a_probe_over_http_is_told_the_health(
    wired: Any, path: str, name: str, serving: bool, status: int
) -> None:
    if serving:
        wired.health.set(name, SERVING)
    exchange = await wired.answered(Exchange(path, method="GET"))
    assert exchange.status == status


async def test_the_health_is_told_over_grpc(wired: Any) -> None:
    exchange = await wired.answered(Exchange(f"{HEALTH}/Check", UNARY, (prefixed(b""),)))
    [message] = _frames(exchange.body)
    assert health_pb2.HealthCheckResponse.FromString(message).status == 2
    assert exchange.metadata["grpc-status"] == "0"


async def test_the_health_of_another_service_is_not_found(wired: Any) -> None:
    asked = health_pb2.HealthCheckRequest(service="other").SerializeToString()
    exchange = await wired.answered(Exchange(f"{HEALTH}/Check", UNARY, (prefixed(asked),)))
    assert exchange.metadata["grpc-status"] == "5"


async def test_watches_of_the_health_are_limited_and_end_with_their_callers(
    wired: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_module, "MAX_WATCHES", 1)
    wired.health.__init__()

    def watch() -> Exchange:
        return Exchange(f"{HEALTH}/Watch", UNARY, (prefixed(b""),))

    first = watch()
    watching = asyncio.create_task(wired.answered(first))
    while not first.body:  # noqa: ASYNC110
        await asyncio.sleep(0)
    assert (await wired.answered(watch())).metadata["grpc-status"] == "8"
    first.left = True
    await asyncio.wait([watching])
    wired.health.end_watches()
    assert (await wired.answered(watch())).metadata["grpc-status"] == "0"


@pytest.mark.parametrize(
    ("path", "content_type", "expected"),
    [
        ("/suppression.v1.SuppressionService/Other", "application/grpc", "12"),
        ("/", "application/grpc+proto", "12"),
        ("/suppression.v1.SuppressionService/Other", "application/json", 404),
        ("/", "", 404),
    ],
)
async def test_there_is_no_other_method(
    wired: Any, path: str, content_type: str, expected: str | int
) -> None:
    exchange = await wired.answered(Exchange(path, {"content-type": content_type}))
    assert exchange.metadata.get("grpc-status", exchange.status) == expected


@pytest.mark.parametrize(
    ("method", "content_type", "status"),
    [
        ("GET", "application/grpc", 405),
        ("PUT", "application/json", 405),
        ("POST", "text/plain", 415),
        ("POST", "application/grpcx", 415),
    ],
)
async def test_other_methods_and_types_of_http_are_refused(
    wired: Any, method: str, content_type: str, status: int
) -> None:
    headers = {"content-type": content_type}
    exchange = await wired.answered(Exchange(CHECK, headers, (b"",), method=method))
    assert exchange.status == status


def _frames(body: bytes) -> list[bytes]:
    """Return the messages of a body, each after its flag and length."""
    found = []
    while body:
        end = 5 + int.from_bytes(body[1:5])
        found.append(body[5:end])
        body = body[end:]
    return found
