"""Which words of DNA some proteins bind and others leave alone: complete measured tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from braess.domains.sequence.problems.base import Codes, SequenceProblem
from braess.domains.sequence.tables import ALPHABET, Affinities
from braess.errors import InputError
from braess.problem import Objective
from braess.problem.evaluations import Floats


class Binding(SequenceProblem):
    """Find words of DNA that some transcription factors bind and others do not.

    How strongly a factor binds a word was measured for every word of eight letters (protein-binding microarrays); the
    enrichment score goes from -0.5 to 0.5, and both strands count as one: a word and its reverse complement have the same.

    Parameters
    ----------
    bind, avoid
        Tables of the factors whose score is to be large, and of those whose score is to be small.

    Raises
    ------
    InputError
        There is no table, one twice, or their words are not of one length.

    References
    ----------
    Barrera et al. (2016), "Survey of variation in human transcription factors reveals prevalent DNA binding changes",
    doi:10.1126/science.aad2257.
    """

    unit = "E-score"

    def __init__(self, bind: Sequence[Affinities], avoid: Sequence[Affinities] = ()) -> None:
        self.tables = (*bind, *avoid)
        names = [table.name for table in self.tables]
        if not names or len(set(names)) != len(names):
            raise InputError("factors must be there and differ", field="bind, avoid", found=names)
        lengths = {table.length for table in self.tables}
        if len(lengths) > 1:
            raise InputError("tables of words of different lengths", field="bind, avoid", found=sorted(lengths))
        super().__init__(ALPHABET, lengths.pop(), self.tables[0].length)
        self.name = "tf-binding"
        strong = [Objective(table.name, "max", self.unit) for table in bind]
        self.objectives = (*strong, *(Objective(table.name, "min", self.unit) for table in avoid))
        self._scores = np.stack([table.scores for table in self.tables], axis=1)

    def measure(self, codes: Codes) -> Floats:
        """Return the score of each factor, ``[n, m]``."""
        places = codes @ len(ALPHABET) ** np.arange(self.longest - 1, -1, -1)
        return np.asarray(self._scores[places])

    def recompute(self, text: str) -> list[float]:
        """Look a word or its other strand up."""
        return [table.of(text) for table in self.tables]

    def describe(self) -> dict[str, Any]:
        """Describe the problem as plain data."""
        factors = [(objective.name, objective.sense) for objective in self.objectives]
        return super().describe() | {"factors": dict(factors)}
