"""Traces of calls, by OpenTelemetry: an extra, off by default.

OpenTelemetry's own variables configure the export, the sampling and the name:
OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_SAMPLER, OTEL_SERVICE_NAME and so on. A span has
the call and its status, and never the request.
"""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

import grpc
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from structlog.typing import EventDict, WrappedLogger

from suppression_service.logs import forward_warnings
from suppression_service.server.request_id import request_id

#: Seconds for the last traces to be sent when the process stops.
TIMEOUT_SECONDS: Final = 2.0

# The statuses that are errors of the server by OpenTelemetry's conventions for gRPC.
_FAULTS: Final = frozenset(
    {
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
    }
)

_Method = Callable[[Any, Any], Awaitable[Any]]


class Tracing:
    """Records a span for each call.

    Args:
        service: the full name of the service.
        exporter: exports the spans; None is an OTLP exporter over HTTP.
    """

    def __init__(self, service: str, exporter: SpanExporter | None = None) -> None:
        ours = Resource({SERVICE_NAME: "suppression-service"})
        resource = ours.merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("suppression-service")
        self._service = service

    def traced(self, name: str, method: _Method) -> _Method:
        """Return a method that runs a method of the service in a span."""
        attributes = {"rpc.system": "grpc", "rpc.service": self._service, "rpc.method": name}

        async def in_span(request: Any, context: Any) -> Any:
            with self._tracer.start_as_current_span(
                f"{self._service}/{name}",
                context=propagate.extract(_texts(context)),
                kind=trace.SpanKind.SERVER,
                attributes=attributes,
                record_exception=False,
                set_status_on_exception=False,
            ) as span:
                try:
                    answer = await method(request, context)
                except asyncio.CancelledError:
                    _end(span, grpc.StatusCode.CANCELLED)
                    raise
                except BaseException:  # aborted, with a status
                    _end(span, context.code())
                    raise
                _end(span, grpc.StatusCode.OK)
                return answer

        return in_span

    @contextlib.asynccontextmanager
    async def sending(self) -> AsyncIterator[None]:
        """Send spans in the background for the length of the block."""
        forward_warnings("opentelemetry")
        try:
            yield
        finally:
            # shutdown() would wait longer for a collector that does not answer.
            closing = threading.Thread(target=self._provider.shutdown, daemon=True)
            closing.start()
            await asyncio.to_thread(closing.join, TIMEOUT_SECONDS)


def add_trace_id(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Put the id of the current trace into a log line, for structlog."""
    if (span := trace.get_current_span().get_span_context()).is_valid:
        line["trace_id"] = trace.format_trace_id(span.trace_id)
    return line


def _texts(context: Any) -> dict[str, str]:
    metadata = context.invocation_metadata() or ()
    return {key: value for key, value in metadata if isinstance(value, str)}


def _end(span: trace.Span, code: grpc.StatusCode) -> None:
    span.set_attribute("rpc.grpc.status_code", code.value[0])
    span.set_attribute("suppression.request_id", request_id())
    if code in _FAULTS:
        span.set_status(trace.StatusCode.ERROR)
