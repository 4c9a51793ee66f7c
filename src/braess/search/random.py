"""Random search: the yardstick that every other method must beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from braess.problem import Evaluations, Problem
from braess.search._generations import Generations
from braess.search._validate import at_least, one_of
from braess.search.base import Running, Search
from braess.space import Designs, Over, every_design

_LISTED = 50_000  # spaces of at most so many designs are listed and shuffled, larger ones are drawn from
_REMEMBERED = 1_000_000  # designs remembered so as not to ask for them again
_FRUITLESS = 200  # blocks in a row without a new design after which there is none left to find


@dataclass(frozen=True)
class Random(Search):
    """Random designs, none twice, repaired where the problem can; ends when a finite space is exhausted.

    Use it as the baseline of a comparison, and to fill the record that a surrogate is trained on.

    Parameters
    ----------
    block
        Designs drawn at a time.
    over
        What is drawn evenly in a conditional space. ``"variables"``: each variable that is decided among its values, so that
        an option that opens few designs comes as often as one that opens many; ``"designs"``: all designs alike.

    References
    ----------
    Bergstra and Bengio (2012), "Random search for hyper-parameter optimization", JMLR 13, 281–305.

    Examples
    --------
    >>> import numpy as np
    >>> from braess.search.random import Random
    >>> from braess.testing import Knapsack
    >>> running = Random().start(Knapsack(), np.random.default_rng(0))
    >>> len(running.ask(10))
    10
    """

    name: ClassVar[str] = "random"
    summary: ClassVar[str] = "uniform random designs, none twice: the baseline"
    reference: ClassVar[str] = "Bergstra and Bengio (2012), JMLR 13, 281-305"

    block: int = 256
    over: Over = "variables"

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        at_least("block", self.block, 1)
        one_of("over", self.over, ("variables", "designs"))

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        return _RandomRun(problem, rng, self)


class _RandomRun(Generations):
    def __init__(self, problem: Problem, rng: np.random.Generator, settings: Random) -> None:
        super().__init__(problem, rng)
        self._block, self._over_what = settings.block, settings.over
        self._seen: set[bytes] = set()
        self._listed: Designs | None = None
        if self.space.cardinality <= _LISTED:
            everything = every_design(self.space)
            even = settings.over == "designs" or not self.space.conditional
            self._listed = everything.take(rng.permutation(len(everything)) if even else _drawn_order(everything, rng))

    def _next(self) -> Designs:
        for _ in range(_FRUITLESS):
            block = self._draw()
            if len(block) == 0 or len(self._seen) >= self.space.cardinality:
                break
            fresh = self._unseen(self.repaired(block))
            if len(fresh):
                return fresh
        return self.space.concatenate([])

    def _draw(self) -> Designs:
        if self._listed is None:
            return self.space.sample(self._block, self.rng, self._over_what)
        block, self._listed = self._listed.take(slice(0, self._block)), self._listed.take(slice(self._block, None))
        return block

    def _unseen(self, designs: Designs) -> Designs:
        rows = []
        for i, key in enumerate(designs.hashes()):
            if key not in self._seen:
                rows.append(i)
                if len(self._seen) < _REMEMBERED:
                    self._seen.add(key)
        return designs.take(np.array(rows, dtype=np.int64))

    def _learn(self, evaluations: Evaluations) -> None:
        """Learn nothing: the next designs do not depend on these."""


def _drawn_order(designs: Designs, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return the order ``[n]`` in which draws that are even over variables first meet all designs of a space.

    Draws without replacement are the order of logarithms of probabilities with Gumbel noise (Yellott 1977,
    doi:10.1016/0022-2496(77)90026-8).
    """
    active = designs.active
    logarithms = -sum(leaf.variable.log_number * active[leaf.path] for leaf in designs.space.leaves)
    return np.argsort(-(logarithms + rng.gumbel(size=len(designs))), kind="stable")
