"""Requests that are no messages of their type.

grpc.aio would answer them UNKNOWN, which invites callers to try again, and write a
traceback for each: a stranger could fill the log.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import grpc
from google.protobuf.message import DecodeError

_Read = Callable[[bytes], Any]


def as_none(_read: _Read) -> None:
    """Read what is no message as None, for servicers that refuse it."""


def as_empty(read: _Read) -> Any:
    """Read what is no message as an empty one, for servicers of libraries."""
    return read(b"")


class ReadableRequests:
    """Stands for a server while a servicer is added to it.

    Args:
        server: to which the servicer really goes.
        otherwise: what a request that is no message is read as.
    """

    def __init__(self, server: grpc.aio.Server, otherwise: Callable[[_Read], Any]) -> None:
        self._server: Final = server
        self._otherwise: Final = otherwise

    def add_generic_rpc_handlers(self, _handlers: Iterable[grpc.GenericRpcHandler]) -> None:
        """Do nothing: the same handlers come one by one, which take precedence."""

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Any]) -> None:
        """Pass the handlers on, with a reader of requests that never raises."""
        readable = {name: self._readable(handler) for name, handler in handlers.items()}
        self._server.add_registered_method_handlers(service, readable)

    def _readable(self, handler: Any) -> Any:
        read = handler.request_deserializer

        def read_or_not(octets: bytes) -> Any:
            try:
                return read(octets)
            except DecodeError:
                return self._otherwise(read)

        return handler._replace(request_deserializer=read_or_not)
