"""Traces of a real worker, sent to a collector that is a small HTTP server."""

import http.server
import threading
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from suppression.v1 import suppression_service_pb2 as rpc
from suppression.v1.suppression_service_pb2_grpc import SuppressionServiceStub
from tests.support.in_process_server import Serve
from tests.support.processes import BIN, Processes

JANE = "jane.secret@example.com"
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE_ID}-b7ad6b7169203331-01"


class Collector:
    """Remembers the spans that it was sent."""

    def __init__(self) -> None:
        self.resources: list[Any] = []
        collected = self.resources

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collected.extend(ExportTraceServiceRequest.FromString(body).resource_spans)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def spans(self) -> list[Any]:
        return [span for each in self.resources for s in each.scope_spans for span in s.spans]

    def services(self) -> set[str]:
        return {
            attribute.value.string_value
            for each in self.resources
            for attribute in each.resource.attributes
            if attribute.key == "service.name"
        }


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


@pytest.fixture
def to_collector(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")


def attributes(span: Any) -> dict[str, Any]:
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


async def test_a_call_is_a_span_in_the_trace_of_its_caller(
    serve_list: Serve, new_sqlite: str, collector: Collector, to_collector: None
) -> None:
    metadata = (("traceparent", PARENT), ("x-request-id", "order-7"))
    async with serve_list(new_sqlite, tracing=True) as channel:
        stub = SuppressionServiceStub(channel)
        await stub.CheckAddress(rpc.CheckAddressRequest(address=JANE), metadata=metadata)
    [span] = collector.spans()
    assert span.name == "suppression.v1.SuppressionService/CheckAddress"
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE_ID, "b7ad6b7169203331")
    assert attributes(span) == {
        "rpc.system": "grpc",
        "rpc.service": "suppression.v1.SuppressionService",
        "rpc.method": "CheckAddress",
        "rpc.grpc.status_code": 0,
        "suppression.request_id": "order-7",
    }
    assert collector.services() == {"suppression-service"}


async def test_a_call_that_fails_tells_its_status_and_no_address(
    serve_list: Serve, new_sqlite: str, collector: Collector, to_collector: None
) -> None:
    async with serve_list(new_sqlite, tracing=True) as channel:
        stub = SuppressionServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError):
            await stub.GetAddress(rpc.GetAddressRequest(address=f"{JANE}@"))
    [span] = collector.spans()
    assert attributes(span)["rpc.grpc.status_code"] == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert span.events == []
    assert "jane" not in str(span).lower()


async def test_nothing_is_sent_unless_it_is_asked_for(
    serve_list: Serve, new_sqlite: str, collector: Collector, to_collector: None
) -> None:
    async with serve_list(new_sqlite) as channel:
        stub = SuppressionServiceStub(channel)
        await stub.CheckAddress(rpc.CheckAddressRequest(address=JANE))
    assert collector.resources == []


def test_the_command_tells_request_and_trace_in_its_log_and_stops_without_a_collector(
    new_sqlite: str, processes: Processes
) -> None:
    # Given a server whose collector is not there
    environment = {
        "SUPPRESSION_DATABASE_URL": new_sqlite,
        "SUPPRESSION_SNAPSHOT_DIRECTORY": "",
        "SUPPRESSION_DRAIN_SECONDS": "0",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
    }
    flags = ["--listen", "127.0.0.1:0", "--tracing", "--log-format", "json"]
    process = processes.start("serve", [BIN / "suppression-service", "serve", *flags], environment)
    address = process.line(r"listens on (\S+)")[1]
    # When a call is refused
    with grpc.insecure_channel(address) as channel, pytest.raises(grpc.RpcError):
        SuppressionServiceStub(channel).GetAddress(
            rpc.GetAddressRequest(address=f"{JANE}@"),
            metadata=(("traceparent", PARENT), ("x-request-id", "order-7")),
            wait_for_ready=True,
            timeout=60,
        )
    # Then its line in the log has both ids,
    line = process.line("call refused").string
    assert '"request_id": "order-7"' in line
    assert f'"trace_id": "{TRACE_ID}"' in line
    # and the server stops all the same.
    process.terminate()
    assert process.ended() == 0
    assert "jane" not in process.output
