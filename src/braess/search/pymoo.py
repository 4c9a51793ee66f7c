"""Any algorithm of pymoo as a search: particle swarms, strategies, decomposition, direct search, and what others add to it."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, ClassVar

import numpy as np

from braess.errors import InputError, nearest
from braess.problem import Problem
from braess.search._foreign import foreign_class
from braess.search._validate import at_least
from braess.search.base import Running, Search

_SINGLE, _SEVERAL = "pymoo.algorithms.soo.nonconvex", "pymoo.algorithms.moo"
_OTHERS = frozenset({"optuna"})  # modules that only speak to other libraries
_SWARM, _FRONT = "PSO", "AGEMOEA"  # where no algorithm is named: for one objective, for several


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
        somebody else. Left out: ``PSO`` for one objective, ``AGEMOEA`` for several.
    options
        What that class is built with; where no algorithm is named, what both know.
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

    algorithm: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    directions: int = 100
    generations: int = 0

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        at_least("directions", self.directions, 2)
        at_least("generations", self.generations, 0)
        options = set.intersection(*(_options(self.algorithm_class(several)) for several in (False, True)))
        for name in self.options:
            if name not in options:
                raise InputError(f"no such option{nearest(name, options)}", field=f"options.{name}", found=self.options[name])

    def algorithm_class(self, several: bool) -> type[Any]:
        """Return the class of the algorithm, for several objectives or one.

        Raises
        ------
        InputError
            There is no such class, or it is no algorithm.
        """
        from pymoo.core.algorithm import Algorithm

        name = self.algorithm or (_FRONT if several else _SWARM)
        return foreign_class("algorithm", name, known(_SINGLE) | known(_SEVERAL), Algorithm)

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from braess.search._pymoo_any import AnyAlgorithm

        several = len(problem.objectives) > 1
        kind = self.algorithm_class(several)
        if several and kind.__module__.startswith(_SINGLE):
            expected = f"one of {', '.join(sorted(known(_SEVERAL)))}"
            raise InputError("this algorithm knows one objective", field="algorithm", found=self.algorithm, expected=expected)
        options = {name: np.array(value) if isinstance(value, list | tuple) else value for name, value in self.options.items()}
        if "ref_dirs" in inspect.signature(kind).parameters and "ref_dirs" not in options:
            from pymoo.util.ref_dirs import get_reference_directions

            options["ref_dirs"] = get_reference_directions("energy", len(problem.objectives), self.directions, seed=1)
        return AnyAlgorithm(problem, rng, kind, options, self.generations)


def known(package: str) -> dict[str, type[Any]]:
    """Return the algorithms in a package of pymoo by name."""
    from pymoo.core.algorithm import Algorithm

    names = [module.name for module in pkgutil.iter_modules(import_module(package).__path__) if module.name not in _OTHERS]
    return {
        name: found
        for module in (import_module(f"{package}.{name}") for name in names)
        for name, found in vars(module).items()
        if isinstance(found, type) and issubclass(found, Algorithm) and found.__module__ == module.__name__
    }


def _options(kind: type[Any]) -> set[str]:
    return {name for cls in kind.__mro__ for name in inspect.signature(cls).parameters}
