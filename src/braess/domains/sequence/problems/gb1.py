"""Four sites of a protein: nearly every variant was measured."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from braess.domains.sequence.problems.base import Codes, SequenceProblem
from braess.domains.sequence.tables import AMINO_ACIDS
from braess.problem import Objective
from braess.problem.evaluations import Floats


class GB1(SequenceProblem):
    """Find the variant of protein GB1, changed at four sites, that folds and binds best.

    A rugged landscape with few good designs: three quarters of the variants have less than a thousandth of the best fitness.

    Parameters
    ----------
    fitness
        Of variants, by their four letters, as `braess.domains.sequence.load_gb1` reads it. The 10,639 that were not measured
        count as 0, as is usual.

    References
    ----------
    Wu, Dai, Olson, Lloyd-Smith and Sun (2016), "Adaptation in protein fitness landscapes is facilitated by indirect paths",
    doi:10.7554/eLife.16965.
    """

    unit = "wild types"

    def __init__(self, fitness: Mapping[str, float]) -> None:
        super().__init__(AMINO_ACIDS, 4, 4)
        self.name = "gb1"
        self.objectives = (Objective("fitness", "max", self.unit),)
        self.fitness = dict(fitness)
        self._table = np.zeros((len(AMINO_ACIDS),) * 4)
        places = np.array([[AMINO_ACIDS.index(letter) for letter in variant] for variant in self.fitness])
        self._table[tuple(places.T)] = list(self.fitness.values())

    def measure(self, codes: Codes) -> Floats:
        """Return the fitness ``[n, 1]``."""
        return np.asarray(self._table[tuple(codes.T)][:, None])

    def recompute(self, text: str) -> list[float]:
        """Look a variant up."""
        return [self.fitness.get(text, 0.0)]
