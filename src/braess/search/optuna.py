"""Any sampler of Optuna as a search: Parzen trees, Gaussian processes, quasi-random sequences, and what others add to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from braess.errors import InputError
from braess.problem import Problem
from braess.search._foreign import foreign_class
from braess.search._validate import at_least
from braess.search.base import Running, Search


@dataclass(frozen=True)
class Optuna(Search):
    """A sampler of Optuna, asked for one design after another.

    Conditional variables are only suggested where they are decided; permutations are suggested as keys that are sorted.
    Constraints are told to samplers that know them (``TPESampler``, ``GPSampler``, ``NSGAIISampler``, ``NSGAIIISampler``);
    to others a design that breaks one is a trial that failed. A design that was met before is never asked for again: the
    sampler is told what it was worth, and after some such suggestions a random design takes its place. Needs the extra
    ``bayes``.

    Parameters
    ----------
    sampler
        Name of a class in ``optuna.samplers``, or ``"package.module:Class"`` for one of somebody else.
    options
        What that class is built with; its seed comes from the study.
    batch
        Designs suggested before any of them is told: as many workers have something to do.

    References
    ----------
    Akiba, Sano, Yanase, Ohta and Koyama (2019), "Optuna: a next-generation hyperparameter optimization framework",
    doi:10.1145/3292500.3330701.
    """

    name: ClassVar[str] = "optuna"
    summary: ClassVar[str] = "any sampler of Optuna, by name: Parzen trees, Gaussian processes and others"
    reference: ClassVar[str] = "Akiba, Sano, Yanase, Ohta and Koyama (2019), doi:10.1145/3292500.3330701"

    sampler: str = "TPESampler"
    options: Mapping[str, Any] = field(default_factory=dict)
    batch: int = 1

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        at_least("batch", self.batch, 1)
        self.sampler_class()

    def sampler_class(self) -> type[Any]:
        """Return the class of the sampler.

        Raises
        ------
        InputError
            Optuna is not installed, or there is no such class.
        """
        try:
            from optuna import samplers
        except ImportError:
            raise InputError("Optuna is not installed", field="method", expected="pip install 'braess[bayes]'") from None
        known = {name: getattr(samplers, name) for name in dir(samplers) if name.endswith("Sampler")}
        return foreign_class("sampler", self.sampler, known, samplers.BaseSampler)

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from braess.search._optuna import OptunaRun

        return OptunaRun(problem, rng, self.sampler_class(), dict(self.options), self.batch)
