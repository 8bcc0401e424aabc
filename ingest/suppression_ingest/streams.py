"""The streams to which the settings map names in SES."""

import dataclasses
from collections.abc import Iterator, Mapping

from suppression_ingest.subscription import Subscription


@dataclasses.dataclass(frozen=True, slots=True)
class Streams:
    """The stream of each configuration set, tenant and topic.

    Feedback that concerns a part of the mail becomes an entry of that stream. Without a
    mapping it is only recorded, because an entry for all mail would stop too much.

    Args:
        configuration_sets: by name.
        tenants: by name.
        topics: by ``LIST/TOPIC``, or ``LIST`` for the other topics of a contact list.
    """

    configuration_sets: Mapping[str, str] = dataclasses.field(default_factory=dict)
    tenants: Mapping[str, str] = dataclasses.field(default_factory=dict)
    topics: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def of_topic(self, contact_list: str, topic: str, configuration_set: str) -> str:
        """Return the stream of a topic, or else of the mail's configuration set, or ``""``."""
        names = (f"{contact_list}/{topic}", contact_list)
        mapped = (self.topics[name] for name in names if name in self.topics)
        return next(mapped, self.configuration_sets.get(configuration_set, ""))

    def changed(self, change: Subscription, configuration_set: str) -> dict[str, bool]:
        """Return for each stream that a change concerns whether the recipient leaves it.

        The others are opted in to again. A stream of several topics is left with any of them.
        """
        old, new = change.old, change.new
        if new.unsubscribed_from_all:
            return dict.fromkeys(self._all_of(change.contact_list), True)
        streams: dict[str, bool] = {}
        for topic, opted_out in new.opted_out.items():
            stream = self.of_topic(change.contact_list, topic, configuration_set)
            if stream and (opted_out or not old.wants(topic)):
                streams[stream] = streams.get(stream, False) or opted_out
        if old.unsubscribed_from_all:
            streams = dict.fromkeys(self._all_of(change.contact_list), False) | streams
        return streams

    def _all_of(self, contact_list: str) -> Iterator[str]:
        """Yield every stream of mail that can be unsubscribed from."""
        yield from self.configuration_sets.values()
        for name, stream in self.topics.items():
            if name.partition("/")[0] == contact_list:
                yield stream
