import pytest

from tests.support.reference import PARTS, written


@pytest.mark.parametrize(("page", "part"), PARTS)
def test_the_reference_says_what_the_program_says(page: str, part: str) -> None:
    assert written(page, part) == PARTS[page, part](), "run 'make reference'"
