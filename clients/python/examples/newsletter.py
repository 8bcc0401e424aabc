"""Sends a newsletter to the addresses on standard input that may be mailed.

    python newsletter.py <subscribers.txt

Exit status 0: sent to every address that may be mailed. 75: some addresses were left out because
the service was unavailable; run it again for them later.
"""

import os
import sys
from collections import Counter

import boto3

from suppression import SuppressionClient, WhenUnavailable
from suppression.contrib.boto3 import CheckedSES, NobodyToMail

SERVER = os.environ.get("SUPPRESSION_SERVER", "127.0.0.1:50051")
STREAM = "newsletter"
EX_TEMPFAIL = 75
SENT, NOT_SENT = "sent", "not sent"

CONTENT = {
    "Simple": {
        "Subject": {"Data": "News in May"},
        "Body": {"Text": {"Data": "The news: https://example.com/may"}},
    }
}


def main() -> int:
    """Filter the whole list, then send to the addresses that are left."""
    subscribers = [line.strip() for line in sys.stdin if line.strip()]
    # A newsletter can wait: if in doubt, do not send.
    with SuppressionClient(SERVER, when_unavailable=WhenUnavailable.DO_NOT_SEND) as suppression:
        to_mail = suppression.filter(subscribers, stream=STREAM)
        counts = Counter({NOT_SENT: len(subscribers) - len(to_mail)})
        ses = CheckedSES(
            boto3.client("sesv2"),
            suppression,
            configuration_set=os.environ["SES_CONFIGURATION_SET"],
            stream=STREAM,
        )
        for address in to_mail:
            counts[_send(ses, address)] += 1
        print(f"{counts[SENT]} sent, {counts[NOT_SENT]} not sent")
        return EX_TEMPFAIL if suppression.unanswered else 0


def _send(ses: CheckedSES, address: str) -> str:
    try:
        ses.send_email(
            FromEmailAddress=os.environ["SES_FROM"],
            Destination={"ToAddresses": [address]},
            Content=CONTENT,
        )
    except NobodyToMail:
        # In a long run, an address can complain or unsubscribe after the filter.
        return NOT_SENT
    return SENT


if __name__ == "__main__":
    sys.exit(main())
