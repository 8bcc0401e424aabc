import pytest


@pytest.mark.xdist_group("one worker")
def test_tests_of_a_group_go_to_one_worker(request: pytest.FixtureRequest) -> None:
    # pytest-xdist tells by the end of their names which tests belong together.
    grouping = request.config.getoption("loadgroup", default=False)
    assert request.node.nodeid.endswith("@one worker") == grouping
