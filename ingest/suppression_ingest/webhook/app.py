"""The web application: what each post is answered.

A post goes through the same pipeline as a message of the queue. Before it come the
steps that only strangers on a network make necessary; after it, an answer that SNS
understands: 2xx once what the message says is durable, and not before.
"""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator
from typing import Final

import structlog
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from suppression_ingest.errors import ForeignTopic, InternalError, Malformed, Refused
from suppression_ingest.json_object import optional_text, parse_timestamp
from suppression_ingest.metrics.age import OldestPost
from suppression_ingest.outcomes import SUMMARY_SECONDS, Outcome, OutcomeLog
from suppression_ingest.pipeline import Authenticate
from suppression_ingest.sns.envelope import Envelope, open_envelope
from suppression_ingest.webhook.batches import Batches
from suppression_ingest.webhook.body import Room, read_text
from suppression_ingest.webhook.confirmation import Confirmations
from suppression_ingest.webhook.credentials import CHALLENGE, check_password, must_be_asked
from suppression_ingest.webhook.health import Health
from suppression_ingest.webhook.keys import KeyRing, KeyWanted
from suppression_ingest.webhook.refusals import (
    Contradictory,
    RawRefused,
    StoreAway,
    TooLate,
    status_of,
)
from suppression_ingest.webhook.settings import WebhookSettings
from suppression_service.aio import in_background
from suppression_service.store import StoreError

#: Where SNS posts, and where load balancers look.
POST_PATH: Final = "/sns"
HEALTH_PATH: Final = "/healthz"

#: Seconds for an answer. SNS waits for 15, and tries again after a 503.
ANSWER_SECONDS: Final = 12.0
#: Posts that are logged one by one between two summaries: strangers post too.
MAX_LINES: Final = 100

_SUBSCRIPTION: Final = "SubscriptionConfirmation"
_OK: Final = 200
_UNAUTHORIZED: Final = 401
_UNFINISHED: Final = frozenset({408, 413})
_UNHEALTHY: Final = 503

# Headers that repeat a part of the envelope.
_REPEATED: Final = {
    "x-amz-sns-message-type": "Type",
    "x-amz-sns-message-id": "MessageId",
    "x-amz-sns-topic-arn": "TopicArn",
}

_log = structlog.get_logger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Parts:
    """What the web application is made of.

    ``authenticate`` raises :class:`suppression_ingest.webhook.keys.KeyWanted` for a key that
    ``keys`` has to fetch first.
    """

    authenticate: Authenticate
    keys: KeyRing
    batches: Batches
    confirmations: Confirmations
    health: Health
    log: OutcomeLog = dataclasses.field(default_factory=lambda: OutcomeLog(MAX_LINES))
    room: Room = dataclasses.field(default_factory=Room)
    oldest: OldestPost = dataclasses.field(default_factory=OldestPost)


class Webhook:
    """Answers posts.

    Args:
        settings: the topics, the password, the limits.
        parts: who does the work.
    """

    def __init__(self, settings: WebhookSettings, parts: Parts) -> None:
        self._settings = settings
        self._parts = parts
        self._topics = frozenset(settings.topic_arns)

    def application(self) -> Starlette:
        """Return the application, with a path for posts and one for health."""
        routes = [
            Route(POST_PATH, self.post, methods=["POST"]),
            Route(HEALTH_PATH, self.healthz, methods=["GET"]),
        ]
        application = Starlette(routes=routes, lifespan=self._running)
        # Nobody is sent elsewhere: the address would be the one that the post names.
        application.router.redirect_slashes = False
        return application

    async def post(self, request: Request) -> Response:
        """Take a post in and answer it."""
        if must_be_asked(request.headers, self._settings.webhook_password):
            # Neither counted nor logged: every message of SNS begins like this.
            return PlainTextResponse("password wanted\n", _UNAUTHORIZED, CHALLENGE)
        try:
            with self._parts.room.held() as hold:
                async with asyncio.timeout(ANSWER_SECONDS):
                    check_password(request.headers, self._settings.webhook_password)
                    self._check_named_topic(request.headers)
                    text = await read_text(request, self._settings.webhook_max_body, hold)
                    outcome = await self._taken_in(request.headers, text)
        except Refused as refusal:
            outcome = Outcome(refusal=refusal)
        except TimeoutError:
            outcome = Outcome(refusal=TooLate("the answer is not there in time"))
        except ClientDisconnect:
            return Response(status_code=_UNHEALTHY)  # nobody reads it
        except Exception as error:  # noqa: BLE001 - whatever it is, SNS must try again
            _log.error("internal error", kind=type(error).__name__)
            outcome = Outcome(refusal=InternalError(f"{type(error).__name__} in the program"))
        self._parts.log.add(outcome)
        return _answer(outcome)

    async def healthz(self, _request: Request) -> Response:
        """Tell a load balancer whether posts can be stored."""
        if await self._parts.health.good():
            return PlainTextResponse("ok\n")
        return PlainTextResponse("the database does not answer\n", _UNHEALTHY)

    @contextlib.asynccontextmanager
    async def _running(self, _app: Starlette) -> AsyncIterator[None]:
        async with (
            in_background(self._summarise, "summaries"),
            self._parts.health.asking(),
            self._parts.batches.running(),
        ):
            try:
                yield
            finally:
                self._parts.log.stopped()

    async def _summarise(self) -> None:
        while True:
            await asyncio.sleep(SUMMARY_SECONDS)
            self._parts.log.summarise()

    async def _taken_in(self, headers: Headers, text: str) -> Outcome:
        envelope = open_envelope(text)
        try:
            _check_agreement(headers, envelope)
            if envelope.signed is None:
                self._check_raw(headers)
            await self._authenticate(envelope)
            if envelope.type == _SUBSCRIPTION:
                await self._parts.confirmations.take(envelope)
            with self._aging(envelope):
                return await self._parts.batches.take_in(text)
        except Refused as refusal:
            return Outcome(refusal=refusal, sns_message_id=envelope.message_id)
        except StoreError as error:
            away = StoreAway(f"the database does not answer: {error}")
            return Outcome(refusal=away, sns_message_id=envelope.message_id)

    def _aging(self, envelope: Envelope) -> contextlib.AbstractContextManager[None]:
        """Count how old a message is, that is genuine, until it is answered."""
        try:
            return self._parts.oldest.in_hand(parse_timestamp(envelope.timestamp).timestamp())
        except Malformed:
            return contextlib.nullcontext()  # a raw delivery, which tells no time

    async def _authenticate(self, envelope: Envelope) -> None:
        """Make sure of an envelope, fetching the key that it is to be checked with."""
        try:
            self._parts.authenticate(envelope)
        except KeyWanted as wanted:
            await self._parts.keys.fetch(wanted.url)
            self._parts.authenticate(envelope)

    def _check_named_topic(self, headers: Headers) -> None:
        """Refuse a post of another topic before anything of it is read."""
        topic = headers.get("x-amz-sns-topic-arn")
        if topic is not None and topic not in self._topics:
            raise ForeignTopic("the topic is not on the allowlist")

    def _check_raw(self, headers: Headers) -> None:
        """Make sure that a post without an envelope may come so.

        Raises:
            RawRefused: it may not.
            ForeignTopic: it does not say which topic it comes from.
        """
        if not self._settings.webhook_raw:
            raise RawRefused(
                "there is no envelope: switch raw delivery off in the subscription, "
                "or on here (SUPPRESSION_WEBHOOK_RAW)"
            )
        if "x-amz-sns-topic-arn" not in headers:
            raise ForeignTopic("a raw delivery that names no topic")


def _check_agreement(headers: Headers, envelope: Envelope) -> None:
    """Make sure that the headers tell what the envelope tells.

    The envelope is what is signed. A header that says otherwise is by somebody who
    wants to be taken for another, there or by something in between.
    """
    if envelope.signed is None:
        return
    if headers.get("x-amz-sns-rawdelivery", "").lower() == "true":
        raise Contradictory("an envelope in what is said to be a raw delivery")
    for header, member in _REPEATED.items():
        if headers.get(header, "") not in ("", optional_text(envelope.signed, member)):
            raise Contradictory(f"{header} is not the {member} of the envelope")


def _answer(outcome: Outcome) -> Response:
    if outcome.refusal is None:
        return PlainTextResponse("stored\n", _OK)
    status = status_of(outcome.refusal)
    headers = dict(CHALLENGE) if status == _UNAUTHORIZED else {}
    if status in _UNFINISHED:
        headers["Connection"] = "close"
    return PlainTextResponse(f"{outcome.refusal.label}\n", status, headers)
