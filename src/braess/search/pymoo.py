"""Any algorithm of pymoo as a search: particle swarms, strategies, decomposition, direct search, and what others add to it."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, ClassVar

import numpy as np

from braess.errors import InputError, nearest
from braess.problem import Problem
from braess.search._validate import at_least
from braess.search.base import Running, Search

_SINGLE, _SEVERAL = "pymoo.algorithms.soo.nonconvex", "pymoo.algorithms.moo"
_OTHERS = frozenset({"optuna"})  # modules that only speak to other libraries


@dataclass(frozen=True)
class Pymoo(Search):
    """An algorithm of pymoo, which sees designs as points of the unit cube.

    Numbers and categories are rounded: each value has an equal cell of [0, 1]; permutations are keys that are sorted. The sum
    of violated constraints is one constraint to it. A design that was met before is not evaluated again: the algorithm is told
    what it was worth; when nothing new has come for a hundred generations, the search is over.

    Parameters
    ----------
    algorithm
        Name of a class of pymoo, such as ``PSO``, ``NelderMead`` or ``AGEMOEA``, or ``"package.module:Class"`` for one of
        somebody else.
    options
        What that class is built with.
    directions
        Reference directions for algorithms that need them, spread by energy.
    generations
        When the algorithm ends by itself, for those that plan ahead, such as ``RVEA``; 0 for never.

    References
    ----------
    Blank and Deb (2020), "pymoo: Multi-objective optimization in Python", doi:10.1109/ACCESS.2020.2990567.
    """

    name: ClassVar[str] = "pymoo"
    summary: ClassVar[str] = "any algorithm of pymoo, by name: particle swarms, decomposition, direct search and others"
    reference: ClassVar[str] = "Blank and Deb (2020), doi:10.1109/ACCESS.2020.2990567"

    algorithm: str = "PSO"
    options: Mapping[str, Any] = field(default_factory=dict)
    directions: int = 100
    generations: int = 0

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        at_least("directions", self.directions, 2)
        at_least("generations", self.generations, 0)
        known = {name for cls in self.algorithm_class().__mro__ for name in inspect.signature(cls).parameters}
        for name in self.options:
            if name not in known:
                raise InputError(f"no such option{nearest(name, known)}", field=f"options.{name}", found=self.options[name])

    def algorithm_class(self) -> type[Any]:
        """Return the class of the algorithm.

        Raises
        ------
        InputError
            There is no such class.
        """
        from pymoo.core.algorithm import Algorithm

        module, _, name = self.algorithm.rpartition(":")
        known = {} if module else dict(_known())
        try:
            found = getattr(import_module(module), name) if module else known[name]
        except (ImportError, AttributeError, KeyError):
            message = f"there is no such algorithm{nearest(self.algorithm, known)}"
            expected = f"one of {', '.join(sorted(known))}" if known else "package.module:Class"
            raise InputError(message, field="algorithm", found=self.algorithm, expected=expected) from None
        if not (isinstance(found, type) and issubclass(found, Algorithm)):
            raise InputError("this is no algorithm", field="algorithm", found=self.algorithm, expected="a class of pymoo")
        return found

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from braess.search._pymoo_any import AnyAlgorithm

        kind, several = self.algorithm_class(), len(problem.objectives) > 1
        if several and kind.__module__.startswith(_SINGLE):
            raise InputError(
                "this algorithm knows one objective", field="algorithm", found=self.algorithm, expected=f"one of {_SEVERAL}"
            )
        options = {name: np.array(value) if isinstance(value, list | tuple) else value for name, value in self.options.items()}
        if "ref_dirs" in inspect.signature(kind).parameters and "ref_dirs" not in options:
            from pymoo.util.ref_dirs import get_reference_directions

            options["ref_dirs"] = get_reference_directions("energy", len(problem.objectives), self.directions, seed=1)
        return AnyAlgorithm(problem, rng, kind, options, self.generations)


def _known() -> Iterator[tuple[str, type[Any]]]:
    """Find the algorithms of pymoo for constrained or unconstrained numbers, by name."""
    from pymoo.core.algorithm import Algorithm

    for package in (_SINGLE, _SEVERAL):
        for module in pkgutil.iter_modules(import_module(package).__path__):
            if module.name not in _OTHERS:
                for name, found in vars(import_module(f"{package}.{module.name}")).items():
                    if (
                        isinstance(found, type)
                        and issubclass(found, Algorithm)
                        and found.__module__.endswith(f".{module.name}")
                    ):
                        yield name, found
