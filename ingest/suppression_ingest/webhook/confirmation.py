"""Confirming a subscription with the SNS API, never with a URL from the message.

Source: "Step 3: Confirm your Amazon SNS subscription" in the SNS developer guide.
Endpoints that fetch the SubscribeURL instead can be made to fetch any URL
(CVE-2026-32096).
"""

import asyncio
import datetime as dt
import functools
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from suppression_ingest.errors import Malformed
from suppression_ingest.json_object import optional_text, parse_timestamp
from suppression_ingest.sns.envelope import Envelope
from suppression_ingest.webhook.refusals import ExpiredConfirmation, TokenRefused, Unconfirmed

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

#: How long SNS accepts a token, plus a margin for clocks that differ.
TOKEN_LIFETIME: Final = dt.timedelta(days=2, hours=1)
#: Confirmations to remember, so that a repeated one needs no call.
MAX_REMEMBERED: Final = 1_000

#: Takes a topic's ARN and a token; blocks. Raises TokenRefused and Unconfirmed.
Confirm = Callable[[str, str], None]

_CONNECT_SECONDS: Final = 3
_ANSWER_SECONDS: Final = 5
# Error codes for a token or a topic that SNS will never accept.
_FINAL: Final = frozenset(
    {"InvalidParameter", "InvalidParameterValue", "InvalidParameterException", "NotFound"}
)


class Confirmations:
    """Confirms subscriptions whose request has been verified.

    Args:
        confirm: calls SNS.
        now: the clock.
    """

    def __init__(
        self, confirm: Confirm, now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
    ) -> None:
        self._confirm = confirm
        self._now = now
        self._done: OrderedDict[bytes, None] = OrderedDict()
        # One at a time: two are rare, unless somebody repeats old ones.
        self._lock = asyncio.Lock()

    async def confirm(self, envelope: Envelope) -> None:
        """Confirm the subscription of a SubscriptionConfirmation, once.

        Raises:
            Malformed: it holds no token, or no timestamp.
            ExpiredConfirmation: its token has expired.
            TokenRefused: SNS does not accept the token.
            Unconfirmed: SNS cannot be reached now.
        """
        token = optional_text(envelope.signed or {}, "Token")
        if not token:
            raise Malformed("a SubscriptionConfirmation without a token")
        if self._now() - parse_timestamp(envelope.timestamp) > TOKEN_LIFETIME:
            raise ExpiredConfirmation("the confirmation is older than the lifetime of its token")
        name = hashlib.sha256(f"{envelope.topic_arn}\n{token}".encode(errors="replace")).digest()
        async with self._lock:
            if name not in self._done:
                await asyncio.to_thread(self._confirm, envelope.topic_arn, token)
                self._done[name] = None
                if len(self._done) > MAX_REMEMBERED:
                    self._done.popitem(last=False)


class SnsConfirm:
    """Calls ConfirmSubscription, in the region of the topic.

    Args:
        authenticate_unsubscribe: allow only the account to end the subscription. Otherwise
            anybody who sees a message can end it with the link in the message. True needs
            credentials and ``sns:ConfirmSubscription``.
    """

    def __init__(self, *, authenticate_unsubscribe: bool) -> None:
        self._authenticate = authenticate_unsubscribe
        self._client = functools.cache(self._connect)

    def __call__(self, topic_arn: str, token: str) -> None:
        """Confirm a subscription.

        Raises:
            TokenRefused: SNS does not know the token or the topic.
            Unconfirmed: SNS does not answer, or does not permit the call.
        """
        answer = {"AuthenticateOnUnsubscribe": "true"} if self._authenticate else {}
        try:
            client = self._client(topic_arn.split(":")[3])
            client.confirm_subscription(TopicArn=topic_arn, Token=token, **answer)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", "an error without a code"))
            if code in _FINAL:
                raise TokenRefused(f"SNS refuses the token: {code}") from None
            raise Unconfirmed(f"SNS does not confirm: {code}") from None
        except (BotoCoreError, ValueError) as error:
            raise Unconfirmed(f"SNS cannot be asked: {type(error).__name__}") from None

    def _connect(self, region: str) -> "SNSClient":
        config = Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_ANSWER_SECONDS,
            retries={"total_max_attempts": 1, "mode": "standard"},
        )
        if not self._authenticate:
            # SNS needs a signed call only for authenticate_unsubscribe.
            config = config.merge(Config(signature_version=UNSIGNED))
        return boto3.Session().client("sns", region_name=region, config=config)
