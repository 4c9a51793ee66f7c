"""CBO: consensus-based optimisation, particles that move towards where most of them would be if only the best counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from braess.problem import Problem
from braess.search._validate import at_least, between, one_of, positive
from braess.search.base import Running, Search


@dataclass(frozen=True)
class CBO(Search):
    """Consensus-based optimisation in the unit cube: a weighted mean of all particles draws them, noise makes them explore.

    Weights are ``exp(-alpha * objective)``, so the mean is near the best particles. The farther a particle is from it, the
    more noise it gets; where all agree a run ends, and another one starts at random. Values are all it needs, a whole
    population at a time. Integers and binaries are rounded: each value has an equal cell of [0, 1]. Designs that break
    constraints weigh less than all that keep them. Use it for rugged problems of a few reals whose basins it should leave;
    `cma-es` is the first choice where they are ill-conditioned or more than some ten.

    Parameters
    ----------
    particles
        Evaluated in each step.
    noise
        ``"anisotropic"``: in each coordinate by the distance in it; ``"isotropic"``: in all by the whole distance;
        ``"hopping"``: all particles are drawn anew around the consensus.
    drift, sigma, step
        Rates of drift and noise, and size of a time step; drift times step is how much of its way to the consensus a particle
        goes. Not for hopping.
    width, shrinking
        Standard deviation of hopping, as a share of each range, and what it is multiplied by in each step.
    alpha
        Of the weights, per unit of the objective; 0 chooses it in each step by how many particles are to count.
    effective
        Share of the particles that count (effective sample size); only where ``alpha`` is 0.

    References
    ----------
    Riedl, Klock, Geldhauser and Fornasier (2023), "Gradient is all you need? How consensus-based optimization can be
    interpreted as a stochastic relaxation of gradient descent", arXiv:2306.09778. Anisotropic noise: Carrillo, Jin, Li and Zhu
    (2021), doi:10.1051/cocv/2020046.
    """

    name: ClassVar[str] = "cbo"
    summary: ClassVar[str] = "consensus-based optimisation for one objective, numbers only"
    reference: ClassVar[str] = "Riedl, Klock, Geldhauser and Fornasier (2023), arXiv:2306.09778"
    kinds: ClassVar[frozenset[str]] = frozenset({"real", "integer", "binary"})
    conditional: ClassVar[bool] = False
    objectives: ClassVar[Literal["one", "many", "any"]] = "one"

    particles: int = 40
    noise: Literal["anisotropic", "isotropic", "hopping"] = "anisotropic"
    drift: float = 1.0
    sigma: float = 1.0
    step: float = 1.0
    width: float = 0.2
    shrinking: float = 0.97
    alpha: float = 0.0
    effective: float = 0.1

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        at_least("particles", self.particles, 2)
        one_of("noise", self.noise, ("anisotropic", "isotropic", "hopping"))
        positive("drift", self.drift)
        between("sigma", self.sigma, 0.0, 100.0)
        positive("step", self.step)
        between("drift * step", self.drift * self.step, 0.0, 1.0)
        positive("width", self.width)
        between("shrinking", self.shrinking, 0.1, 1.0)
        between("alpha", self.alpha, 0.0, 1e300)
        between("effective", self.effective, 1.0 / self.particles, 1.0)

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from braess.search._consensus import ConsensusRun

        return ConsensusRun(problem, rng, self)
