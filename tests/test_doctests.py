"""The examples in docstrings are run: what readers copy must work."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import braess.problem
import braess.search
import braess.space
import braess.testing
import braess.trace

_PACKAGES = (braess.space, braess.problem, braess.search, braess.testing, braess.trace)
_ROAD = ("skims", "paths", "select_link")
_MODULES = sorted(
    module.name for package in _PACKAGES for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
) + [f"braess.domains.road.equilibrium.{name}" for name in _ROAD]


@pytest.mark.parametrize("name", _MODULES)
def test_examples_run(name: str) -> None:
    """An example that prints something else than it shows is worse than none."""
    failed, _ = doctest.testmod(importlib.import_module(name))
    assert failed == 0


def test_there_are_examples() -> None:
    """If the examples were not found, the test above would prove nothing."""
    found = [doctest.DocTestFinder().find(importlib.import_module(name)) for name in _MODULES]
    assert sum(bool(example.examples) for examples in found for example in examples) >= 4
