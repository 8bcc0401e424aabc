import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from deploy.local.aws import free_port
from suppression_ingest.errors import Unverifiable
from suppression_ingest.sns.certificates import MAX_CERTIFICATE, CertificateFetcher

URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123.pem"


class Host(HTTPServer):
    """Answers every request with what a test has prepared."""

    status = 200
    content = b"certificate"
    asked: list[tuple[str, str | None]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Host

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Host"]))
        self.send_response(self.server.status)
        self.send_header("Location", f"{self.server.url}/elsewhere")
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        self.wfile.write(self.server.content)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def host() -> Iterator[Host]:
    with Host(("127.0.0.1", 0), _Handler) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_certificate_comes_from_the_endpoint_under_its_own_name(host: Host) -> None:
    with CertificateFetcher(host.url) as fetch:
        assert fetch(URL) == b"certificate"
    assert host.asked == [("/SimpleNotificationService-0123.pem", "sns.eu-west-1.amazonaws.com")]


def test_a_certificate_of_the_endpoints_own_comes_from_its_own_url(host: Host) -> None:
    with CertificateFetcher(host.url) as fetch:
        assert fetch(f"{host.url}/_aws/sns/SimpleNotificationService-0123.pem") == b"certificate"
    [(path, name)] = host.asked
    assert (path, f"http://{name}") == (
        "/_aws/sns/SimpleNotificationService-0123.pem",
        host.url,
    )


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(host: Host, status: int) -> None:
    host.status = status
    with CertificateFetcher(host.url) as fetch, pytest.raises(Unverifiable):
        fetch(URL)
    assert len(host.asked) == 1


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_an_error_is_no_certificate(host: Host, status: int) -> None:
    host.status = status
    with CertificateFetcher(host.url) as fetch, pytest.raises(Unverifiable):
        fetch(URL)


def test_something_large_is_no_certificate(host: Host) -> None:
    host.content = b"x" * (MAX_CERTIFICATE + 1)
    with CertificateFetcher(host.url) as fetch, pytest.raises(Unverifiable):
        fetch(URL)


def test_a_host_that_is_away_cannot_verify_now() -> None:
    with (
        CertificateFetcher(f"http://127.0.0.1:{free_port()}") as fetch,
        pytest.raises(Unverifiable),
    ):
        fetch(URL)
