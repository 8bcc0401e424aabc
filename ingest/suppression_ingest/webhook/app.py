"""The web application: it answers each post.

A post is processed by the same pipeline as a message of the queue. Further checks come
first, because strangers can post. The answer is 2xx only if what the message reports is
durable.
"""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from suppression_ingest.errors import InternalError, Malformed, Refused
from suppression_ingest.json_object import parse_timestamp
from suppression_ingest.metrics.age import OldestPost
from suppression_ingest.outcomes import SUMMARY_SECONDS, Outcome, OutcomeLog
from suppression_ingest.pipeline import Decided, Decision, Pipeline
from suppression_ingest.sns.cached_keys import CachedKeys, KeyNotCached
from suppression_ingest.sns.envelope import Envelope, EnvelopeCheck
from suppression_ingest.webhook.confirmation import Confirmations
from suppression_ingest.webhook.posts import (
    CHALLENGE,
    MemoryBudget,
    check_envelope,
    check_password,
    check_topic_header,
    lacks_password,
    read_text,
)
from suppression_ingest.webhook.refusals import (
    AnswerTimeout,
    DatabaseUnavailable,
    HeaderMismatch,
    status_of,
)
from suppression_ingest.webhook.settings import WebhookSettings
from suppression_service.aio import GroupCommit, every
from suppression_service.store import StoreError

#: The path for SNS, and the path for the health checks of load balancers.
POST_PATH: Final = "/sns"
HEALTH_PATH: Final = "/healthz"

#: Seconds for an answer. SNS waits 15 seconds, and tries again after a 503.
ANSWER_SECONDS: Final = 12.0
#: Seconds that the database has to answer a health check.
HEALTH_SECONDS: Final = 1.0
#: The most posts that are logged one by one between two summaries: strangers can post.
MAX_LINES: Final = 100

_SUBSCRIPTION: Final = "SubscriptionConfirmation"
_OK: Final = 200
_UNAUTHORIZED: Final = 401
_UNFINISHED: Final = frozenset({408, 413})
_UNAVAILABLE: Final = 503

_log = structlog.get_logger(__name__)


class Health:
    """Checks whether the database answers. Concurrent callers share one check.

    Args:
        ask: blocks until the database has answered; raises StoreError if it does not.
        timeout: seconds to wait for it.
    """

    def __init__(self, ask: Callable[[], object], timeout: float = HEALTH_SECONDS) -> None:
        self._ask = ask
        self._timeout = timeout
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="health")
        self._asking: asyncio.Future[bool] | None = None

    async def good(self) -> bool:
        """Whether the database answers within the timeout."""
        if self._asking is None or self._asking.done():
            loop = asyncio.get_running_loop()
            self._asking = loop.run_in_executor(self._thread, self._answers)
        try:
            return await asyncio.wait_for(asyncio.shield(self._asking), self._timeout)
        except TimeoutError:
            return False

    def close(self) -> None:
        """End the thread, without waiting for a check under way."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _answers(self) -> bool:
        try:
            self._ask()
        except StoreError as error:
            _log.warning("unhealthy: the database does not answer", cause=str(error))
            return False
        return True


@dataclasses.dataclass(frozen=True, slots=True)
class Parts:
    """The parts of the web application.

    ``pipeline`` verifies with ``keys``. A key must be fetched before it is used.
    """

    pipeline: Pipeline
    keys: CachedKeys
    recording: GroupCommit[Decided, Outcome]
    confirmations: Confirmations
    health: Health
    log: OutcomeLog = dataclasses.field(default_factory=lambda: OutcomeLog(MAX_LINES))
    budget: MemoryBudget = dataclasses.field(default_factory=MemoryBudget)
    oldest: OldestPost = dataclasses.field(default_factory=OldestPost)


class Webhook:
    """Answers posts.

    Args:
        settings: the topics, the password, the limits.
        parts: the objects that do the work.
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
        # A redirect would lead to any host that the post names.
        application.router.redirect_slashes = False
        return application

    async def post(self, request: Request) -> Response:
        """Handle a post and answer it."""
        if lacks_password(request.headers, self._settings.webhook_password):
            # Neither counted nor logged: every message of SNS begins like this.
            return PlainTextResponse("password wanted\n", _UNAUTHORIZED, CHALLENGE)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                outcome = await self._handle(request)
        except Refused as refusal:
            outcome = Outcome(refusal=refusal)
        except TimeoutError:
            outcome = Outcome(refusal=AnswerTimeout("the answer is not ready in time"))
        except ClientDisconnect:
            return Response(status_code=_UNAVAILABLE)  # nobody reads it
        except Exception as error:  # noqa: BLE001 - SNS must try again in any case
            _log.error("internal error", kind=type(error).__name__)
            outcome = Outcome(refusal=InternalError(f"{type(error).__name__} in the program"))
        self._parts.log.add(outcome)
        return _answer(outcome)

    async def healthz(self, _request: Request) -> Response:
        """Tell a load balancer whether posts can be stored."""
        if await self._parts.health.good():
            return PlainTextResponse("ok\n")
        return PlainTextResponse("the database does not answer\n", _UNAVAILABLE)

    @contextlib.asynccontextmanager
    async def _running(self, _app: Starlette) -> AsyncIterator[None]:
        with contextlib.closing(self._parts.health):
            await asyncio.to_thread(self._parts.keys.load)
            async with (
                every(SUMMARY_SECONDS, self._summarise, "summaries"),
                self._parts.recording.running(),
            ):
                try:
                    yield
                finally:
                    self._parts.log.stopped()

    async def _summarise(self) -> None:
        self._parts.log.summarise()

    async def _handle(self, request: Request) -> Outcome:
        with self._parts.budget.reserving() as reservation:
            check_password(request.headers, self._settings.webhook_password)
            check_topic_header(request.headers, self._topics)
            text = await read_text(request, self._settings.webhook_max_body, reservation)
            decided = await self._decide(request.headers, text)
            return await self._record(decided)

    async def _decide(self, headers: Headers, text: str) -> Decided:
        """Decide about a body. Its signature is verified once, after its key has been fetched."""
        decided = self._parts.pipeline.decide(text, self._check_of(headers))
        missing = decided.outcome.refusal
        if not isinstance(missing, KeyNotCached):
            return decided
        try:
            await self._parts.keys.fetch(missing.url)
        except Refused as refusal:
            failed = dataclasses.replace(decided.outcome, refusal=refusal)
            return Decided([Decision(failed)], decided.envelope)
        return self._parts.pipeline.decide(text, self._check_of(headers))

    def _check_of(self, headers: Headers) -> EnvelopeCheck:
        """Return the check of the envelope of one post."""
        checked = False

        def check(envelope: Envelope) -> None:
            nonlocal checked
            if checked:  # to verify thousands would keep other posts waiting
                raise HeaderMismatch("more than one envelope in a post of SNS")
            checked = True
            check_envelope(headers, envelope, raw_allowed=self._settings.webhook_raw)

        return check

    async def _record(self, decided: Decided) -> Outcome:
        """Carry out a decision, and return once it is durable."""
        envelope = decided.envelope
        if not (decided.outcome.acknowledged or decided.changes_something):
            return decided.outcome
        try:
            if envelope.type == _SUBSCRIPTION:
                await self._parts.confirmations.confirm(envelope)
            with self._measuring_age(envelope):
                return await self._parts.recording.commit(decided)
        except Refused as refusal:
            return Outcome(refusal=refusal, sns_message_id=envelope.message_id)
        except StoreError as error:
            unavailable = DatabaseUnavailable(f"the database does not answer: {error}")
            return Outcome(refusal=unavailable, sns_message_id=envelope.message_id)

    def _measuring_age(self, envelope: Envelope) -> contextlib.AbstractContextManager[None]:
        """Measure the age of an authentic message until it is answered."""
        try:
            return self._parts.oldest.processing(parse_timestamp(envelope.timestamp).timestamp())
        except Malformed:
            return contextlib.nullcontext()  # a raw delivery, which has no timestamp


def _answer(outcome: Outcome) -> Response:
    if outcome.refusal is None:
        return PlainTextResponse("stored\n", _OK)
    status = status_of(outcome.refusal)
    headers = dict(CHALLENGE) if status == _UNAUTHORIZED else {}
    if status in _UNFINISHED:
        headers["Connection"] = "close"
    return PlainTextResponse(f"{outcome.refusal.label}\n", status, headers)
