import datetime
import ipaddress
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from suppression import Tls, UnavailableError, WhenUnavailable

ClientOf = Callable[..., Any]


class Authority:
    """A certificate authority for one test."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "authority")])
        own = self._draft(self._name, self._key.public_key()).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.pem = self._signed(own)

    def issue(self, name: str) -> tuple[bytes, bytes]:
        """Return the key and the certificate of a party on 127.0.0.1."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        certificate = self._draft(subject, key.public_key()).add_extension(here, critical=False)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return pem, self._signed(certificate)

    def _draft(self, subject: x509.Name, key: Any) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=1))
        )

    def _signed(self, draft: x509.CertificateBuilder) -> bytes:
        return draft.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


async def test_a_trusted_server_is_asked_through_tls(
    client_of: ClientOf, serve: Any, authority: Authority
) -> None:
    service = await serve(grpc.ssl_server_credentials([authority.issue("server")]))
    client = client_of(service.address, tls=Tls(ca=authority.pem), token="t0ken")

    assert (await client.check("a@example.com")).send


async def test_a_server_that_nobody_vouches_for_is_not_asked(
    client_of: ClientOf, serve: Any, authority: Authority
) -> None:
    service = await serve(grpc.ssl_server_credentials([authority.issue("server")]))
    client = client_of(
        service.address, tls=Tls(ca=Authority().pem), when_unavailable=WhenUnavailable.RAISE
    )

    with pytest.raises(UnavailableError):
        await client.check("a@example.com")

    assert service.requests == []


async def test_a_client_shows_its_certificate(
    client_of: ClientOf, serve: Any, authority: Authority
) -> None:
    service = await serve(
        grpc.ssl_server_credentials([authority.issue("server")], authority.pem, True)
    )
    key, cert = authority.issue("client")
    client = client_of(service.address, tls=Tls(ca=authority.pem, cert=cert, key=key))

    assert (await client.check("a@example.com")).send


async def test_a_server_that_wants_a_certificate_is_unavailable_without(
    client_of: ClientOf, serve: Any, authority: Authority
) -> None:
    service = await serve(
        grpc.ssl_server_credentials([authority.issue("server")], authority.pem, True)
    )

    check = await client_of(service.address, tls=Tls(ca=authority.pem)).check("a@example.com")

    assert not check.answered
