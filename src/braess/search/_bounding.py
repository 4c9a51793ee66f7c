"""A branch and bound at work: boxes of designs, the best of them split first, and what is proven so far."""

from __future__ import annotations

import heapq
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from braess.errors import InputError
from braess.problem import Bound, Bounded, Evaluations, Problem, Repairable, capability
from braess.problem.evaluations import Floats
from braess.search._generations import scores
from braess.search.base import Proof, Running
from braess.search.registry import find
from braess.space import Designs

if TYPE_CHECKING:
    from braess.search.branch_and_bound import BranchAndBound

# Rounds of splitting after which a rounded design is asked for: it may be good, and no caller waits long.
_ROUNDS = 16
# Bytes of states that boxes are kept with; beyond it boxes start from the state of the whole space.
_MEMORY = 512 * 1024 * 1024


@dataclass(order=True)
class _Node:
    """A box that may hold a better design, ordered by its bound, of equal ones the latest first."""

    value: float
    newest: int
    bound: Bound = field(compare=False)


class BranchAndBoundRun:
    """A branch and bound at work.

    Parameters
    ----------
    problem
        What is searched; it can bound boxes.
    rng
        For the heuristic that goes first, and for repairs of rounded designs.
    settings
        Hyper-parameters.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, settings: BranchAndBound) -> None:
        self._space = problem.space
        self._sign = float(problem.signs[0])
        self._problem = cast("Bounded", capability(problem, cast("type[Any]", Bounded)))
        self._settings = settings
        self._heuristic: Running | None = find(settings.heuristic)().start(problem, rng) if settings.first else None
        self._left = settings.first
        self._best = np.inf
        self._rng, self._repairer = rng, capability(problem, cast("type[Any]", Repairable))
        self._heap: list[_Node] = []
        self._dive: _Node | None = None  # what a dive has come to
        self._split: list[_Node] = []  # what is being split: still open if that is interrupted
        self._held = 0  # bytes of states
        self._root: Bound | None = None
        self._closed = np.inf  # least bound of the boxes dropped and of the designs evaluated in their place
        self._count = 0
        self._waiting: list[Floats] = []  # designs to evaluate
        self._seen: set[bytes] = set()
        self._asked = self._space.concatenate([])

    def proof(self) -> Proof:
        """Return the least bound of all boxes that are left, were dropped, or were evaluated as single designs."""
        least = -np.inf if self._root is None else min([*(node.value for node in self._open()), self._closed, self._best])
        return Proof(least * self._sign, self._count)

    def ask(self, n: int) -> Designs:
        """Return designs of the heuristic, then single designs that no bound excludes and rounded ones."""
        if n < 1:
            raise InputError("nothing asked for", field="n", found=n, expected="at least 1")
        if self._heuristic is not None and self._left > 0:
            self._asked = self._heuristic.ask(min(n, self._left))
            if len(self._asked):
                return self._asked
        self._heuristic = None
        for _ in range(_ROUNDS):
            if self._waiting or not self._advance():
                break
        if not self._waiting and self._open():
            self._waiting.append(self._rounded(min(self._open()).bound))
        rows = self._waiting[:n]
        self._asked = self._space.unflatten(np.array(rows)) if rows else self._space.concatenate([])
        return self._asked

    def tell(self, designs: Designs, evaluations: Evaluations) -> None:
        """Learn the best feasible objective, which boxes are dropped by."""
        if len(designs) != len(self._asked) or not designs.same_as(self._asked).all():
            raise InputError("these are not the designs that were asked for", field="designs", found=len(designs))
        violation, values = scores(evaluations, np.array([self._sign]))
        feasible = values[:, 0][(violation <= 0.0) & np.isfinite(values[:, 0])]
        self._best = min([self._best, *feasible.tolist()])
        self._seen.update(designs.hashes())
        if self._heuristic is not None:
            self._heuristic.tell(designs, evaluations)
            self._left -= len(designs)
        else:
            self._waiting = self._waiting[len(designs) :]

    @property
    def _cutoff(self) -> float:
        """Boxes with bounds from here on hold nothing better by more than the gap."""
        return self._best - self._settings.gap * abs(self._best) if np.isfinite(self._best) else np.inf

    def _advance(self) -> bool:
        """Split the best boxes; tell whether there are any left.

        An interrupt can come anywhere. Boxes leave one list only when they, or their parts, are in another.
        """
        if self._root is None:
            root = self._problem.bound(*self._space.bounds, cutoff=self._cutoff)
            self._push([self._node(root, -np.inf)])
            self._root = root
        self._choose()
        parts = self._bounds([half for node in self._split for half in self._halves(node.bound)])
        nodes = [self._node(part, self._split[at // 2].value) for at, part in enumerate(parts)]
        dive = min((node for node in nodes[:2] if node is not None), default=None)
        self._push([node for node in nodes if node is not dive])
        self._dive = dive
        self._held -= sum(node.bound.nbytes for node in self._split)
        self._split = []
        return bool(self._open())

    def _choose(self) -> None:
        """Take the boxes to split: what the dive has come to, and the best others that may hold something better."""
        if self._heap and self._heap[0].value >= self._cutoff:
            self._closed = min(self._closed, self._heap[0].value)
            self._held -= sum(node.bound.nbytes for node in self._heap)
            self._heap = []
        if self._dive is not None and not self._split:
            self._split.append(self._dive)
        while self._heap and len(self._split) < self._settings.nodes and self._heap[0].value < self._cutoff:
            self._split.append(self._heap[0])
            heapq.heappop(self._heap)

    def _bounds(self, halves: list[tuple[Floats, Floats, Any]]) -> list[Bound]:
        """Bound boxes, on threads."""
        cutoff = self._cutoff

        def bound(half: tuple[Floats, Floats, Any]) -> Bound:
            low, high, start = half
            return self._problem.bound(low, high, cutoff=cutoff, start=start)

        if self._settings.threads == 1 or len(halves) < 2:
            return [bound(half) for half in halves]
        with ThreadPoolExecutor(self._settings.threads, thread_name_prefix="bound") as pool:
            return list(pool.map(bound, halves))

    def _node(self, part: Bound, least: float) -> _Node | None:
        """Return a box that is to be split; others are dropped, or asked for where they hold one design."""
        self._count += 1
        value = max(part.value, least)
        if value < self._cutoff and (part.low < part.high).any():
            return _Node(value, -self._count, self._lighter(part))
        self._closed = min(self._closed, value)
        if value < self._cutoff:
            self._offer(part.low)
        return None

    def _push(self, nodes: list[_Node | None]) -> None:
        """Put boxes among those to split."""
        for node in nodes:
            if node is not None:
                heapq.heappush(self._heap, node)

    def _lighter(self, bound: Bound) -> Bound:
        """Leave out the state of a box where too many are kept."""
        if self._root is None or self._held + bound.nbytes <= _MEMORY:
            self._held += bound.nbytes
            return bound
        return replace(bound, state=self._root.state, nbytes=0)

    def _open(self) -> list[_Node]:
        """Return the best box to split, the one a dive has come to and those being split, as far as there are any."""
        return [*self._heap[:1], *([] if self._dive is None else [self._dive]), *self._split]

    def _rounded(self, bound: Bound) -> Floats:
        """Return the relaxed design of a box, rounded and repaired."""
        designs = self._space.unflatten(np.round(np.clip(bound.relaxed, bound.low, bound.high))[None])
        if self._repairer is not None:
            designs = self._repairer.repair(designs, self._rng)
        row: Floats = self._space.flatten(designs)[0][0]
        return row

    def _offer(self, row: Floats) -> None:
        """Ask for a design unless it was evaluated or waits already."""
        key = self._space.unflatten(row[None]).hashes()[0]
        if key not in self._seen:
            self._seen.add(key)
            self._waiting.append(row)

    @staticmethod
    def _halves(bound: Bound) -> list[tuple[Floats, Floats, Any]]:
        """Split a box at the decision that its relaxed design leaves most open, or else at the widest."""
        low, high = bound.low, bound.high
        inside = np.clip(bound.relaxed, low, high)
        away = np.abs(inside - np.round(inside))
        which = int(np.argmax(np.where(low < high, 1.0 + away, 0.0)))
        at = min(np.floor(inside[which]), high[which] - 1.0)
        below, above = high.copy(), low.copy()
        below[which], above[which] = at, at + 1.0
        return [(low, below, bound.state), (above, high, bound.state)]
