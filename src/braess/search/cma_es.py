"""CMA-ES: evolution strategy with covariance matrix adaptation, for one objective on numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from braess.problem import Evaluations, Problem
from braess.search._generations import Generations, scores
from braess.search._validate import at_least, between
from braess.search.base import Running, Search
from braess.space import Designs

_LEAST_DIMENSIONS = 2  # the library does not do one-dimensional problems; a coordinate that means nothing is added
_GROWTH = 2  # factor of the population at each restart (Auger and Hansen 2005)
_LARGEST = 64  # times the first population: no restart grows beyond
_FLAT = 1e-12  # relative spread of a generation's objectives that ends a run


@dataclass(frozen=True)
class CMAES(Search):
    """CMA-ES in the unit cube, restarted with twice the population when it has converged (IPOP).

    Only the order of the designs matters to it: first by violation, then by objective, so constraints need no penalty.
    Integers and binaries are rounded: each value has an equal cell of [0, 1], and steps smaller than a cell change
    nothing; prefer `local` or `genetic` where most decisions are discrete. Categories, permutations and conditional
    variables are refused. Use it for ill-conditioned problems of up to about a hundred reals.

    Parameters
    ----------
    sigma
        First standard deviation, as a share of the range of each variable.
    population
        Designs in a generation of the first run; 0 stands for the recommended 4 + 3 ln(width).

    References
    ----------
    Hansen and Ostermeier (2001), "Completely derandomized self-adaptation in evolution strategies",
    doi:10.1162/106365601750190398. Restarts: Auger and Hansen (2005), doi:10.1109/CEC.2005.1554902.
    """

    name: ClassVar[str] = "cma-es"
    summary: ClassVar[str] = "CMA-ES with growing restarts for one objective, numbers only"
    reference: ClassVar[str] = "Hansen and Ostermeier (2001), doi:10.1162/106365601750190398"
    kinds: ClassVar[frozenset[str]] = frozenset({"real", "integer", "binary"})
    conditional: ClassVar[bool] = False
    objectives: ClassVar[Literal["one", "many", "any"]] = "one"

    sigma: float = 0.25
    population: int = 0

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        between("sigma", self.sigma, 1e-6, 1.0)
        if self.population != 0:
            at_least("population", self.population, 4)

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        dimensions = max(_LEAST_DIMENSIONS, problem.space.width)
        return _CMARun(problem, rng, self.sigma, self.population or 4 + int(3 * np.log(dimensions)))


class _CMARun(Generations):
    def __init__(self, problem: Problem, rng: np.random.Generator, sigma: float, population: int) -> None:
        super().__init__(problem, rng)
        self._sigma = sigma
        self._first_population = population
        self._population = population
        self._strategy = self._begin(np.full(self._dimensions, 0.5))
        self._positions: list[Any] = []

    @property
    def _dimensions(self) -> int:
        return max(_LEAST_DIMENSIONS, self.space.width)

    def _begin(self, centre: Any) -> Any:
        import cma  # type: ignore[import-untyped]

        options = {
            "bounds": [0.0, 1.0],
            "popsize": self._population,
            "randn": self._normal,
            "seed": np.nan,
            "verbose": -9,
            "tolfun": 0.0,
            "tolfunhist": 0.0,
            "tolfunrel": 0.0,
            "tolstagnation": np.inf,
            "tolflatfitness": np.inf,
        }
        return cma.CMAEvolutionStrategy(centre, self._sigma, options)

    def _normal(self, *shape: int) -> Any:
        return self.rng.standard_normal(shape)

    def _next(self) -> Designs:
        self._positions = self._strategy.ask()
        return self.repaired(self.space.from_unit(np.array(self._positions)[:, : self.space.width]))

    def _learn(self, evaluations: Evaluations) -> None:
        violations, objectives = scores(evaluations, self.signs)
        pairs = np.stack([violations, objectives[:, 0]], axis=1)
        _, ranks = np.unique(pairs, axis=0, return_inverse=True)
        self._strategy.tell(self._positions, ranks.ravel().astype(np.float64).tolist())
        if self._strategy.stop() or _flat(pairs):
            self._population = min(self._population * _GROWTH, self._first_population * _LARGEST)
            self._strategy = self._begin(self.rng.random(self._dimensions))


def _flat(pairs: Any) -> bool:
    """Tell whether all of a generation are feasible and as good as equal, or all infeasible to the same degree."""
    low, high = pairs.min(axis=0), pairs.max(axis=0)
    if not np.isfinite(high).all():
        return bool((low == high).all())
    return bool(low[0] == high[0] and high[1] - low[1] <= _FLAT * max(1e-12, abs(low[1]), abs(high[1])))
