import signal
import socket
import sqlite3
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from cryptography import x509
from prometheus_client.parser import text_string_to_metric_families

from suppression_service.store import Store
from tests.support.authority import Authority
from tests.support.feedback import Feedback
from tests.support.processes import DEADLINE, eventually
from tests.support.sns import TOPIC, Sns
from tests.support.webhook import Start, Webhook

# In one worker of pytest-xdist, so that most of the tests share one webhook.
pytestmark = pytest.mark.xdist_group("webhook")

Json = dict[str, Any]
BounceOf = Callable[[str], str]


def subscribe(feedback: Feedback, webhook: Webhook) -> None:
    """Have the stand-in's SNS post to a webhook; it wants no confirmation."""
    endpoint = str(webhook.client.base_url.join("/sns"))
    feedback.stand_in.sns.subscribe(
        TopicArn=feedback.wiring.topic_arn, Protocol="http", Endpoint=endpoint
    )


def exchange(webhook: Webhook, request: bytes) -> bytes:
    """Send octets and return all that comes back until the webhook closes the connection."""
    with socket.create_connection(webhook.address, DEADLINE) as connection:
        connection.sendall(request)
        answer = b""
        while octets := connection.recv(65_536):
            answer += octets
    return answer


def test_the_same_notification_by_webhook_and_by_queue_counts_once(
    feedback: Feedback, start_on_sqlite: Start, bounce_of: BounceOf
) -> None:
    # given a topic that delivers to a queue and to a webhook, one list behind both
    webhook = start_on_sqlite(
        feedback.stand_in.environment, SUPPRESSION_TOPIC_ARNS=feedback.wiring.topic_arn
    )
    subscribe(feedback, webhook)
    feedback.start_worker(
        SUPPRESSION_DATABASE_URL=webhook.store.engine.url.render_as_string(hide_password=False)
    )
    # when a bounce is published
    feedback.publish(bounce_of("gone@shop.example"))
    feedback.wait_until_empty()
    eventually("the address is listed", lambda: webhook.occurrences("gone@shop.example"))
    # then it is one
    assert webhook.occurrences("gone@shop.example") == [1]
    assert len(webhook.store.address("gone@shop.example").events) == 1


def test_a_subscription_is_confirmed_through_the_api(webhook: Webhook, sns: Sns) -> None:
    asked = sns.confirmation()
    assert webhook.post(asked, x_amz_sns_message_type="SubscriptionConfirmation") == 200
    assert sns.confirmed[-1] == (TOPIC, asked["Token"])
    assert sns.forms[-1]["AuthenticateOnUnsubscribe"] == "true"


def test_posts_that_arrive_together_are_all_stored(
    start: Start, sns: Sns, bounce_of: BounceOf
) -> None:
    webhook = start(sns.environment, SUPPRESSION_WEBHOOK_PROCESSES="2")
    addresses = [f"gone{n}@shop.example" for n in range(40)]
    bodies = [sns.signed(bounce_of(address)) for address in addresses]
    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(webhook.post, bodies)) == {200}
    assert all(webhook.occurrences(address) == [1] for address in addresses)


def test_a_worker_that_is_killed_is_replaced(
    start_on_sqlite: Start, sns: Sns, bounce_of: BounceOf
) -> None:
    # given two processes, both killed
    webhook = start_on_sqlite(sns.environment, SUPPRESSION_WEBHOOK_PROCESSES="2")
    eventually("both started", lambda: webhook.process.output.count("started") == 2)
    workers = [
        child
        for child in psutil.Process(webhook.process.pid).children()
        if "spawn_main" in " ".join(child.cmdline())
    ]
    assert len(workers) == 2
    for worker in workers:
        worker.kill()
    # when SNS posts
    body = sns.signed(bounce_of("gone@shop.example"))
    # then another one answers
    assert webhook.post(body) == 200


def test_no_worker_outlives_its_parent(start_on_sqlite: Start, sns: Sns) -> None:
    webhook = start_on_sqlite(sns.environment, SUPPRESSION_WEBHOOK_PROCESSES="2")
    eventually("both started", lambda: webhook.process.output.count("started") == 2)
    children = psutil.Process(webhook.process.pid).children()
    webhook.process.send(signal.SIGKILL)
    _, alive = psutil.wait_procs(children, DEADLINE)
    assert alive == []


@pytest.mark.parametrize(("number", "workers"), [(signal.SIGTERM, "2"), (signal.SIGINT, "1")])
def test_a_signal_ends_the_webhook_cleanly(
    start_on_sqlite: Start, sns: Sns, number: signal.Signals, workers: str
) -> None:
    webhook = start_on_sqlite(sns.environment, SUPPRESSION_WEBHOOK_PROCESSES=workers)
    eventually("all started", lambda: webhook.process.output.count("started") == int(workers))
    webhook.process.send(number)
    assert webhook.process.ended() == 0
    assert "Traceback" not in webhook.process.output


def locked(store: Store) -> sqlite3.Connection:
    """Lock a SQLite database; closing the connection gives it free."""
    lock = sqlite3.connect(
        store.engine.url.database or "",
        isolation_level=None,
        check_same_thread=False,
    )
    lock.execute("BEGIN IMMEDIATE")
    return lock


def test_a_request_under_way_is_answered_before_the_webhook_stops(
    start_on_sqlite: Start, sns: Sns, bounce_of: BounceOf
) -> None:
    # given a post that waits for a locked database
    webhook = start_on_sqlite(sns.environment)
    webhook.post(sns.signed())
    lock = locked(webhook.store)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(webhook.post, sns.signed(bounce_of("gone@shop.example")))
        eventually("it is connected", lambda: len(connections(webhook)) > 0)
        # when the webhook is told to stop, and the database is free again
        webhook.process.send(signal.SIGTERM)
        lock.close()
        # then it is answered by whether it was stored, and the webhook ends
        assert answer.result(DEADLINE) == 200
    assert webhook.process.ended() == 0
    assert webhook.occurrences("gone@shop.example") == [1]


def connections(webhook: Webhook) -> list[Any]:
    process = psutil.Process(webhook.process.pid)
    return [each for each in process.net_connections("tcp") if each.status == "ESTABLISHED"]


def test_a_database_that_is_away_is_answered_503_and_unhealthy(
    webhook: Webhook, sns: Sns, bounce_of: BounceOf
) -> None:
    # given a database that nobody may write
    lock = locked(webhook.store)
    body = sns.signed(bounce_of("late@shop.example"))
    # then a post is to come again, and does no harm when it does
    assert webhook.post(body) == 503
    lock.close()
    assert webhook.post(body) == 200
    assert webhook.occurrences("late@shop.example") == [1]


def test_a_webhook_whose_database_answers_is_healthy(webhook: Webhook) -> None:
    assert webhook.client.get("/healthz").status_code == 200


def test_every_worker_shows_a_renewed_certificate_without_a_restart(
    start_on_sqlite: Start, sns: Sns, tls: dict[str, str]
) -> None:
    # given two processes
    more = {"SUPPRESSION_WEBHOOK_PROCESSES": "2", "SUPPRESSION_METRICS_LISTEN": "127.0.0.1:0"}
    webhook = start_on_sqlite(sns.environment, "https", **tls, **more)
    eventually("both started", lambda: webhook.process.output.count("started") == 2)
    # when the certificate is renewed
    key, certificate = Authority().issue("webhook")
    Path(tls["SUPPRESSION_WEBHOOK_TLS_KEY"]).write_bytes(key)
    Path(tls["SUPPRESSION_WEBHOOK_TLS_CERTIFICATE"]).write_bytes(certificate)
    # then both read it, show it, and tell when it ends
    read_again = "TLS certificate reloaded"
    eventually("both read it", lambda: webhook.process.output.count(read_again) == 2)
    shown = {ssl.get_server_certificate(webhook.address) for _ in range(20)}
    assert shown == {certificate.decode()}
    end = x509.load_pem_x509_certificate(certificate).not_valid_after_utc.timestamp()
    eventually("both tell its end", lambda: ends_told(webhook) == [end, end])


def ends_told(webhook: Webhook) -> list[float]:
    """Return when the certificates end that the workers show, by the metrics."""
    port = webhook.process.line(r"metrics shown.*?(127\.0\.0\.1:\d+)")[1]
    text = httpx.get(f"http://{port}/metrics", trust_env=False).text
    families = {family.name: family for family in text_string_to_metric_families(text)}
    told = families["suppression_tls_certificate_expiry_timestamp_seconds"]
    return [sample.value for sample in told.samples]


def test_a_raw_delivery_with_the_password_is_taken(
    start_on_sqlite: Start, sns: Sns, bounce_of: BounceOf
) -> None:
    password = "a-password-of-SNS-0123"
    webhook = start_on_sqlite(
        sns.environment, SUPPRESSION_WEBHOOK_RAW="true", SUPPRESSION_WEBHOOK_PASSWORD=password
    )
    headers = {"x-amz-sns-rawdelivery": "true", "x-amz-sns-topic-arn": TOPIC}
    answer = webhook.client.post(
        "/sns", content=bounce_of("gone@shop.example"), headers=headers, auth=("sns", password)
    )
    assert answer.status_code == 200
    assert webhook.occurrences("gone@shop.example") == [1]
    assert password not in webhook.process.output


# --- clients that mean no good -----------------------------------------------------------------


UNFINISHED = {
    "nothing": b"",
    "headers": b"POST /sns HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    "body": b"POST /sns HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{",
}


@pytest.fixture(scope="module")
def answers_to_unfinished(webhook: Webhook) -> dict[str, bytes]:
    """What those are answered who never end what they began; they are kept waiting together."""
    with ThreadPoolExecutor(len(UNFINISHED)) as pool:
        answers = pool.map(partial(exchange, webhook), UNFINISHED.values())
        return dict(zip(UNFINISHED, answers, strict=True))


def test_headers_that_never_end_are_hung_up_on(answers_to_unfinished: dict[str, bytes]) -> None:
    assert answers_to_unfinished["headers"] == b""


def test_a_connection_on_which_nothing_comes_is_hung_up_on(
    answers_to_unfinished: dict[str, bytes],
) -> None:
    assert answers_to_unfinished["nothing"] == b""


def test_a_body_that_never_ends_is_answered_408(answers_to_unfinished: dict[str, bytes]) -> None:
    assert answers_to_unfinished["body"].startswith(b"HTTP/1.1 408 ")


def test_slow_bodies_do_not_keep_others_waiting(
    webhook: Webhook, sns: Sns, bounce_of: BounceOf
) -> None:
    # given many that send a little and then nothing
    head = b"POST /sns HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{"
    slow = [socket.create_connection(webhook.address, DEADLINE) for _ in range(100)]
    for connection in slow:
        connection.sendall(head)
    # when SNS posts
    answer = webhook.post(sns.signed(bounce_of("gone@shop.example")))
    # then it is answered before any of them
    for connection in slow:
        connection.setblocking(False)
        with pytest.raises(BlockingIOError):
            connection.recv(1)
        connection.close()
    assert answer == 200


@pytest.mark.parametrize(
    "length", [b"Content-Length: 99999999999\r\n", b"Content-Length: 1572865\r\n"]
)
def test_a_length_beyond_the_limit_is_answered_413_unread(webhook: Webhook, length: bytes) -> None:
    answer = exchange(webhook, b"POST /sns HTTP/1.1\r\nHost: x\r\n" + length + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_chunked_body_beyond_the_limit_is_answered_413(webhook: Webhook) -> None:
    # given chunks of which one reaches the limit and the next goes beyond
    head = b"POST /sns HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    longest = b"180000\r\n" + b"x" * 0x180000 + b"\r\n"
    assert exchange(webhook, head + longest + b"1\r\nx\r\n").startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("start_of_request", "status"),
    [
        (b"POST /nowhere HTTP/1.1\r\n", b"404"),
        (b"PUT /sns HTTP/1.1\r\n", b"405"),
        (b"GET /healthz HTTP/1.1\r\n", b"200"),
        (b"POST /sns HTTP/1.1\r\nx-amz-sns-topic-arn: another\r\n", b"403"),
    ],
)
def test_a_body_that_nobody_wants_is_hung_up_on(
    webhook: Webhook, start_of_request: bytes, status: bytes
) -> None:
    rest = b"Host: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"
    assert exchange(webhook, start_of_request + rest).startswith(b"HTTP/1.1 " + status)


@pytest.mark.parametrize(
    "request_",
    [b"nonsense\r\n\r\n", b"POST /sns HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"],
)
def test_what_is_no_http_is_answered_400(webhook: Webhook, request_: bytes) -> None:
    assert exchange(webhook, request_).startswith(b"HTTP/1.1 400 ")


# --- starting ----------------------------------------------------------------------------------


def test_an_address_that_is_taken_is_one_line(
    webhook: Webhook, start_on_sqlite: Start, sns: Sns
) -> None:
    host, port = webhook.address
    with pytest.raises(AssertionError, match="cannot listen on"):
        start_on_sqlite(sns.environment, SUPPRESSION_WEBHOOK_LISTEN=f"{host}:{port}")


def test_nothing_that_was_posted_is_in_the_log(
    start_on_sqlite: Start, sns: Sns, bounce_of: BounceOf
) -> None:
    webhook = start_on_sqlite(sns.environment)
    webhook.post(sns.signed(bounce_of("gone@shop.example")))
    webhook.post(sns.signed(bounce_of("gone@shop.example")) | {"Subject": "gone@shop.example"})
    webhook.post({"Type": "gone@shop.example"})
    webhook.process.send(signal.SIGTERM)
    webhook.process.ended()
    assert "stopped" in webhook.process.output
    assert "shop.example" not in webhook.process.output
