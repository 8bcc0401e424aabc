"""SparkPost, now Bird: what its pages export and its API returns."""

from typing import Final

from ..format import Format
from ..rows import Fields, one_line

_REASONS_BY_SOURCE: Final = {"bounce rule": "HARD_BOUNCE", "spam complaint": "COMPLAINT"}


def _translate(
    recipient: str, kind: str, description: str, source: str, created: str, updated: str
) -> Fields:
    # An unsubscribe lets essential mail pass, as an entry for non-transactional mail does.
    by_kind = "UNSUBSCRIBE" if kind.casefold().startswith("non") else "MANUAL"
    reason = _REASONS_BY_SOURCE.get(source.casefold(), by_kind)
    detail = one_line(description or source)
    return Fields(recipient, reason, "", "sparkpost", detail, created, updated)


FORMATS: Final = (
    Format(
        "sparkpost",
        "SparkPost (Bird), suppressions",
        "Bounce Rule: hard bounce; Spam Complaint: complaint; other sources by type: "
        "non_transactional: unsubscribe, transactional: manual",
        columns=("recipient", "type"),
        values=("recipient", "type", "description", "source", "created", "updated"),
        translate=_translate,
    ),
)
