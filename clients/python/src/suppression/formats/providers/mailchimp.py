"""Mailchimp: the export of an audience, and the denylist of Mandrill."""

from typing import Final

from ..format import Format
from ..rows import Fields, one_line


def _cleaned(email: str, cleaned: str, campaign: str) -> Fields:
    return Fields(email, "HARD_BOUNCE", "", "mailchimp", one_line(campaign), cleaned)


def _unsubscribed(email: str, time: str, reason: str, other: str) -> Fields:
    return Fields(email, "UNSUBSCRIBE", "", "mailchimp", one_line(reason, other), time)


_DENYLIST_REASONS: Final = {
    "hard-bounce": "HARD_BOUNCE",
    "soft-bounce": "SOFT_BOUNCE",
    "spam": "COMPLAINT",
    "unsub": "UNSUBSCRIBE",
    "custom": "MANUAL",
}


def _denylist(
    email: str,
    reason: str,
    detail: str,
    created: str,
    expires: str,
    last_event: str,
    expires_again: str,
    subaccount: str,
) -> Fields:
    known = _DENYLIST_REASONS.get(reason.casefold(), reason)
    expire = expires or expires_again
    return Fields(
        email, known, subaccount, "mandrill", one_line(detail), created, last_event, expire
    )


FORMATS: Final = (
    Format(
        "mailchimp-cleaned",
        "Mailchimp, cleaned contacts",
        "hard bounce",
        columns=("email address", "clean_time"),
        values=("email address", "clean_time", "clean_campaign_title"),
        translate=_cleaned,
    ),
    Format(
        "mailchimp-unsubscribed",
        "Mailchimp, unsubscribed contacts",
        "unsubscribe",
        columns=("email address", "unsub_time"),
        values=("email address", "unsub_time", "unsub_reason", "unsub_reason_other"),
        translate=_unsubscribed,
    ),
    Format(
        "mandrill",
        "Mandrill (Mailchimp Transactional), the denylist",
        "by reason, with its expiry; a subaccount's on the stream of that name",
        columns=("email", "reason", "detail", "created_at"),
        values=(
            "email",
            "reason",
            "detail",
            "created_at",
            "expires_at",
            "last_event_at",
            "expires_at.2",
            "subaccount",
        ),
        translate=_denylist,
    ),
)
