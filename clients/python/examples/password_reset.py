"""Sends one essential mail, if the address may be mailed.

    python password_reset.py jane@example.com

Exit status 0: sent. 1: not sent; the last line has the reason.
"""

import os
import sys

import boto3

from suppression import MailClass, SuppressionClient, WhenUnavailable

SERVER = os.environ.get("SUPPRESSION_SERVER", "127.0.0.1:50051")


def main(address: str) -> int:
    """Check, then send."""
    # Without the mail the user stays locked out: if in doubt, send.
    with SuppressionClient(SERVER, when_unavailable=WhenUnavailable.SEND) as suppression:
        check = suppression.check(address, mail_class=MailClass.ESSENTIAL)
    if not check.send:
        print(f"not sent: {check.reason.name}")
        return 1
    boto3.client("sesv2").send_email(
        FromEmailAddress=os.environ["SES_FROM"],
        Destination={"ToAddresses": [address]},
        # Without a configuration set, SES reports no bounce.
        ConfigurationSetName=os.environ["SES_CONFIGURATION_SET"],
        Content={
            "Simple": {
                "Subject": {"Data": "Your new password"},
                "Body": {"Text": {"Data": "Choose it here: https://example.com/reset"}},
            }
        },
    )
    print("sent")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
