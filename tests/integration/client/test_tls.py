from collections.abc import Callable
from typing import Any

import grpc
import pytest

from suppression import Tls, UnavailableError, WhenUnavailable
from tests.support.authority import Authority

ClientOf = Callable[..., Any]


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
