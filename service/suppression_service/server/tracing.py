"""Traces of calls, by OpenTelemetry: an extra, off by default.

OpenTelemetry's own variables configure the export, the sampling and the name:
OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_SAMPLER, OTEL_SERVICE_NAME and so on. A span has
the call and its status, and never the request.
"""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from typing import Final

from opentelemetry import context, propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagators.textmap import Getter
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from structlog.typing import EventDict, WrappedLogger

from suppression_service.logs import forward_warnings
from suppression_service.server.caller import Caller
from suppression_service.server.errors import Code
from suppression_service.server.rpc import Rpc

#: Seconds for the last traces to be sent when the process stops.
TIMEOUT_SECONDS: Final = 2.0

# The statuses that are errors of the server by OpenTelemetry's conventions for gRPC.
_FAULTS: Final = frozenset(
    {
        Code.UNKNOWN,
        Code.DEADLINE_EXCEEDED,
        Code.UNIMPLEMENTED,
        Code.INTERNAL,
        Code.UNAVAILABLE,
        Code.DATA_LOSS,
    }
)


class _Metadata(Getter[Caller]):
    """Reads the metadata of a call, from which a trace goes on."""

    def get(self, carrier: Caller, key: str) -> list[str] | None:
        value = carrier.metadata(key)
        return [value] if value else None

    def keys(self, carrier: Caller) -> list[str]:  # noqa: ARG002 - no propagator here needs them
        return []


_METADATA: Final = _Metadata()


class Span:
    """The span of one call, which is the current one until it ends."""

    __slots__ = ("_caller", "_span", "_token")

    def __init__(self, span: trace.Span, caller: Caller) -> None:
        self._span = span
        self._caller = caller
        self._token = context.attach(trace.set_span_in_context(span))

    def end(self, code: Code) -> None:
        """End the span with the status of its call."""
        self._span.set_attribute("rpc.grpc.status_code", int(code))
        self._span.set_attribute("suppression.request_id", self._caller.request_id)
        if code in _FAULTS:
            self._span.set_status(trace.StatusCode.ERROR)
        self._span.end()
        context.detach(self._token)


class Tracing:
    """Records a span for each call.

    Args:
        exporter: exports the spans; None is an OTLP exporter over HTTP.
    """

    def __init__(self, exporter: SpanExporter | None = None) -> None:
        ours = Resource({SERVICE_NAME: "suppression-service"})
        resource = ours.merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("suppression-service")

    def begin(self, rpc: Rpc, caller: Caller) -> Span:
        """Begin the span of a call.

        Args:
            rpc: that is called.
            caller: its metadata may name the trace that the span belongs to.
        """
        span = self._tracer.start_span(
            f"{rpc.service}/{rpc.name}",
            context=propagate.extract(caller, getter=_METADATA),
            kind=trace.SpanKind.SERVER,
            attributes={"rpc.system": "grpc", "rpc.service": rpc.service, "rpc.method": rpc.name},
        )
        return Span(span, caller)

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
