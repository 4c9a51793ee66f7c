"""The running state of `mcts`: statistics of every node, ways down, parts that are closed."""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING

import numpy as np

from braess.problem import Evaluations, Problem
from braess.problem.evaluations import Floats
from braess.search._generations import Generations, scores
from braess.search._worth import worth_of
from braess.space import Designs, Tree, Walk

if TYPE_CHECKING:
    from braess.search.mcts import MCTS

_FRUITLESS = 20_000  # ways in a row to designs met before, which end the search
_UNSEEN = -1  # number of children of a node that no way has ended at


class Statistics:
    """What is known of the nodes of a tree: node 0 is the root.

    Attributes
    ----------
    visits
        Ways through each node, told or not.
    told
        Those of them whose worth is known.
    sums
        Sums of that worth.
    """

    def __init__(self) -> None:
        self.visits, self.told, self.sums = [0], [0], [0.0]
        self._options = [_UNSEEN]
        self._children: list[dict[int, int]] = [{}]
        self._closed, self._closed_children = [False], [0]
        self._nodes, self._ends = array("q"), array("q")  # of all ways: nodes, and the evaluation that each is on the way to

    @property
    def over(self) -> bool:
        """Whether every design was met."""
        return self._closed[0]

    def children(self, node: int) -> dict[int, int]:
        """Return the children that were visited: option to node."""
        return self._children[node]

    def down(self, walk: Walk, exploration: float, rng: np.random.Generator) -> list[int]:
        """Take the way that promises most to the first node without children, and give it some; return its nodes."""
        way = [0]
        while self._options[way[-1]] > 0:
            node = way[-1]
            option = self._untried(node, rng) if len(self._children[node]) < self._options[node] else None
            if option is None:
                option = self._greatest(node, exploration, rng)
            walk.choose(option)
            way.append(self._child(node, option))
        self._options[way[-1]] = walk.options
        return way

    def count(self, way: list[int], evaluation: int, worth: float | None) -> None:
        """Count a way that ended at a design with the number of its evaluation, and with its worth if that is known."""
        self._nodes.extend(way)
        self._ends.extend([evaluation] * len(way))
        for node in way:
            self.visits[node] += 1
            if worth is not None:
                self.told[node] += 1
                self.sums[node] += worth
        if self._options[way[-1]] == 0:
            self._close(way)

    def weigh(self, worth: Floats) -> None:
        """Take in the worth of all evaluations so far, ``[t]``, which may have changed."""
        nodes, ends = (np.frombuffer(kept, dtype=np.int64) for kept in (self._nodes, self._ends))
        size = len(self.visits)
        self.told = np.bincount(nodes, minlength=size).tolist()
        self.sums = np.bincount(nodes, weights=worth[ends], minlength=size).tolist()

    def _untried(self, node: int, rng: np.random.Generator) -> int:
        """Return an option that was never taken, each equally likely."""
        tried = sorted(self._children[node])
        option = int(rng.integers(self._options[node] - len(tried)))
        for other in tried:
            option += other <= option
        return option

    def _greatest(self, node: int, exploration: float, rng: np.random.Generator) -> int:
        """Return the option with the greatest upper confidence bound, ties broken at random, among those still open."""
        log = 2.0 * math.log(self.visits[node])
        best, ties = -math.inf, []
        for option, child in sorted(self._children[node].items()):
            if self._closed[child]:
                continue
            mean = self.sums[child] / self.told[child] if self.told[child] else 0.0
            bound = mean + exploration * math.sqrt(log / self.visits[child])
            if bound > best:
                best, ties = bound, [option]
            elif bound == best:
                ties.append(option)
        return ties[int(rng.integers(len(ties)))] if len(ties) > 1 else ties[0]

    def _child(self, node: int, option: int) -> int:
        child = self._children[node].setdefault(option, len(self.visits))
        if child == len(self.visits):
            self.visits.append(0)
            self.told.append(0)
            self.sums.append(0.0)
            self._options.append(_UNSEEN)
            self._children.append({})
            self._closed.append(False)
            self._closed_children.append(0)
        return child

    def _close(self, way: list[int]) -> None:
        """Close the design at the end of a way, and each node above of which all children are closed."""
        self._closed[way[-1]] = True
        for node in reversed(way[:-1]):
            self._closed_children[node] += 1
            if self._closed_children[node] < self._options[node]:
                return
            self._closed[node] = True


class MCTSRun(Generations):
    """A search at work.

    Parameters
    ----------
    problem, rng
        As in `Generations`.
    settings
        The hyper-parameters.

    Attributes
    ----------
    statistics
        Of the nodes.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, settings: MCTS) -> None:
        super().__init__(problem, rng)
        self._settings = settings
        self._tree = Tree(self.space, bisect=settings.bisect, resolution=settings.resolution)
        self.statistics = Statistics()
        self._number: dict[bytes, int] = {}  # of the evaluation of each design
        self._violations, self._objectives = np.empty(0), np.empty(0)
        self._worth = np.empty(0)

    def _next(self) -> Designs:
        found: list[Designs] = []
        fruitless = 0
        while len(found) < self._settings.batch and fruitless < _FRUITLESS and not self.statistics.over:
            walk = self._tree.walk()
            way = self.statistics.down(walk, self._settings.exploration, self.rng)
            while walk.options:
                walk.choose(int(self.rng.integers(walk.options)))
            design = self.repaired(self._tree.of_numbers([walk.numbers()]))
            packed, fruitless = design.pack()[0], fruitless + 1
            if packed not in self._number:
                self._number[packed], fruitless = len(self._number), 0
                found.append(design)
            number = self._number[packed]
            self.statistics.count(way, number, float(self._worth[number]) if number < len(self._worth) else None)
        return self.space.concatenate(found)

    def _learn(self, evaluations: Evaluations) -> None:
        violations, objectives = scores(evaluations, self.signs)
        self._violations = np.concatenate([self._violations, violations])
        self._objectives = np.concatenate([self._objectives, objectives[:, 0]])
        self._worth = worth_of(self._violations, self._objectives)
        self.statistics.weigh(self._worth)
