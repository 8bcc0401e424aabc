import inspect
import types
from pathlib import Path
from typing import Any

import pytest

import suppression
from suppression import AsyncSuppressionClient, SuppressionClient, errors


def test_every_public_name_of_the_package_is_in_all() -> None:
    public = {
        name
        for name, value in vars(suppression).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }

    assert public == set(suppression.__all__)


def test_every_error_is_exported() -> None:
    defined = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and value.__module__ == errors.__name__
    }

    assert defined <= set(suppression.__all__)


def test_the_error_tree_names_every_error() -> None:
    drawn = errors.__doc__ or ""

    assert [
        name for name in suppression.__all__ if name.endswith("Error") and name not in drawn
    ] == []


def test_every_error_has_the_one_root() -> None:
    raised = [getattr(suppression, n) for n in suppression.__all__ if n.endswith("Error")]

    assert all(issubclass(error, suppression.SuppressionError) for error in raised)


def test_the_package_says_that_it_is_typed() -> None:
    assert Path(suppression.__file__).with_name("py.typed").exists()


def shape(method: Any) -> list[tuple[str, Any, Any]]:
    parameters = inspect.signature(method).parameters.values()
    return [(p.name, p.kind, p.default) for p in parameters]


@pytest.mark.parametrize(
    "name", [n for n in vars(SuppressionClient) if not n.startswith("_")] + ["__init__"]
)
def test_both_twins_have_the_same_methods(name: str) -> None:
    sync, asynchronous = getattr(SuppressionClient, name), getattr(AsyncSuppressionClient, name)

    assert shape(sync) == shape(asynchronous)


def test_what_to_do_when_unavailable_has_no_default() -> None:
    with pytest.raises(TypeError, match="when_unavailable"):
        SuppressionClient("127.0.0.1:50051")  # type: ignore[call-arg]
