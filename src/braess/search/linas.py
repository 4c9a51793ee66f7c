"""LINAS: measure a few designs, learn to predict them, let another search run on predictions, measure what it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from braess.errors import InputError
from braess.problem import Problem
from braess.search._proposing import Proposing
from braess.search._validate import at_least
from braess.search.base import Running

if TYPE_CHECKING:
    from braess.learn.predictors import Predictor


@dataclass(frozen=True)
class LINAS(Proposing):
    """A predictor in the loop: any search, any predictor of designs, in turns with exact measurements.

    The first designs are spread over the space. In each later round the predictor learns from all designs measured so far what
    each constraint comes to and how each objective ranks (normal scores, so that a few very bad designs do not outweigh the
    others), another search starts afresh on predictions, and the best of all that it has seen are measured next: with
    several objectives those that no other predicted or measured design dominates, spread along the front. No design is
    measured twice, and every one that is reported is measured. Worth it where an evaluation takes much longer than the
    second or so in which a round is thought out: a network that is trained, a large road network. Needs the extra ``learn``.

    Parameters
    ----------
    population
        Designs measured in a round.
    predictor
        ``"ridge"``, ``"kernel-ridge"`` (linear or with a Gaussian kernel, whichever foretells designs left out better),
        ``"boosted-trees"``, ``"mlp"``, or ``"graph"`` where a follower can be learned; see `braess.learn.predictors`.
    predictor_options
        Its hyper-parameters.
    search
        Name of the search on predictions; left out: ``genetic`` for one objective, ``nsga2`` for several.
    options
        Its hyper-parameters; where it is not named, what both of these have.
    predicted
        Designs that it may have predicted in a round.

    References
    ----------
    Sarah, Cummings, Sridhar, Sundaresan, Szankin, Webb and Muñoz (2022), "A hardware-aware system for accelerating deep neural
    network optimization", arXiv:2202.12954. There predictors learn values, and the last population of the inner search is
    measured, whatever was measured before.
    """

    name: ClassVar[str] = "linas"
    summary: ClassVar[str] = "any search on predictions learned from measured designs, in turns with measurements"
    reference: ClassVar[str] = "Sarah et al. (2022), arXiv:2202.12954"

    population: int = 50
    predictor: str = "kernel-ridge"
    predictor_options: Mapping[str, Any] = field(default_factory=dict)
    predicted: int = 5000

    def __post_init__(self) -> None:
        """Check the hyper-parameters, those of the predictor and of the inner search among them."""
        at_least("population", self.population, 1)
        at_least("predicted", self.predicted, self.population)
        super().__post_init__()
        self.learner()

    def learner(self) -> Predictor:
        """Return the predictor; raises `InputError` where there is no such one, or a package is missing."""
        try:
            from braess.learn.predictors import build_predictor
        except ImportError as error:
            expected = "pip install 'braess[learn]'"
            raise InputError(f"predictors need a package: {error}", field="method", expected=expected) from None
        return build_predictor(self.predictor, self.predictor_options)

    def require_fit(self, problem: Problem) -> None:
        """Refuse a problem that this, the inner search or the predictor cannot handle."""
        super().require_fit(problem)
        reason = self.learner().refusal(problem)
        if reason is not None:
            raise InputError(f"{self.predictor!r} {reason}", field="predictor", found=self.predictor)

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from braess.search._linas import LINASRun

        return LINASRun(problem, rng, self, self.learner())
