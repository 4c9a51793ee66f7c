"""A problem that remembers what was evaluated."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

import numpy as np

from braess.errors import InputError
from braess.problem.capabilities import Canonical, capability
from braess.problem.evaluations import Evaluations
from braess.problem.lock import Lock
from braess.problem.problem import Problem
from braess.problem.wrappers import Wrapper
from braess.space import Designs


def identities(problem: Problem, designs: Designs) -> list[bytes]:
    """Return 16 bytes for each of ``n`` designs, equal for designs that the problem holds to be the same (`Canonical`)."""
    same = capability(problem, Canonical)  # type: ignore[type-abstract]
    return (designs if same is None else same.canonical(designs)).hashes()


class Cached(Wrapper):
    """Remembers evaluations by design, so that a design asked for again costs nothing.

    Where the problem knows which designs are the same (`Canonical`), it is asked once for all of them. Failed evaluations are
    not remembered, follower states are not kept.

    Parameters
    ----------
    problem
        The problem inside.
    capacity
        Most designs remembered; the one not used for the longest time is forgotten first.

    Attributes
    ----------
    queries
        Designs that the problem inside was asked for so far.
    """

    def __init__(self, problem: Problem, capacity: int = 1_000_000) -> None:
        super().__init__(problem)
        if capacity < 1:
            raise InputError("a cache needs room", field="capacity", found=capacity, expected="at least 1")
        self.capacity = capacity
        self.queries = 0
        self._known: OrderedDict[bytes, Evaluations] = OrderedDict()
        self._lock = Lock()

    def evaluate(self, designs: Designs) -> Evaluations:
        """Evaluate the designs not met before, each once however often it is in the batch; safe from several threads."""
        hashes = identities(self.problem, designs)
        answers = self._recall(hashes)
        unknown = {key: i for i, key in reversed(list(enumerate(hashes))) if key not in answers}
        rows = sorted(unknown.values())
        fresh = replace(self.problem.evaluate(designs.take(rows)), states=None)
        if len(rows) == len(hashes):
            self._remember(hashes, fresh)
            return fresh
        for i, row in enumerate(rows):
            answers[hashes[row]] = fresh.take([i])
        self._remember([hashes[row] for row in rows], fresh)
        result = Evaluations.concatenate([answers[key] for key in hashes])
        return replace(result, seconds=np.where(np.isin(np.arange(len(hashes)), rows), result.seconds, 0.0))

    def _recall(self, hashes: list[bytes]) -> dict[bytes, Evaluations]:
        with self._lock:
            found = {key: self._known[key] for key in hashes if key in self._known}
            for key in found:
                self._known.move_to_end(key)
        return found

    def _remember(self, hashes: list[bytes], answers: Evaluations) -> None:
        with self._lock:
            self.queries += len(hashes)
            for i, key in enumerate(hashes):
                if answers.errors[i] is None:
                    self._known[key] = answers.take([i])
            while len(self._known) > self.capacity:
                self._known.popitem(last=False)
