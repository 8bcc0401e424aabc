import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from suppression_ingest.errors import Unverifiable
from suppression_ingest.sns.saved_certificates import SavedCertificates
from suppression_service.store import Store, StoreUnavailable
from suppression_service.store.signing_certificates import MAX_CERTIFICATES

URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a.pem"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 'list.db'}"
    with contextlib.closing(Store.open(url, migrate_first=True)) as store:
        yield store


def unreachable(_url: str) -> NoReturn:
    raise Unverifiable("down")


def test_a_certificate_that_was_fetched_is_known_after_a_restart(
    store: Store, certificate: bytes
) -> None:
    assert SavedCertificates(lambda _url: certificate, store)(URL) == certificate
    assert SavedCertificates(unreachable, store).known() == {URL: certificate}


def test_what_is_no_certificate_is_not_saved(store: Store) -> None:
    with pytest.raises(Unverifiable):
        SavedCertificates(lambda _url: b"<html>", store)(URL)
    assert store.signing_certificates() == {}


def test_a_certificate_of_a_stand_in_is_known_with_that_stand_in_alone(
    store: Store, certificate: bytes
) -> None:
    SavedCertificates(lambda _url: certificate, store, "http://127.0.0.1:5000")(URL)
    known = {
        endpoint: SavedCertificates(unreachable, store, endpoint).known()
        for endpoint in ("http://127.0.0.1:5000", "http://127.0.0.1:5001", "")
    }
    assert [url for url, found in known.items() if URL in found] == ["http://127.0.0.1:5000"]


def test_only_the_newest_are_kept(store: Store, certificate: bytes) -> None:
    saved = SavedCertificates(lambda _url: certificate, store)
    for number in range(MAX_CERTIFICATES + 3):
        saved(f"{URL}{number}")
    assert len(store.signing_certificates()) == MAX_CERTIFICATES
    assert f"{URL}{MAX_CERTIFICATES + 2}" in saved.known()


def test_a_database_that_is_away_keeps_no_message_from_being_verified(
    store: Store, certificate: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> NoReturn:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(Store, "save_signing_certificate", away)
    monkeypatch.setattr(Store, "signing_certificates", away)
    saved = SavedCertificates(lambda _url: certificate, store)
    assert saved(URL) == certificate
    assert saved.known() == {}
