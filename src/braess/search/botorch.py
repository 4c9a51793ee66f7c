"""Bayesian optimisation with Gaussian processes of BoTorch: expected improvement, with constraints and several objectives."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import ClassVar

import numpy as np

from braess.errors import InputError
from braess.problem import Problem
from braess.search._validate import at_least
from braess.search.base import Running, Search


@dataclass(frozen=True)
class BoTorch(Search):
    """Bayesian optimisation: Gaussian processes say what a design may be worth, the most promising one is evaluated.

    For followers so expensive that a study has a few hundred evaluations: a proposal takes seconds. Each objective and
    constraint has a process of its own, fitted anew after each batch to values made symmetric (Yeo and Johnson) and standard;
    those of a failed evaluation count as the worst seen. One objective: the logarithm of the expected improvement over the best
    feasible design, times the probability that all constraints are kept. Several: the expected growth of the dominated
    hypervolume. As long as nothing is feasible, the probability of being so is all that counts. No design is evaluated twice.
    Binaries, integers and categories are searched by local moves; permutations as keys that are sorted. Needs the extra
    ``bayes``.

    Parameters
    ----------
    initial
        Designs of a Latin hypercube before there is a model; 0 for two more than twice as many as there are coordinates,
        from 10 to 50.
    batch
        Designs proposed before any of them is told.
    restarts, starts
        Searches for the most promising design from the best of so many starts.

    References
    ----------
    Ament, Daulton, Eriksson, Balandat and Bakshy (2023), "Unexpected improvements to expected improvement for Bayesian
    optimization", arXiv:2310.20708. Balandat et al. (2020), "BoTorch", arXiv:1910.06403.
    """

    name: ClassVar[str] = "botorch"
    summary: ClassVar[str] = "Bayesian optimisation with Gaussian processes of BoTorch, for expensive followers"
    reference: ClassVar[str] = "Ament, Daulton, Eriksson, Balandat and Bakshy (2023), arXiv:2310.20708"

    initial: int = 0
    batch: int = 1
    restarts: int = 10
    starts: int = 512

    def __post_init__(self) -> None:
        """Check the hyper-parameters, and that BoTorch is there."""
        at_least("initial", self.initial, 0)
        at_least("batch", self.batch, 1)
        at_least("restarts", self.restarts, 1)
        at_least("starts", self.starts, self.restarts)
        if find_spec("botorch") is None:
            raise InputError("BoTorch is not installed", field="method", expected="pip install 'braess[bayes]'")

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from braess.search._botorch import BoTorchRun

        return BoTorchRun(problem, rng, self)
