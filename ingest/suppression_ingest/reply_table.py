"""The reply table: what the reply of a receiving mail server means.

The first row of :data:`REPLY_TABLE` that fits a bounce decides. What the text says is more
exact than the enhanced status code (RFC 3463), because many receivers use a few codes for
everything; and the code is more exact than the sub-type of SES, which is made from both.

The categories are for people who look for the cause of bounces. What a bounce does to the list
is decided elsewhere (:mod:`suppression_ingest.decision_table`), never by them.
"""

import dataclasses
import functools
import re
from typing import Final

from suppression_service.store import ReplyCategory

#: Characters of a reply that are searched.
_SEARCHED: Final = 500


@dataclasses.dataclass(frozen=True, slots=True)
class ReplyRow:
    """A row of the table: a category, and what a reply in it says.

    Args:
        category: of the replies that fit.
        text: a pattern that is found in the reply, without regard to case; None for any reply.
        status: a pattern for the whole enhanced status code; None for any code.
        sub_types: of the bounce, as SES names them; empty for any.
    """

    category: ReplyCategory
    text: re.Pattern[str] | None = None
    status: re.Pattern[str] | None = None
    sub_types: frozenset[str] = frozenset()

    def fits(self, sub_type: str, status: str, text: str) -> bool:
        """Whether the row decides about a reply, unless an earlier one does."""
        return (
            (not self.sub_types or sub_type in self.sub_types)
            and (self.status is None or self.status.fullmatch(status) is not None)
            and (self.text is None or self.text.search(text) is not None)
        )


def _says(category: ReplyCategory, *phrases: str) -> ReplyRow:
    return ReplyRow(category, text=re.compile("|".join(phrases), re.IGNORECASE))


def _has_code(category: ReplyCategory, *codes: str) -> ReplyRow:
    return ReplyRow(category, status=re.compile("|".join(codes)))


def _is_called(category: ReplyCategory, *sub_types: str) -> ReplyRow:
    return ReplyRow(category, sub_types=frozenset(sub_types))


_NO_SUCH_USER, _FULL = ReplyCategory.NO_SUCH_USER, ReplyCategory.MAILBOX_FULL
_REPUTATION, _CONTENT = ReplyCategory.REPUTATION, ReplyCategory.CONTENT
_POLICY, _DNS = ReplyCategory.POLICY, ReplyCategory.DNS
_GREYLISTING = ReplyCategory.GREYLISTING

# fmt: off
REPLY_TABLE: Final = (
    # What a few receivers say in words of their own.
    _says(_REPUTATION,
          r"\bS3140\b", r"\bS3150\b", r"part of their network is on our block list",  # Outlook
          r"banned sending IP", r"5\.7\.60[6-9]", r"5\.7\.6[1-4]\d", r"4\.7\.650",  # Microsoft 365
          r"\[TSS?0\d\]", r"unexpected volume or user complaints",                   # Yahoo
          r"4\.7\.28", r"4\.7\.32", r"unusual rate of unsolicited", r"very low reputation",  # Gmail
          r"ipcheck\.proofpoint", r"Poor Reputation Sender", r"Local CT IP Reputation",
          r"barracuda(?:networks|central| reputation)", r"\[HM08\]", r"Client host .{0,80}blocked"),
    _says(_POLICY,
          r"SenderNotAuthenticated", r"RestrictedRecip", r"\[PH01\]", r"\[CS0\d\]",
          r"\bDMARC\b", r"\bSPF\b", r"\bDKIM\b", r"unauthenticated",
          r"authentication (?:level|requ)",
          r"manually blocked senders", r"Administrative prohibition", r"\bPTR\b", r"reverse DNS",
          r"not authori[sz]ed", r"moderat", r"closed list", r"relay(?:ing)? (?:access )?denied",
          r"restricted to (?:internal|members)"),
    # Before words about users: "user's mailbox is full".
    _says(_FULL,
          r"over ?quota", r"quota (?:exceeded|full)", r"exceed\w* (?:\w+ ){0,3}(?:quota|storage)",
          r"out of storage", r"mailbox (?:\w+ ){0,3}full", r"insufficient (?:system )?storage",
          r"mailbox size limit", r"not enough (?:storage|space)", r"inbox is full",
          r"exceeded storage allocation", r"mailbox for .{0,60} is full"),
    # Before words about policy and content: many texts name both.
    _says(_REPUTATION,
          r"block ?list", r"black ?list", r"\bDNSBL\b", r"\bRBL\b", r"spamhaus", r"spamcop",
          r"\bSORBS\b", r"reputation", r"senderscore", r"talosintelligence", r"invaluement",
          r"blocked (?:due to|for) (?:spam|abuse)", r"listed (?:at|by|in|on) "),
    _says(_DNS,
          r"unable to (?:lookup|resolve|connect)", r"host (?:or domain name )?not found",
          r"domain (?:name )?(?:\w+ )?not found", r"\bNXDOMAIN\b", r"\bno (?:valid )?MX\b",
          r"name server", r"\bnull ?mx\b", r"does not accept (?:any )?mail",
          r"connection (?:timed out|refused|dropped)", r"no route to host", r"unrouteable",
          r"did not (?:respond|answer)", r"DNS (?:error|failure|lookup)",
          r"network is unreachable"),
    _says(_GREYLISTING,
          r"gr[ea]y-?list", r"rate[- ]limit", r"too many (?:connections|messages|recipients)",
          r"server (?:is )?busy", r"try again (?:later|in)",
          r"temporarily (?:deferred|unavailable)",
          r"internal resources are temporarily",
          r"receiving (?:mail|email) (?:at a rate|too quickly)",
          r"mail send limit exceeded", r"throttl"),
    _says(_NO_SUCH_USER,
          r"(?:do|does)(?:n't| not|n.t) (?:exist|have an? [\w.]+ account)", r"no such",
          r"user (?:\w+ )?unknown", r"unknown (?:user|recipient|mailbox|local|address)",
          r"(?:recipient|user|mailbox|address|account)(?: \S+){0,2} not (?:found|exist|known)",
          r"RecipNotFound", r"RecipientNotFound", r"invalid (?:recipient|mailbox|address|user)",
          r"mailbox unavailable", r"no mailbox",
          r"not a (?:known|valid) (?:user|recipient|mailbox)",
          r"(?:account|mailbox|user)\b.{0,40}\b(?:disabled|inactive|suspended|deactivated|closed)",
          r"recipient address rejected: (?:access denied|user|unknown)", r"undeliverable address",
          r"no longer (?:valid|available|with|employed)", r"history of bouncing",
          r"not our customer"),
    _says(_CONTENT,
          r"\bspam", r"unsolicited", r"virus", r"malware", r"phish", r"\bbulk\b",
          r"message content",
          r"content (?:rejected|filter|denied)", r"(?:message|mail) (?:size|too (?:large|big))",
          r"size limit", r"attachment", r"suspicious", r"\bURLs? ", r"\blinks? in",
          r"maximum size"),
    _says(_POLICY,
          r"polic(?:y|ies)", r"prohibited", r"access denied", r"not (?:allowed|permitted|accepted)",
          r"sender (?:address )?(?:denied|rejected|blocked)"),

    # What the enhanced status code says (RFC 3463, and the registry of IANA).
    _has_code(_NO_SUCH_USER, r"[45]\.1\.(?:0|1|3|6|10)", r"5\.2\.1"),
    _has_code(_FULL, r"[45]\.2\.2", r"[45]\.3\.1"),
    _has_code(_DNS, r"[45]\.1\.2", r"[45]\.4\.\d+"),
    _has_code(_CONTENT, r"[45]\.2\.3", r"[45]\.3\.4", r"[45]\.6\.\d+"),
    _has_code(_GREYLISTING, r"4\.7\.\d+", r"4\.2\.1", r"4\.3\.\d+"),
    _has_code(_POLICY, r"5\.7\.\d+", r"[45]\.1\.[78]"),

    # What SES says.
    _is_called(_NO_SUCH_USER, "NoEmail", "Suppressed"),
    _is_called(_FULL, "MailboxFull"),
    _is_called(_CONTENT, "MessageTooLarge", "ContentRejected", "AttachmentRejected"),
    _is_called(_DNS, "CustomTimeoutExceeded"),
)
# fmt: on


# Many receivers say the same each time.
@functools.lru_cache(maxsize=4_096)
def reply_category(sub_type: str, status: str, text: str) -> ReplyCategory:
    """Return the category of a reply; ``UNSPECIFIED`` if there was none.

    Args:
        sub_type: of the bounce, as SES names it.
        status: the enhanced status code.
        text: the reply.
    """
    status, text = status.strip(), text[:_SEARCHED]
    for row in REPLY_TABLE:
        if row.fits(sub_type, status, text):
            return row.category
    return ReplyCategory.OTHER if status or text.strip() else ReplyCategory.UNSPECIFIED
