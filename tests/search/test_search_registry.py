"""The registry: every method is found by its name, a wrong name is answered, imports stay light."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from braess.errors import InputError
from braess.search import Search, find, searches
from braess.testing import Tour

_NAMES = ["cma-es", "differential-evolution", "genetic", "local", "nsga2", "nsga3", "random"]


@pytest.mark.parametrize("name", _NAMES)
def test_each_method_is_found(name: str) -> None:
    """What a study file names must be the class with that name, frozen, with usable defaults and a reference."""
    found = find(name)
    assert issubclass(found, Search)
    assert found.name == name
    assert hash(found()) == hash(found())
    assert "doi:" in found.reference or "JMLR" in found.reference


def test_unknown_names_are_answered_with_the_nearest() -> None:
    """A misspelt method must come back with the right spelling and the list."""
    with pytest.raises(InputError, match=r"did you mean 'genetic'.*expected one of .*nsga2"):
        find("genetics")


def test_refusal_names_what_fits() -> None:
    """Asking CMA-ES for permutations must say so and point to methods that can."""
    with pytest.raises(InputError, match=r"cannot decide permutation variables.*genetic.*local.*random"):
        find("cma-es")().start(Tour(), np.random.default_rng(0))


def test_methods_are_listed_in_order() -> None:
    """Lists for people must be sorted and complete."""
    assert [name for name in searches() if name in _NAMES] == _NAMES


def test_imports_stay_light() -> None:
    """Importing the searches must not import the libraries that only some of them need."""
    modules = ", ".join(f"braess.search.{name.replace('-', '_')}" for name in _NAMES)
    heavy = ("pymoo", "cma", "scipy", "pandas")
    code = f"import sys, braess, braess.search, {modules}; print(*[m for m in {heavy} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
