"""A stand-in for SESv2, which moto lacks: as much of it as the project calls.

The real boto3 talks to it over HTTP (``AWS_ENDPOINT_URL_SESV2``); requests and answers
are held against botocore's model of the service, see :mod:`tests.support.aws.rest_json`.

    with SesFake() as ses:
        client = boto3.client("sesv2", endpoint_url=ses.url, …)
        ses.suppressed["Jane@Example.com"] = Suppressed("BOUNCE", time)
"""

# ruff: noqa: N803 - the parameters have the names that SES gives them

import contextlib
import dataclasses
import datetime as dt
import secrets
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self

from tests.support.aws.rest_json import Call, NotInTheModel, RestJson

Json = dict[str, Any]

#: Entries of a page of the account's list, unless a test asks for fewer.
PAGE: Final = 1_000
# Seconds after which a call that should have come has not.
_DEADLINE: Final = 60.0


class Refusal(Exception):
    """What SES answers instead: an error's code, and what it says."""

    def __init__(self, code: str, said: str = "no") -> None:
        super().__init__(code)
        self.code = code
        self.said = said


@dataclasses.dataclass(frozen=True, slots=True)
class Suppressed:
    """An entry of the account's suppression list."""

    reason: str
    updated: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class Sent:
    """A message that was handed over to be sent."""

    message_id: str
    to: str
    sender: str
    configuration_set: str


@dataclasses.dataclass
class ConfigurationSet:
    """A configuration set: its options, and its event destinations by name."""

    options: Json
    destinations: dict[str, Json] = dataclasses.field(default_factory=dict)


class SesFake:
    """An account of SES; its state is there to be looked at and to be broken."""

    def __init__(self) -> None:
        self._wire = RestJson("sesv2")
        self._lock = threading.Condition()
        self._server: _Server
        self._thread: threading.Thread
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget everything: an account that was opened today."""
        self.configuration_sets: dict[str, ConfigurationSet] = {}
        self.suppressed: dict[str, Suppressed] = {}
        #: The list of each tenant.
        self.tenants: dict[str, dict[str, Suppressed]] = {}
        #: Its clock.
        self.now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
        self.suppression: Json = {"SuppressedReasons": []}
        self.identities: list[str] = []
        #: The topics of each contact list.
        self.contact_lists: dict[str, list[str]] = {}
        self.production = True
        self.sending = True
        self.enforcement = "HEALTHY"
        self.sent_last_day = 0.0
        self.sent: list[Sent] = []
        #: Called with every message that is sent.
        self.on_send: Callable[[Sent], None] = lambda _: None
        #: Entries of a page of the list, at most.
        self.page = PAGE
        #: Every call, in order.
        self.calls: list[Call] = []
        #: Addresses that the account's list does not take.
        self.unacceptable: set[str] = set()
        #: Operations that are refused, with the code; those of a list, once each.
        self.denied: dict[str, str] = {}
        self.refused_once: list[tuple[str, str]] = []
        #: Requests that no real SES would understand; a test that has some has failed.
        self.misunderstood: list[str] = []

    @property
    def url(self) -> str:
        """Where boto3 is to look for SESv2."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait_for(self, operation: str) -> None:
        """Wait until an operation has been called."""
        with self._lock:
            assert self._lock.wait_for(lambda: self.called(operation), _DEADLINE), operation

    def called(self, operation: str) -> list[Json]:
        """Return the parameters of every call of an operation, in order."""
        return [call.parameters for call in self.calls if call.operation == operation]

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, str, bytes]:
        """Return the status, the code of an error (or nothing) and the body of an answer."""
        with self._lock:
            try:
                call = self._wire.read(method, target, body)
                return self._answer(call)
            except NotInTheModel as error:
                self.misunderstood.append(str(error))
                return 400, "ValidationException", b"{}"

    def _answer(self, call: Call) -> tuple[int, str, bytes]:
        self.calls.append(call)
        self._lock.notify_all()
        try:
            self._refuse(call.operation)
            done = _OPERATIONS[call.operation](self, **call.parameters)
        except Refusal as refusal:
            status, body = self._wire.write_error(call.operation, refusal.code, refusal.said)
            return status, refusal.code, body
        return 200, "", self._wire.write(call.operation, done)

    def _refuse(self, operation: str) -> None:
        if code := self.denied.get(operation):
            raise Refusal(code)
        for index, (refused, code) in enumerate(self.refused_once):
            if refused == operation:
                del self.refused_once[index]
                raise Refusal(code)

    # --- the account ---------------------------------------------------------------------------

    def _get_account(self) -> Json:
        return {
            "ProductionAccessEnabled": self.production,
            "SendingEnabled": self.sending,
            "EnforcementStatus": self.enforcement,
            "SendQuota": {
                "Max24HourSend": 50_000.0,
                "MaxSendRate": 14.0,
                "SentLast24Hours": self.sent_last_day,
            },
            "SuppressionAttributes": self.suppression,
        }

    def _put_account_suppression(self, **attributes: Any) -> Json:
        # What is left out is put back to its default.
        self.suppression = {"SuppressedReasons": [], **attributes}
        return {}

    def _list_identities(self, **_: Any) -> Json:
        listed = [
            {"IdentityName": name, "IdentityType": "EMAIL_ADDRESS", "SendingEnabled": True}
            for name in self.identities
        ]
        return {"EmailIdentities": listed}

    def _list_contact_lists(self, **_: Any) -> Json:
        return {"ContactLists": [{"ContactListName": name} for name in self.contact_lists]}

    def _get_contact_list(self, *, ContactListName: str) -> Json:
        topics = [
            {"TopicName": name, "DisplayName": name, "DefaultSubscriptionStatus": "OPT_OUT"}
            for name in self.contact_lists[ContactListName]
        ]
        return {"ContactListName": ContactListName, "Topics": topics}

    # --- configuration sets --------------------------------------------------------------------

    def _set(self, name: str) -> ConfigurationSet:
        if name not in self.configuration_sets:
            raise Refusal("NotFoundException", f"Configuration set <{name}> does not exist.")
        return self.configuration_sets[name]

    def _create_set(self, *, ConfigurationSetName: str, **options: Any) -> Json:
        if ConfigurationSetName in self.configuration_sets:
            raise Refusal("AlreadyExistsException")
        self.configuration_sets[ConfigurationSetName] = ConfigurationSet(options)
        return {}

    def _get_set(self, *, ConfigurationSetName: str) -> Json:
        found = self._set(ConfigurationSetName)
        sending = {"SendingOptions": {"SendingEnabled": True}}
        return {"ConfigurationSetName": ConfigurationSetName, **sending, **found.options}

    def _list_sets(self, **_: Any) -> Json:
        return {"ConfigurationSets": sorted(self.configuration_sets)}

    def _put_set_suppression(self, *, ConfigurationSetName: str, **options: Any) -> Json:
        self._set(ConfigurationSetName).options["SuppressionOptions"] = options
        return {}

    def _get_destinations(self, *, ConfigurationSetName: str) -> Json:
        found = self._set(ConfigurationSetName).destinations
        return {"EventDestinations": [{"Name": name, **one} for name, one in found.items()]}

    def _create_destination(
        self,
        *,
        ConfigurationSetName: str,
        EventDestinationName: str,
        EventDestination: Json,
    ) -> Json:
        found = self._set(ConfigurationSetName).destinations
        if EventDestinationName in found:
            raise Refusal("AlreadyExistsException")
        found[EventDestinationName] = EventDestination
        return {}

    def _update_destination(
        self,
        *,
        ConfigurationSetName: str,
        EventDestinationName: str,
        EventDestination: Json,
    ) -> Json:
        found = self._set(ConfigurationSetName).destinations
        if EventDestinationName not in found:
            raise Refusal("NotFoundException")
        found[EventDestinationName] = EventDestination
        return {}

    # --- the suppression lists of the account and of tenants ------------------------------------

    def _list_of(self, tenant: str | None) -> dict[str, Suppressed]:
        if tenant is None:
            return self.suppressed
        if tenant not in self.tenants:
            raise Refusal("NotFoundException", "Tenant does not exist.")
        return self.tenants[tenant]

    def _list_suppressed(
        self,
        *,
        StartDate: dt.datetime | None = None,
        EndDate: dt.datetime | None = None,
        PageSize: int = PAGE,
        NextToken: str = "0",
        Reasons: list[str] | None = None,
        TenantName: str | None = None,
    ) -> Json:
        if not NextToken.isdecimal():
            raise Refusal("InvalidNextTokenException")
        first, size = int(NextToken), min(PageSize, self.page)
        entries = [
            {"EmailAddress": address, "Reason": one.reason, "LastUpdateTime": one.updated}
            for address, one in self._list_of(TenantName).items()
            if (StartDate is None or one.updated >= StartDate)
            and (EndDate is None or one.updated <= EndDate)
            and (Reasons is None or one.reason in Reasons)
        ]
        answer: Json = {"SuppressedDestinationSummaries": entries[first : first + size]}
        more = first + size < len(entries)
        return answer | ({"NextToken": str(first + size)} if more else {})

    def _put_suppressed(
        self, *, EmailAddress: str, Reason: str, TenantName: str | None = None
    ) -> Json:
        if EmailAddress in self.unacceptable:
            raise Refusal("BadRequestException", f"Invalid email address <{EmailAddress}>.")
        self._list_of(TenantName)[EmailAddress] = Suppressed(Reason, self.now())
        return {}

    def _delete_suppressed(self, *, EmailAddress: str, TenantName: str | None = None) -> Json:
        if self._list_of(TenantName).pop(EmailAddress, None) is None:
            raise Refusal("NotFoundException", f"Email address {EmailAddress} does not exist.")
        return {}

    # --- mail ----------------------------------------------------------------------------------

    def _send(
        self,
        *,
        FromEmailAddress: str,
        Destination: Json,
        Content: Json,
        ConfigurationSetName: str = "",
        **_: Any,
    ) -> Json:
        if not self.sending:
            raise Refusal("SendingPausedException")
        if FromEmailAddress not in self.identities:
            raise Refusal("MessageRejected", "Email address is not verified.")
        message = Sent(
            message_id=secrets.token_hex(16),
            to=Destination["ToAddresses"][0],
            sender=FromEmailAddress,
            configuration_set=ConfigurationSetName,
        )
        self.sent.append(message)
        self.on_send(message)
        return {"MessageId": message.message_id}


_OPERATIONS: Final[dict[str, Callable[..., Json]]] = {
    "GetAccount": SesFake._get_account,
    "PutAccountSuppressionAttributes": SesFake._put_account_suppression,
    "ListEmailIdentities": SesFake._list_identities,
    "ListContactLists": SesFake._list_contact_lists,
    "GetContactList": SesFake._get_contact_list,
    "CreateConfigurationSet": SesFake._create_set,
    "GetConfigurationSet": SesFake._get_set,
    "ListConfigurationSets": SesFake._list_sets,
    "PutConfigurationSetSuppressionOptions": SesFake._put_set_suppression,
    "GetConfigurationSetEventDestinations": SesFake._get_destinations,
    "CreateConfigurationSetEventDestination": SesFake._create_destination,
    "UpdateConfigurationSetEventDestination": SesFake._update_destination,
    "ListSuppressedDestinations": SesFake._list_suppressed,
    "PutSuppressedDestination": SesFake._put_suppressed,
    "DeleteSuppressedDestination": SesFake._delete_suppressed,
    "SendEmail": SesFake._send,
}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, ses: SesFake) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.ses = ses


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, code, content = self.server.ses.answer(self.command, self.path, body)
        with contextlib.suppress(ConnectionError):  # the client has gone
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            if code:
                self.send_header("x-amzn-ErrorType", code)
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""
