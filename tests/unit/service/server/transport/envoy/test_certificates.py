import base64
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from suppression_service.server.settings import ServiceSettings
from suppression_service.server.transport.envoy import certificates
from suppression_service.server.transport.envoy.certificates import CertificateFiles
from tests.support.authority import Authority, certify


class Renewal:
    """The files of a server's certificate, and what Envoy was given of them."""

    def __init__(self, folder: Path) -> None:
        self.given = folder / "envoy"
        self.given.mkdir()
        self.folder = folder
        files = {**certify(folder, Authority()), "tls_client_ca": folder / "clients.pem"}
        files["tls_client_ca"].write_bytes(Authority().pem)
        self.settings = ServiceSettings.model_validate(files)
        # The parent of the process writes them first.
        CertificateFiles(self.settings, self.given).write()
        self.files = CertificateFiles(self.settings, self.given)

    def shown(self) -> tuple[bytes, bytes, bytes]:
        """Return the certificate, key and authority that Envoy has."""
        certificate = self._resource("certificate")["tls_certificate"]
        trusted = self._resource("client_ca")["validation_context"]["trusted_ca"]
        found = certificate["certificate_chain"], certificate["private_key"], trusted
        return tuple(base64.b64decode(each["inline_bytes"]) for each in found)  # type: ignore[return-value]

    def whole(self) -> tuple[bytes, bytes, bytes]:
        """Return what the settings name."""
        names = "certificate.pem", "key.pem", "clients.pem"
        return tuple((self.folder / name).read_bytes() for name in names)  # type: ignore[return-value]

    def _resource(self, name: str) -> Any:
        [resource] = json.loads((self.given / f"{name}.json").read_text())["resources"]
        assert resource["name"] == name
        return resource


@pytest.fixture
def renewal(tmp_path: Path) -> Renewal:
    return Renewal(tmp_path)


def test_envoy_gets_the_files_of_the_settings_for_this_user_alone(renewal: Renewal) -> None:
    assert renewal.shown() == renewal.whole()
    for path in renewal.given.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_renewed_files_are_given_to_envoy(renewal: Renewal) -> None:
    certify(renewal.folder, Authority())
    await renewal.files.refreshing()
    assert renewal.shown() == renewal.whole()


async def test_files_renewed_while_the_process_starts_are_given_to_envoy(renewal: Renewal) -> None:
    certify(renewal.folder, Authority())
    await CertificateFiles(renewal.settings, renewal.given).refreshing()
    assert renewal.shown() == renewal.whole()


async def test_files_that_are_as_before_are_not_written_again(renewal: Renewal) -> None:
    before = [path.stat().st_ino for path in renewal.given.iterdir()]
    await renewal.files.refreshing()
    assert [path.stat().st_ino for path in renewal.given.iterdir()] == before


@pytest.mark.parametrize("file", ["certificate.pem", "key.pem", "clients.pem"])
async def test_files_that_cannot_be_used_change_nothing(renewal: Renewal, file: str) -> None:
    before = renewal.shown()
    path = renewal.folder / file
    path.write_bytes(path.read_bytes()[:100])
    await renewal.files.refreshing()
    assert renewal.shown() == before
    path.unlink()
    await renewal.files.refreshing()
    assert renewal.shown() == before


async def test_a_key_of_another_certificate_changes_nothing(renewal: Renewal) -> None:
    before = renewal.shown()
    key, _ = Authority().issue("server")
    (renewal.folder / "key.pem").write_bytes(key)
    await renewal.files.refreshing()
    assert renewal.shown() == before


async def test_files_that_change_while_they_are_checked_are_left_for_the_next_time(
    renewal: Renewal, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a certificate that is replaced by half of one after the files were read
    before, path = renewal.shown(), renewal.folder / "certificate.pem"
    certify(renewal.folder, Authority())
    check = certificates._require_usable

    def slow(settings: ServiceSettings) -> None:
        check(settings)
        path.write_bytes(path.read_bytes()[:100])

    monkeypatch.setattr(certificates, "_require_usable", slow)
    await renewal.files.refreshing()
    assert renewal.shown() == before


def test_a_process_that_is_replaced_has_the_certificate_of_the_one_before(
    renewal: Renewal,
) -> None:
    before = renewal.shown()
    (renewal.folder / "key.pem").unlink()
    renewal.files.write_for_start()
    assert renewal.shown() == before


def test_a_first_process_needs_the_files(renewal: Renewal, tmp_path: Path) -> None:
    (renewal.folder / "key.pem").unlink()
    with pytest.raises(FileNotFoundError):
        CertificateFiles(renewal.settings, tmp_path).write_for_start()
