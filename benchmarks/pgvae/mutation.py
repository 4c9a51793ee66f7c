"""A genetic algorithm with mutation only, as a peer on sequences: it knows the same designs and asks for as many."""

from __future__ import annotations

import numpy as np

from braess.problem import Evaluations, Problem
from braess.space import Designs

_PARENTS = 20


class MutationOnly:
    """Mutates the best designs known: each residue with probability one over their number, at least one; none twice.

    Parameters
    ----------
    problem
        With one vector of categories, to be made large.
    known, evaluations
        What it begins with.
    rng
        Where every random choice comes from.
    """

    def __init__(self, problem: Problem, known: Designs, evaluations: Evaluations, rng: np.random.Generator) -> None:
        self._space, self._rng = problem.space, rng
        self._levels = problem.space.leaves[0].variable.levels
        self._rows = np.empty((0, problem.space.width), dtype=np.int64)
        self._values = np.empty(0)
        self.tell(known, evaluations)

    def ask(self, n: int) -> Designs:
        """Return new mutants of the best."""
        parents = self._rows[np.argsort(-self._values, kind="stable")[:_PARENTS]]
        met, fresh = set(map(bytes, self._rows)), []
        while len(fresh) < n:
            child = parents[self._rng.integers(len(parents))].copy()
            changed = self._rng.random(len(child)) < 1.0 / len(child)
            changed[self._rng.integers(len(child))] = True
            child[changed] = (child[changed] + self._rng.integers(1, self._levels, int(changed.sum()))) % self._levels
            if bytes(child) not in met:
                met.add(bytes(child))
                fresh.append(child)
        return self._space.unflatten(np.array(fresh))

    def tell(self, designs: Designs, evaluations: Evaluations) -> None:
        """Learn what designs came to."""
        self._rows = np.concatenate([self._rows, self._space.flatten(designs)[0].astype(np.int64)])
        self._values = np.concatenate([self._values, evaluations.objectives[:, 0]])
