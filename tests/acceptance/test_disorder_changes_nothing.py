import pytest

from tests.soak.soak import Soak, Soaked


@pytest.fixture(scope="module")
def soaked(tmp_path_factory: pytest.TempPathFactory) -> Soaked:
    """The short form of ``make soak``."""
    folder = tmp_path_factory.mktemp("soak")
    soaked, clean = (f"sqlite:///{folder}/{name}.db" for name in ("soaked", "clean"))
    soak = Soak(soaked, clean, folder / "logs", count=800, kills=1, timeout=60)
    return soak.run(seed=1)


pytestmark = pytest.mark.xdist_group("soak")


def test_the_list_is_that_of_one_clean_run_in_order(soaked: Soaked) -> None:
    assert soaked.soaked.active == soaked.clean.active


def test_the_counts_are_those_of_one_clean_run_in_order(soaked: Soaked) -> None:
    assert soaked.soaked.counts == soaked.clean.counts


def test_as_much_is_remembered_as_by_one_clean_run_in_order(soaked: Soaked) -> None:
    assert soaked.soaked.events == soaked.clean.events


def test_the_webhook_refused_nothing_sound(soaked: Soaked) -> None:
    assert soaked.refused == []
