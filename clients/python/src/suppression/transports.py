"""What carries calls to the service, and the errors of calls back.

A client takes any object with these few methods as ``transport=``, so that
programs can be tested without a server.
"""

import asyncio
import os
import threading
from typing import Any, Protocol

import grpc
import grpc.aio
from google.protobuf.message import Message

from .connection import Connection
from .errors import ClientClosedError, ConfigurationError, SuppressionError
from .exchanges import Call
from .statuses import error_from
from .v1 import suppression_service_pb2_grpc as pb_grpc

# Generated without types.
_Stub: Any = pb_grpc.SuppressionServiceStub


class Transport(Protocol):
    """Carries calls, from any number of threads at a time."""

    def call(self, call: Call) -> Message:
        """Make a call and return its response.

        Raises:
            SuppressionError: the call failed.
        """

    def close(self) -> None:
        """Give everything back. Calls fail from then on; closing again does nothing."""


class AsyncTransport(Protocol):
    """Carries calls, from any number of tasks at a time."""

    async def call(self, call: Call) -> Message:
        """Make a call and return its response.

        Raises:
            SuppressionError: the call failed.
        """

    async def close(self) -> None:
        """Give everything back. Calls fail from then on; closing again does nothing."""


class _Lazy:
    """The channel of a transport: opened at the first call, used where it was opened.

    gRPC does not survive a fork: a child that inherits a channel hangs, silently.
    So nothing of gRPC exists before the first call, and a child that finds an
    inherited channel is told; likewise an event loop that finds another's.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._channel: Any = None
        self._stub: Any = None
        self._home: tuple[object, ...] = ()
        self._closed = False
        self._lock = threading.Lock()

    def _opened(self) -> Any:
        with self._lock:
            if self._closed:
                raise ClientClosedError("the client is closed")
            if self._stub is None:
                self._channel = self._open()
                self._stub = _Stub(self._channel)
                self._home = self._here()
            elif self._home != self._here():
                raise ConfigurationError(
                    "this client made its first call in another process or event loop: "
                    "make one in each, after the fork"
                )
            return self._stub

    def _open(self) -> Any:
        raise NotImplementedError

    def _here(self) -> tuple[object, ...]:
        return (os.getpid(),)

    def _take(self) -> Any:
        """Close the door and hand out the channel, if there is one to be closed."""
        with self._lock:
            self._closed = True
            channel, self._channel = self._channel, None
            return channel


class GrpcTransport(_Lazy):
    """Carries calls through one channel of grpcio."""

    def call(self, call: Call) -> Message:
        """See :meth:`Transport.call`."""
        ask = getattr(self._opened(), call.method)
        try:
            response: Message = ask(
                call.request, timeout=call.timeout, metadata=self._connection.metadata
            )
        except grpc.RpcError as error:
            raise self._error(error) from error
        except ValueError as error:
            # How grpcio says that another thread has just closed the channel.
            if self._closed:
                raise ClientClosedError("the client was closed during the call") from error
            raise
        return response

    def close(self) -> None:
        """See :meth:`Transport.close`."""
        if (channel := self._take()) is not None:
            channel.close()

    def _error(self, error: grpc.RpcError) -> SuppressionError:
        if self._closed:
            return ClientClosedError("the client was closed during the call")
        return error_from(error)

    def _open(self) -> grpc.Channel:
        where, options = self._connection.server, self._connection.options
        if (credentials := self._connection.credentials) is None:
            return grpc.insecure_channel(where, options)
        return grpc.secure_channel(where, credentials, options)


class AsyncGrpcTransport(_Lazy):
    """Carries calls through one channel of grpc.aio, on the event loop of the first call."""

    async def call(self, call: Call) -> Message:
        """See :meth:`AsyncTransport.call`."""
        ask = getattr(self._opened(), call.method)
        try:
            response: Message = await ask(
                call.request, timeout=call.timeout, metadata=self._connection.metadata
            )
        except grpc.aio.AioRpcError as error:
            raise error_from(error) from error
        except (asyncio.CancelledError, grpc.aio.UsageError) as error:
            # A closed channel cancels its calls. Whoever waits was not cancelled.
            task = asyncio.current_task()
            if self._closed and not (task and task.cancelling()):
                raise ClientClosedError("the client was closed during the call") from error
            raise
        return response

    async def close(self) -> None:
        """See :meth:`AsyncTransport.close`."""
        if (channel := self._take()) is not None:
            await channel.close()

    def _open(self) -> grpc.aio.Channel:
        where, options = self._connection.server, self._connection.options
        if (credentials := self._connection.credentials) is None:
            return grpc.aio.insecure_channel(where, options)
        return grpc.aio.secure_channel(where, credentials, options)

    def _here(self) -> tuple[object, ...]:
        return (*super()._here(), asyncio.get_running_loop())
