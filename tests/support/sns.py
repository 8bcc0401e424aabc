"""A fake of SNS that signs, serves certificates and confirms subscriptions.

For tests of the webhook. moto also signs and delivers notifications, but it sends no
confirmations, and serves no certificate but its own.
"""

import base64
import datetime as dt
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qs

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from suppression_ingest.ses import EVENT_PUBLISHING_SET_UP

HOST: Final = "sns.eu-west-1.amazonaws.com"
TOPIC: Final = "arn:aws:sns:eu-west-1:123456789012:feedback"

Json = dict[str, Any]

_CONFIRMED: Final = f"""<ConfirmSubscriptionResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">
<ConfirmSubscriptionResult><SubscriptionArn>{TOPIC}:1</SubscriptionArn></ConfirmSubscriptionResult>
<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>
</ConfirmSubscriptionResponse>"""


class Listener:
    """An HTTP server on 127.0.0.1 that records its requests."""

    def __init__(self) -> None:
        #: Method, host and path of every request.
        self.asked: list[tuple[str, str, str]] = []
        #: The posted forms.
        self.forms: list[dict[str, str]] = []
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def netloc(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        return f"http://{self.netloc}"

    def answer(self, _method: str, _path: str) -> tuple[int, bytes, dict[str, str]]:
        """Return status, content and headers of an answer."""
        return 200, b"", {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class Sns(Listener):
    """Signs as SNS does, and serves the certificates and the API."""

    def __init__(self, redirect_to: str = "") -> None:
        super().__init__()
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._pem = _certificate(self._key)
        self._other_pem = _certificate(
            rsa.generate_private_key(public_exponent=65537, key_size=2048)
        )
        self._redirect_to = redirect_to
        self.name = secrets.token_hex(16)

    @property
    def certificate_url(self) -> str:
        return f"https://{HOST}/SimpleNotificationService-{self.name}.pem"

    @property
    def swapped_url(self) -> str:
        """The URL of a valid certificate for another key."""
        return f"https://{HOST}/SimpleNotificationService-5a5a.pem"

    @property
    def redirecting_url(self) -> str:
        return f"https://{HOST}/SimpleNotificationService-30f2.pem"

    @property
    def environment(self) -> dict[str, str]:
        """Variables that make ingest use this server for SNS."""
        return {
            "SUPPRESSION_CERTIFICATE_ENDPOINT": self.url,
            "SUPPRESSION_TOPIC_ARNS": TOPIC,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def answer(self, method: str, path: str) -> tuple[int, bytes, dict[str, str]]:
        if method == "POST":
            return 200, _CONFIRMED.encode(), {"Content-Type": "text/xml"}
        if path.endswith("-30f2.pem"):
            return 302, b"", {"Location": self._redirect_to}
        return 200, self._other_pem if path.endswith("-5a5a.pem") else self._pem, {}

    def signed(self, message: str = EVENT_PUBLISHING_SET_UP, **members: str) -> Json:
        """Return a notification; members replace its own before it is signed."""
        envelope = {
            "Type": "Notification",
            "MessageId": "11111111-2222-3333-4444-555555555555",
            "TopicArn": TOPIC,
            "Message": message,
            "Timestamp": dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"),
            "SignatureVersion": "2",
            "SigningCertURL": self.certificate_url,
        } | members
        names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
        text = "".join(f"{name}\n{envelope[name]}\n" for name in names if name in envelope)
        signature = self._key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return envelope | {"Signature": base64.b64encode(signature).decode()}

    def confirmation(self, **members: str) -> Json:
        """Return a request to confirm a subscription."""
        own = {
            "Type": "SubscriptionConfirmation",
            "Token": secrets.token_hex(16),
            "SubscribeURL": f"https://{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}",
        }
        return self.signed("You have chosen to subscribe", **(own | members))

    @property
    def confirmed(self) -> list[tuple[str, str]]:
        """Topic and token of every subscription that was confirmed."""
        calls = [form for form in self.forms if form.get("Action") == "ConfirmSubscription"]
        return [(form["TopicArn"], form["Token"]) for form in calls]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, listener: Listener) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.listener = listener


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.server.listener.forms.append({k: v[0] for k, v in parse_qs(body).items()})
        self._answer("POST")

    def _answer(self, method: str) -> None:
        listener = self.server.listener
        listener.asked.append((method, self.headers.get("Host", ""), self.path))
        status, content, headers = listener.answer(method, self.path)
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def _certificate(key: rsa.RSAPrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.test")])
    day = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(day)
        .not_valid_after(day + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)
