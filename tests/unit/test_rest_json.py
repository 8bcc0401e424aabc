import datetime as dt
import json

import pytest

from tests.support.aws.rest_json import NotInTheModel, RestJson

LIST = "/v2/email/suppression/addresses"


@pytest.fixture(scope="module")
def wire() -> RestJson:
    return RestJson("sesv2")


def test_parameters_come_from_path_query_and_body(wire: RestJson) -> None:
    deleted = wire.read("DELETE", f"{LIST}/a%2Bb%40x.example", b"")
    listed = wire.read("GET", f"{LIST}?PageSize=5&EndDate=2026-03-01T00%3A00%3A00Z", b"")
    put = wire.read("PUT", LIST, b'{"EmailAddress": "a@x.example", "Reason": "BOUNCE"}')
    assert deleted.parameters == {"EmailAddress": "a+b@x.example"}
    assert listed.parameters == {
        "PageSize": 5,
        "EndDate": dt.datetime(2026, 3, 1, tzinfo=dt.UTC),
    }
    assert put.operation == "PutSuppressedDestination"


@pytest.mark.parametrize(
    "body",
    [
        {"EmailAddress": "a@x.example"},
        {"EmailAddress": "a@x.example", "Reason": "DISLIKE"},
        {"EmailAddress": "a@x.example", "Reason": "BOUNCE", "Cause": "x"},
        {"EmailAddress": 1, "Reason": "BOUNCE"},
    ],
    ids=["a member missing", "no such reason", "no such member", "no text"],
)
def test_a_request_that_is_not_in_the_model_is_refused(
    wire: RestJson, body: dict[str, object]
) -> None:
    with pytest.raises(NotInTheModel):
        wire.read("PUT", LIST, json.dumps(body).encode())


def test_an_operation_that_is_not_in_the_model_is_refused(wire: RestJson) -> None:
    with pytest.raises(NotInTheModel):
        wire.read("GET", "/v2/email/nothing", b"")


def test_an_answer_that_is_not_in_the_model_is_refused(wire: RestJson) -> None:
    with pytest.raises(NotInTheModel):
        wire.write("GetAccount", {"SendingEnabled": True, "Mood": "good"})


def test_an_error_that_the_operation_does_not_know_is_refused(wire: RestJson) -> None:
    with pytest.raises(NotInTheModel):
        wire.write_error("GetAccount", "MessageRejected", "no")
