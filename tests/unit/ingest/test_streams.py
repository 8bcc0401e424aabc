import pytest

from suppression_ingest.streams import Streams
from suppression_ingest.subscription import Preferences, Subscription

STREAMS = Streams(
    configuration_sets={"offers-set": "offers"},
    tenants={"acme": "acme-mail"},
    topics={"readers/weekly": "weekly", "readers": "other", "strangers": "strange"},
)
IN, OUT = False, True


def changed(new: Preferences, old: Preferences | None = None, name: str = "") -> dict[str, bool]:
    return STREAMS.changed(Subscription("readers", old or Preferences(), new), name)


def test_a_topic_is_left_on_its_stream() -> None:
    assert changed(Preferences(opted_out={"weekly": OUT, "daily": IN})) == {"weekly": True}


def test_a_topic_without_a_mapping_is_on_the_stream_of_its_list() -> None:
    assert changed(Preferences(opted_out={"daily": OUT})) == {"other": True}


def test_a_topic_of_a_list_without_a_mapping_is_on_the_stream_of_the_configuration_set() -> None:
    change = Subscription("unmapped", Preferences(), Preferences(opted_out={"daily": OUT}))
    assert STREAMS.changed(change, "offers-set") == {"offers": True}


def test_without_any_mapping_no_stream_is_left() -> None:
    change = Subscription("unmapped", Preferences(), Preferences(opted_out={"daily": OUT}))
    assert STREAMS.changed(change, "other-set") == {}


def test_leaving_all_topics_leaves_every_mapped_stream_but_those_of_others() -> None:
    left = changed(Preferences(unsubscribed_from_all=True, opted_out={"weekly": IN}))
    assert left == {"offers": True, "weekly": True, "other": True}


def test_a_stream_of_several_topics_is_left_with_any_of_them() -> None:
    assert changed(Preferences(opted_out={"daily": OUT, "monthly": IN})) == {"other": True}


def test_opting_in_to_a_topic_again_is_seen() -> None:
    old = Preferences(opted_out={"weekly": OUT})
    assert changed(Preferences(opted_out={"weekly": IN}), old) == {"weekly": False}


def test_a_stream_is_opted_in_to_only_with_all_of_its_topics() -> None:
    old = Preferences(opted_out={"daily": OUT, "monthly": OUT})
    assert changed(Preferences(opted_out={"daily": IN, "monthly": OUT}), old) == {"other": True}


@pytest.mark.parametrize("status", [IN, OUT])
def test_opting_in_after_leaving_all_topics_concerns_every_stream(status: bool) -> None:
    old = Preferences(unsubscribed_from_all=True)
    streams = changed(Preferences(opted_out={"weekly": status}), old)
    assert streams == {"offers": False, "other": False, "weekly": status}
