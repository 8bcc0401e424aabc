"""Transports carry calls to the service and turn failures into errors of this package.

A client takes any object with the methods of a transport as ``transport=``, so that
programs can be tested without a server.
"""

import asyncio
import os
import threading
from typing import Any, ClassVar, Final, Protocol

import grpc
import grpc.aio
from google.protobuf.message import Message

from .connection import Connection
from .errors import ClientClosedError, ConfigurationError, error_of
from .exchanges import Call
from .v1 import list_service_pb2_grpc, statistics_service_pb2_grpc, suppression_service_pb2_grpc

# Generated without types.
_STUBS: Final[tuple[Any, ...]] = (
    suppression_service_pb2_grpc.SuppressionServiceStub,
    list_service_pb2_grpc.ListServiceStub,
    statistics_service_pb2_grpc.StatisticsServiceStub,
)


class Transport(Protocol):
    """Carries calls of any number of threads."""

    def call(self, call: Call) -> Message:
        """Make a call and return its response.

        Raises:
            SuppressionError: the call failed.
        """

    def close(self) -> None:
        """Close the transport. Later calls fail; closing again does nothing."""


class AsyncTransport(Protocol):
    """Carries calls of any number of tasks."""

    async def call(self, call: Call) -> Message:
        """Make a call and return its response.

        Raises:
            SuppressionError: the call failed.
        """

    async def close(self) -> None:
        """Close the transport. Later calls fail; closing again does nothing."""


class _LazyChannel:
    """A gRPC channel that is opened by the first call.

    gRPC does not survive a fork: a child process that uses an inherited channel hangs. So no
    gRPC object exists before the first call, and the use of an inherited channel, or of a
    channel of another event loop, is an error.
    """

    _grpc: ClassVar[Any]

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._channel: Any = None
        self._methods: dict[str, Any] = {}
        self._owner: tuple[object, ...] = ()
        self._closed = False
        self._lock = threading.Lock()

    def _start(self, call: Call) -> Any:
        method = self._opened()[call.method]
        return method(call.request, timeout=call.timeout, metadata=self._connection.metadata)

    def _opened(self) -> dict[str, Any]:
        """Return the methods of all services by their names, of which no two are the same."""
        with self._lock:
            if self._closed:
                raise ClientClosedError("the client is closed")
            if not self._methods:
                self._channel = self._open()
                for stub in _STUBS:
                    self._methods |= vars(stub(self._channel))
                self._owner = self._current_owner()
            elif self._owner != self._current_owner():
                raise ConfigurationError(
                    "this client made its first call in another process or event loop: "
                    "make one client in each, after the fork"
                )
            return self._methods

    def _open(self) -> Any:
        server, options = self._connection.server, self._connection.options
        if (credentials := self._connection.credentials) is None:
            return self._grpc.insecure_channel(server, options)
        return self._grpc.secure_channel(server, credentials, options)

    def _current_owner(self) -> tuple[object, ...]:
        return (os.getpid(),)

    def _detach(self) -> Any:
        """Refuse further calls and return the channel if it is open, for the caller to close."""
        with self._lock:
            self._closed = True
            channel, self._channel = self._channel, None
            return channel


class GrpcTransport(_LazyChannel):
    """Carries calls over one channel of grpcio."""

    _grpc: ClassVar[Any] = grpc

    def call(self, call: Call) -> Message:
        """See :meth:`Transport.call`."""
        try:
            response: Message = self._start(call)
        except (grpc.RpcError, ValueError) as error:
            # grpcio raises ValueError if another thread has just closed the channel.
            if self._closed:
                raise ClientClosedError("the client was closed during the call") from error
            if isinstance(error, ValueError):
                raise
            raise error_of(error) from error
        return response

    def close(self) -> None:
        """See :meth:`Transport.close`."""
        if (channel := self._detach()) is not None:
            channel.close()


class AsyncGrpcTransport(_LazyChannel):
    """Carries calls over one channel of grpc.aio, on the event loop of the first call."""

    _grpc: ClassVar[Any] = grpc.aio

    async def call(self, call: Call) -> Message:
        """See :meth:`AsyncTransport.call`."""
        try:
            response: Message = await self._start(call)
        except grpc.aio.AioRpcError as error:
            raise error_of(error) from error
        except (asyncio.CancelledError, grpc.aio.UsageError) as error:
            # A closed channel cancels its calls, although their tasks are not cancelled.
            task = asyncio.current_task()
            if self._closed and not (task and task.cancelling()):
                raise ClientClosedError("the client was closed during the call") from error
            raise
        return response

    async def close(self) -> None:
        """See :meth:`AsyncTransport.close`."""
        if (channel := self._detach()) is not None:
            await channel.close()

    def _current_owner(self) -> tuple[object, ...]:
        return (*super()._current_owner(), asyncio.get_running_loop())
