"""Verifying that SNS signed a message, and that it is from one of our topics.

Source: "Verifying the signatures of Amazon SNS messages" in the SNS developer
guide. This is stricter than AWS's SDKs, whose pattern for hosts also accepts
``sns.s3-us-west-2.amazonaws.com``, a bucket that anyone could own.
"""

import base64
import re
from collections.abc import Collection
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from sns_message_validator import SNSMessageValidator

from suppression_ingest.errors import ForeignTopic, Forged
from suppression_ingest.json_object import JsonObject, optional_text
from suppression_ingest.sns.certificates import SigningKeys
from suppression_ingest.sns.envelope import NOTIFICATION, Envelope

# us-east-1, us-gov-west-1, cn-north-1. Only the last part has digits: not s3-us-west-2.
_REGION: Final = r"(?P<region>[a-z]{2,4}(?:-[a-z]{2,12}){1,2}-[1-9][0-9]?)"

_CERTIFICATE_FILE: Final = r"/SimpleNotificationService-[0-9a-f]{1,64}\.pem"
# One pattern for the whole URL, so that no other URL parser can read another host from it.
_CERTIFICATE_URL = re.compile(
    rf"https://sns\.{_REGION}\.amazonaws\.com(?P<china>\.cn)?"
    rf"{_CERTIFICATE_FILE}"
)
_TOPIC_ARN = re.compile(
    rf"arn:(?:aws|aws-us-gov|(?P<china>aws-cn)):sns:{_REGION}:[0-9]{{12}}"
    r":[0-9A-Za-z_-]{1,256}(?:\.fifo)?"
)

_HASHES: Final[dict[str, HashAlgorithm]] = {
    # SNS still uses version 1 unless a topic asks for version 2.
    "1": SHA1(),  # noqa: S303
    "2": SHA256(),
}

_SIGNED_IN_NOTIFICATION: Final[tuple[str, ...]] = (
    "Message",
    "MessageId",
    "Subject",
    "Timestamp",
    "TopicArn",
    "Type",
)
_SIGNED_IN_CONFIRMATION: Final[tuple[str, ...]] = (
    "Message",
    "MessageId",
    "SubscribeURL",
    "Timestamp",
    "Token",
    "TopicArn",
    "Type",
)


class SnsSignatureVerifier(SNSMessageValidator):  # type: ignore[misc]
    """Verifies SNS envelopes of signature versions 1 and 2.

    The library's validator knows only version 1, accepts foreign hosts, and fetches
    without a timeout and through redirects. This class keeps the order of its steps:
    nothing is fetched before topic, version and the certificate's URL have been checked.

    Args:
        keys: returns the public key for a certificate's URL.
        topic_arns: the topics whose messages are accepted. If empty, any topic is accepted,
            and anybody can get a valid signature with their own topic.
        endpoint: the URL of a stand-in of SNS, whose own certificates are accepted too, of any
            topic's region. Empty for none.
    """

    def __init__(
        self, keys: SigningKeys, topic_arns: Collection[str] = (), endpoint: str = ""
    ) -> None:
        # The parent's constructor only opens an HTTP session, which is not needed.
        own = rf"{re.escape(endpoint.rstrip('/'))}(?:/[0-9A-Za-z_-]+)*{_CERTIFICATE_FILE}"
        self._stand_in = re.compile(own) if endpoint else None
        self._keys = keys
        self._topic_arns = frozenset(topic_arns)

    def verify(self, envelope: Envelope) -> None:
        """Check that SNS signed an envelope, and that its topic is on the allowlist.

        A message without an envelope is accepted, because there is nothing to verify. Other
        code decides whether raw delivery is allowed.

        Raises:
            ForeignTopic: the topic is not on the allowlist.
            Forged: the signature, its version or the certificate's URL is not one of SNS's.
            Unverifiable: the certificate cannot be fetched now.
        """
        if envelope.signed is None:
            return
        self.check_topic(envelope)
        self.validate_message(envelope.signed)

    def check_topic(self, envelope: Envelope) -> None:
        """Check that an envelope names a topic on the allowlist.

        Raises:
            ForeignTopic: it does not.
        """
        if envelope.signed is None or not self._topic_arns:
            return
        if envelope.topic_arn not in self._topic_arns:
            raise ForeignTopic("the topic is not on the allowlist")

    def _validate_signature_version(self, message: JsonObject) -> None:
        if optional_text(message, "SignatureVersion") not in _HASHES:
            raise Forged("the signature version is neither 1 nor 2", "signature_version")

    def _validate_cert_url(self, message: JsonObject) -> None:
        named = optional_text(message, "SigningCertURL")
        if self._stand_in and self._stand_in.fullmatch(named):
            return
        url = _CERTIFICATE_URL.fullmatch(named)
        if not url:
            raise Forged("the certificate's URL is not one of SNS", "certificate_url")
        topic = _TOPIC_ARN.fullmatch(optional_text(message, "TopicArn"))
        if not topic:
            raise Forged("the topic's ARN is invalid", "region")
        if url["region"] != topic["region"] or bool(url["china"]) != bool(topic["china"]):
            raise Forged("the certificate is of another region than the topic", "region")

    def _get_plaintext_to_sign(self, message: JsonObject) -> str:
        names = _SIGNED_IN_CONFIRMATION
        if message["Type"] == NOTIFICATION:
            names = tuple(name for name in _SIGNED_IN_NOTIFICATION if name in message)
        if not all(isinstance(message.get(name), str) for name in names):
            raise Forged("a signed part is missing or not a string")
        return "".join(f"{name}\n{message[name]}\n" for name in names)

    def _verify_signature(self, message: JsonObject) -> None:
        signature, text = _signature(message), _encoded(self._get_plaintext_to_sign(message))
        key = self._keys.get(message["SigningCertURL"])
        try:
            key.verify(signature, text, PKCS1v15(), _HASHES[message["SignatureVersion"]])
        except InvalidSignature:
            raise Forged("the signature does not fit") from None


def _signature(message: JsonObject) -> bytes:
    if not (text := optional_text(message, "Signature")):
        raise Forged("there is no signature")
    try:
        signature = base64.b64decode(text, validate=True)
    except ValueError:
        raise Forged("the signature is not base64") from None
    # Decoding ignores some bits of the last character: several texts decode to one signature.
    if base64.b64encode(signature).decode() != text:
        raise Forged("the signature is not base64 as SNS writes it")
    return signature


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:  # a lone surrogate, which SNS cannot have signed
        raise Forged("a signed part is not Unicode text") from None
