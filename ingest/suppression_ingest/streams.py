"""The streams to which the settings map names in SES."""

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, slots=True)
class Streams:
    """The stream of each configuration set and of each tenant.

    Feedback that concerns a part of the mail becomes an entry of that stream. Without a
    mapping it is only recorded, because an entry for all mail would stop too much.
    """

    configuration_sets: Mapping[str, str] = dataclasses.field(default_factory=dict)
    tenants: Mapping[str, str] = dataclasses.field(default_factory=dict)
