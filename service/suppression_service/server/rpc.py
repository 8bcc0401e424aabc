"""What an RPC is, whatever transport brings its calls."""

import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any, Final

from google.protobuf import message_factory
from google.protobuf.message import DecodeError, Message

from suppression.v1 import list_service_pb2, statistics_service_pb2, suppression_service_pb2
from suppression_service.server.auth import Role
from suppression_service.server.caller import Caller
from suppression_service.server.errors import UnreadableRequest
from suppression_service.server.settings import MAX_SMALL_REQUEST

#: The service that senders need. Its health is that of the server.
SERVICE: Final = suppression_service_pb2.DESCRIPTOR.services_by_name["SuppressionService"]
#: Every service.
SERVICES: Final = (
    SERVICE,
    list_service_pb2.DESCRIPTOR.services_by_name["ListService"],
    statistics_service_pb2.DESCRIPTOR.services_by_name["StatisticsService"],
)
#: The methods of every service, by name. No two services have a method of the same name.
METHODS: Final = {method.name: method for service in SERVICES for method in service.methods}


@dataclasses.dataclass(frozen=True)
class Rpc:
    """An RPC of one of the services.

    Args:
        name: of the method in the contract, which is unique among all services.
        role: that the token of a caller needs.
        answer: takes the service, the request and the caller; returns the response.
            It raises :class:`.errors.ApiError`.
        answer_bytes: the same with an encoded request and an encoded response, for the RPCs
            whose speed matters most; None: the request is decoded, then answered.
        at_once: likewise, but not asynchronous; returns None where the call has to wait.
            None: the RPC always may have to.
        max_request: bytes of a request, at most; None is ``max_batch`` addresses.
    """

    name: str
    role: Role
    answer: Callable[[Any, Any, Caller], Awaitable[Message]]
    answer_bytes: Callable[[Any, bytes, Caller], Awaitable[bytes]] | None = None
    at_once: Callable[[Any, bytes, Caller], bytes | None] | None = None
    max_request: int | None = MAX_SMALL_REQUEST

    def __post_init__(self) -> None:
        method = METHODS[self.name]
        object.__setattr__(self, "request", message_factory.GetMessageClass(method.input_type))
        object.__setattr__(self, "response", message_factory.GetMessageClass(method.output_type))
        object.__setattr__(self, "service", method.containing_service.full_name)

    request: type[Message] = dataclasses.field(init=False)
    response: type[Message] = dataclasses.field(init=False)
    #: The full name of its service.
    service: str = dataclasses.field(init=False)

    @property
    def path(self) -> str:
        """The path of the method in HTTP, such as ``/suppression.v1.SuppressionService/…``."""
        return f"/{self.service}/{self.name}"

    def decode(self, request: bytes) -> Message:
        """Return a request.

        Raises:
            UnreadableRequest: the bytes are no message of the request's type.
        """
        try:
            return self.request.FromString(request)
        except DecodeError:
            raise UnreadableRequest from None
