import itertools
import ssl
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from suppression_ingest.webhook.tls import TlsFiles
from tests.support.authority import Authority

AGAIN = "TLS certificate reloaded"
UNUSABLE = "TLS files unusable; keeping the certificate"


class Site:
    """The files of a webhook, and the context that it listens with."""

    def __init__(self, folder: Path) -> None:
        self.certificate = folder / "chain.pem"
        self.key = folder / "key.pem"
        self.renew(Authority())
        self.files = TlsFiles(self.certificate, self.key)
        self.listening = self.files.listening()

    def renew(self, authority: Authority) -> None:
        key, certificate = authority.issue("webhook")
        self.key.write_bytes(key)
        self.certificate.write_bytes(certificate)

    def look(self) -> list[Any]:
        """Have the files looked at; return what is logged."""
        with capture_logs() as logged:
            self.files.reload()
        return [line["event"] for line in logged]

    def shown(self, name: str | None = None) -> bytes:
        """Return the certificate that a peer is shown, PEM."""
        trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
        peer = trusting.wrap_bio(back, there, server_hostname=name)
        ends = itertools.cycle([peer, self.listening.wrap_bio(there, back, server_side=True)])
        while peer.version() is None or peer.getpeercert(binary_form=True) is None:
            try:
                next(ends).do_handshake()
            except ssl.SSLWantReadError:
                continue
        return ssl.DER_cert_to_PEM_cert(peer.getpeercert(binary_form=True) or b"").encode()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.mark.parametrize("name", [None, "feedback.example.com"])
def test_new_handshakes_show_a_renewed_certificate(site: Site, name: str | None) -> None:
    before = site.shown(name)
    site.renew(Authority())
    assert site.look() == [AGAIN]
    assert site.shown(name) == site.certificate.read_bytes() != before


def test_the_certificate_in_use_is_told(site: Site) -> None:
    site.renew(Authority())
    assert site.files.chain() == site.shown()
    site.look()
    assert site.files.chain() == site.shown()


def test_files_that_are_as_before_are_left_alone(site: Site) -> None:
    assert site.look() == []


@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN CERT"])
@pytest.mark.parametrize("file", ["chain.pem", "key.pem"])
def test_a_file_that_is_half_written_is_told_once_and_changes_nothing(
    site: Site, tmp_path: Path, file: str, content: bytes | None
) -> None:
    # given a file that is gone, or does not hold all that it will
    before = site.shown()
    (tmp_path / file).unlink()
    if content is not None:
        (tmp_path / file).write_bytes(content)
    # when it is looked at, then peers are shown what they were
    assert site.look() + site.look() == [UNUSABLE]
    assert site.shown() == before == site.files.chain()


def test_a_certificate_waits_for_its_key(site: Site) -> None:
    # given a new certificate beside the old key
    before, old_key = site.shown(), site.key.read_bytes()
    site.renew(Authority())
    new_key = site.key.read_bytes()
    site.key.write_bytes(old_key)
    assert site.look() == [UNUSABLE]
    assert site.shown() == before
    # when the key comes too
    site.key.write_bytes(new_key)
    # then both are in use
    assert site.look() == [AGAIN]
    assert site.shown() == site.certificate.read_bytes()
