"""Limits and prices of AWS's interfaces, which no setting may exceed.

They are separate from the clients, so that settings do not load boto3.
"""

from typing import Final

#: SQS: messages that one receive, send or delete takes ("Amazon SQS message quotas").
MAX_BATCH: Final = 10
#: SQS: seconds that a receive waits for a message, the long poll.
MAX_WAIT_SECONDS: Final = 20
#: SQS: seconds for which a sent message can be delayed.
MAX_DELAY_SECONDS: Final = 900
