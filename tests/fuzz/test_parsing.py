"""Every message is parsed, refused, or recognised as something else."""

import contextlib
import datetime as dt
import json
from collections.abc import Callable, Iterator

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from suppression_ingest.carriers import opened
from suppression_ingest.errors import InternalError, Malformed, Unrecognised, Unstorable
from suppression_ingest.pipeline import Pipeline
from suppression_ingest.policy import Policy
from suppression_ingest.recipients import MAX_DIAGNOSTIC, NO_ADDRESS, recipient_address
from suppression_ingest.ses import is_event, parse_event
from suppression_ingest.sns.envelope import NOTIFICATION
from suppression_ingest.streams import Streams
from suppression_service.address import MAX_ADDRESS, canonical
from suppression_service.store import Store
from tests.support.fuzz.examples import examples
from tests.support.fuzz.mutations import ANY_JSON, SAMPLES, TEXT, Json, cut, mutated

POLICY = Policy(
    streams=Streams(
        configuration_sets={"letters-set": "letters"},
        tenants={"acme": "acme-mail"},
        topics={"readers/weekly": "weekly", "readers": "other"},
    )
)
RECEIVED = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
ENVELOPE: Json = {
    "Type": "Notification",
    "MessageId": "11111111-2222-3333-4444-555555555555",
    "TopicArn": "arn:aws:sns:eu-west-1:123456789012:feedback",
    "Subject": "Amazon SES Email Event Notification",
    "Message": "Hello",
    "Timestamp": "2026-03-02T09:30:06.000Z",
    "SignatureVersion": "2",
    "Signature": "AAAA",
    "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-01.pem",
    "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
}
BODIES = (
    mutated(SAMPLES).map(json.dumps)
    | mutated([ENVELOPE]).map(json.dumps)
    | mutated(SAMPLES).map(lambda event: json.dumps(ENVELOPE | {"Message": json.dumps(event)}))
    | st.sampled_from(SAMPLES).map(json.dumps).flatmap(cut)
    | ANY_JSON.map(json.dumps)
    | TEXT
)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


# What wraps a text in one carrier more; each keeps the event that is inside.
CARRIERS = st.sampled_from(
    [
        lambda text: json.dumps(ENVELOPE | {"Message": text}),
        lambda text: json.dumps({"Records": [{"eventSource": "aws:sqs", "body": text}]}),
        lambda text: json.dumps({"Records": [{"Sns": ENVELOPE | {"Message": text}}]}),
        lambda text: f"[{text}]" if _is_json(text) else text,
        lambda text: f"\ufeff{text}\n",
        lambda text: f"{{broken\n{text}",
    ]
)


@examples(50)
@given(BODIES)
def test_a_body_is_opened_or_refused(body: str) -> None:
    for part in opened(body, lambda _: None):
        envelope = part.envelope
        assert envelope.type == NOTIFICATION or envelope.signed
        assert "\n" not in envelope.message_id + envelope.topic_arn + envelope.timestamp


@examples(50)
@given(st.sampled_from(SAMPLES), st.booleans(), st.lists(CARRIERS, max_size=4))
def test_an_event_comes_out_of_whatever_carriers_it_is_in(
    event: Json, bridged: bool, carriers: list[Callable[[str], str]]
) -> None:
    body = json.dumps(event)
    if bridged and "eventType" in event:
        body = json.dumps({"source": "aws.ses", "detail-type": "Email", "detail": event})
    for wrap in carriers:
        body = wrap(body)
    assert event in [part.content for part in opened(body, lambda _: None)]


@examples(50)
@given(BODIES, CARRIERS, BODIES)
def test_no_body_hides_the_event_on_the_next_line(
    body: str, wrap: Callable[[str], str], other: str
) -> None:
    text = "\n".join(["{", body, json.dumps(SAMPLES[0]), wrap(other)])
    assert SAMPLES[0] in [part.content for part in opened(text, lambda _: None)]


@examples(50)
@given(mutated(SAMPLES), st.sampled_from(["", "2026-03-02T09:30:06.000Z"]) | TEXT)
def test_an_event_is_read_whole_or_malformed(document: Json, published: str) -> None:
    with contextlib.suppress(Malformed, Unrecognised):
        assume(is_event(document))
        event = parse_event(document, RECEIVED, published)
        assert event == parse_event(document, RECEIVED, published)
        assert event.kind
        assert event.identity
        assert event.happened.utcoffset() == dt.timedelta()
        assert event.happened <= RECEIVED
        assert all(len(one.diagnostic) <= MAX_DIAGNOSTIC for one in event.recipients)


@examples(50)
@given(mutated(SAMPLES))
def test_only_addresses_that_the_feedback_names_are_suppressed(document: Json) -> None:
    with contextlib.suppress(Malformed, Unrecognised):
        assume(is_event(document))
        event = parse_event(document, RECEIVED)
        named = {recipient_address(one.address) for one in event.recipients} - {NO_ADDRESS}
        pieces, _ = POLICY.feedback(event)
        assert {piece.address for piece in pieces if piece.effect} <= named
        assert len({(piece.address, piece.identity) for piece in pieces}) == len(pieces)


@examples(80)
@given(TEXT | st.builds("{}<{}>".format, TEXT, TEXT | st.emails()) | st.emails())
def test_a_recipient_is_a_canonical_address_or_none(text: str) -> None:
    address = recipient_address(text)
    assert address == NO_ADDRESS or canonical(address) == address
    assert len(address.encode()) <= MAX_ADDRESS


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def pipeline(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pipeline]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('parsing') / 'list.db'}"
    else:
        url = request.getfixturevalue("make_postgresql_database")()
    with contextlib.closing(Store.open(url, migrate_first=True)) as store:
        yield Pipeline(store, lambda _: None, POLICY)


def test_no_body_causes_an_internal_error_or_cannot_be_stored(pipeline: Pipeline) -> None:
    @examples(30)
    @given(st.lists(BODIES, min_size=1, max_size=8))
    def processed(bodies: list[str]) -> None:
        outcomes = pipeline.process(bodies)
        assert len(outcomes) == len(bodies)
        refusals = [outcome.refusal for outcome in outcomes]
        assert not [each for each in refusals if isinstance(each, InternalError | Unstorable)]

    processed()
