"""SendGrid: what its pages export and its API returns."""

from typing import Final

from ..format import Format
from ..rows import Fields, Skip, UnusableRow, one_line


def _bounce(status: str, reason: str, email: str, created: str) -> Fields:
    # The text of the receiving server mostly begins with its own codes.
    detail = one_line(reason) if status in reason else one_line(status, reason)
    return Fields(email, "HARD_BOUNCE", "", "sendgrid", detail, created)


def _block() -> Fields:
    raise Skip("a block: the receiving server refused this mail, not the address")


def _invalid(reason: str, email: str, created: str) -> Fields:
    return Fields(email, "MANUAL", "", "sendgrid", one_line(reason), created)


def _spam(email: str, created: str) -> Fields:
    return Fields(email, "COMPLAINT", "", "sendgrid", "", created)


def _unsubscribe(email: str, created: str) -> Fields:
    return Fields(email, "UNSUBSCRIBE", "", "sendgrid", "", created)


def _group(email: str, group_id: str, group_name: str, created: str) -> Fields:
    stream = group_name.strip() or group_id
    if not stream:
        raise UnusableRow("it has no group")
    return Fields(email, "UNSUBSCRIBE", stream, "sendgrid", "", created)


FORMATS: Final = (
    Format(
        "sendgrid-bounces",
        "SendGrid, bounces",
        "hard bounce",
        columns=("status", "reason", "email", "created"),
        values=("status", "reason", "email", "created"),
        translate=_bounce,
        exact=True,
    ),
    Format(
        "sendgrid-blocks",
        "SendGrid, blocks",
        "nothing: the receiving server refused a mail, not the address",
        columns=("status", "reason", "email", "created"),
        values=(),
        translate=_block,
        exact=True,
        file_name="block",
    ),
    Format(
        "sendgrid-invalid",
        "SendGrid, invalid emails",
        "manual",
        columns=("reason", "email", "created"),
        values=("reason", "email", "created"),
        translate=_invalid,
        exact=True,
    ),
    Format(
        "sendgrid-spam",
        "SendGrid, spam reports",
        "complaint",
        columns=("ip", "email", "created"),
        values=("email", "created"),
        translate=_spam,
        exact=True,
    ),
    Format(
        "sendgrid-unsubscribes",
        "SendGrid, global unsubscribes",
        "unsubscribe",
        columns=("email", "created"),
        values=("email", "created"),
        translate=_unsubscribe,
        exact=True,
    ),
    Format(
        "sendgrid-groups",
        "SendGrid, group unsubscribes",
        "unsubscribe, on the stream of the group's name",
        columns=("email", "group_id", "group_name", "created_at"),
        values=("email", "group_id", "group_name", "created_at"),
        translate=_group,
    ),
)
