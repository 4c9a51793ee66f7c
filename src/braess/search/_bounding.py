"""A branch and bound at work: boxes of designs, the best of them split first, and what is proven so far."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from braess.errors import InputError
from braess.problem import Bound, Bounded, Evaluations, Problem, Repairable, capability
from braess.problem.evaluations import Floats
from braess.search._frontier import Frontier, Node
from braess.search._generations import scores
from braess.search.base import Running
from braess.search.boxes import BoxTree
from braess.search.branching import Branching
from braess.search.capabilities import Certificate, Proof
from braess.search.registry import find
from braess.space import Designs

if TYPE_CHECKING:
    from braess.search.branch_and_bound import BranchAndBound

# Rounds of splitting after which a rounded design is asked for: it may be good, and no caller waits long.
_ROUNDS = 16
# Boxes up to the first checkpoint, and between two at the most, or this part of all boxes, if that is more.
_FIRST_CHECKPOINT, _CHECKPOINT, _SHARE = 64, 2048, 16
# Methods to look for a good design with, in this order of preference, where none is named.
_HEURISTICS = ("local", "gradient", "differential-evolution")


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
        self._heuristic = _heuristic(problem, rng, settings)
        self._left = settings.first
        self._rng, self._repairer = rng, capability(problem, cast("type[Any]", Repairable))
        self._best = np.inf  # as evaluated
        self._best_row: Floats | None = None
        self._known: tuple[float, float] | None = None  # what the exact value of the best lies between, once that was asked
        self._reached = np.inf  # no less is reached for certain by the best of those that were enclosed
        self._branching = Branching(self._space)
        self._tree = BoxTree()
        self._frontier: Frontier | None = None
        self._closed = np.inf  # least bound of the boxes dropped and of the designs evaluated in their place
        self._count = 0
        self._rounds = 0  # since a design was asked for
        self._told = 0  # evaluations
        self._kept: dict[str, NDArray[np.generic]] | None = None  # the last checkpoint
        self._due = _due(0)  # boxes at which the next one is made
        self._waiting: list[Floats] = []  # designs to evaluate
        self._seen: set[bytes] = set()
        self._asked = self._space.concatenate([])

    def proof(self) -> Proof:
        """Return the least bound of all boxes that are left, were dropped, or were evaluated as single designs."""
        if self._frontier is None:
            return Proof(-np.inf * self._sign, self._count)
        least = min([*(node.value for node in self._frontier.ends()), self._closed, self._reached])
        return Proof(least * self._sign, self._count)

    def certify(self) -> Certificate | None:
        """Return what is proven in a form that can be gone through again, ``None`` before anything is."""
        if self._frontier is None:
            return None
        self._enclose_best()
        exact = None if self._known is None else [value * self._sign for value in self._known]
        return Certificate(
            self.proof(), None if exact is None else (min(exact), max(exact)), self._tree, self._problem.precision()
        )

    def ask(self, n: int) -> Designs:
        """Return designs of the heuristic, then single designs that no bound excludes and rounded ones."""
        if n < 1:
            raise InputError("nothing asked for", field="n", found=n, expected="at least 1")
        if self._heuristic is not None and self._left > 0:
            self._asked = self._heuristic.ask(min(n, self._left))
            if len(self._asked):
                return self._asked
        self._heuristic = None
        while not self._waiting and self._rounds < _ROUNDS and self._advance():
            self._rounds += 1
        self._rounds = 0
        ends = [] if self._frontier is None else self._frontier.ends()
        if not self._waiting and ends:
            self._waiting.append(self._rounded(min(ends).bound))
        rows = self._waiting[:n]
        self._asked = self._space.unflatten(np.array(rows)) if rows else self._space.concatenate([])
        return self._asked

    def tell(self, designs: Designs, evaluations: Evaluations) -> None:
        """Learn the best feasible objective, which boxes are dropped by."""
        if len(designs) != len(self._asked) or not designs.same_as(self._asked).all():
            raise InputError("these are not the designs that were asked for", field="designs", found=len(designs))
        violation, values = scores(evaluations, np.array([self._sign]))
        value = np.where((violation <= 0.0) & np.isfinite(values[:, 0]), values[:, 0], np.inf)
        if len(value) and value.min() < self._best:
            self._best = float(value.min())
            self._best_row = self._space.flatten(designs.take([int(np.argmin(value))]))[0][0]
            self._known = None
        self._seen.update(designs.hashes())
        self._told += len(designs)
        if self._heuristic is not None:
            self._heuristic.tell(designs, evaluations)
            self._left -= len(designs)
        else:
            self._waiting = self._waiting[len(designs) :]

    def checkpoint(self) -> dict[str, NDArray[np.generic]] | None:
        """Return the last checkpoint, ``None`` before the first."""
        return self._kept

    def restore(self, kept: Mapping[str, NDArray[Any]]) -> None:
        """Go on where a checkpoint was made."""
        best, reached, closed, count, rounds, diving = kept["numbers"].tolist()
        self._heuristic, self._left, self._told = None, 0, int(kept["evaluations"])
        self._best, self._reached, self._closed = best, reached, closed
        self._count, self._rounds = int(count), int(rounds)
        self._best_row = kept["best"][0] if len(kept["best"]) else None
        self._known = (float(kept["known"][0]), float(kept["known"][1])) if len(kept["known"]) else None
        self._waiting, self._seen = list(kept["waiting"]), {row.tobytes() for row in kept["seen"]}
        self._branching.gain, self._branching.times = kept["gain"].copy(), kept["times"].copy()
        self._rng.bit_generator.state = json.loads(kept["rng"].tobytes())
        self._tree = BoxTree.of({name: kept[f"tree_{name}"] for name in ("decision", "at", "first", "value")})
        root = self._problem.bound(*self._space.bounds, cutoff=np.inf)
        frontier = Frontier(root)
        parts = zip(kept["open_low"], kept["open_high"], kept["open_relaxed"], strict=True)
        for i, (low, high, relaxed) in enumerate(parts):
            value, own = kept["open_value"][i].tolist()
            bound = Bound(own, low, high, relaxed, root.state)
            node = Node(value, int(kept["open_newest"][i]), int(kept["open_box"][i]), bound)
            if diving and i == 0:
                frontier.dive(node)
            else:
                frontier.push(node)
        self._frontier, self._kept, self._due = frontier, dict(kept), _due(self._count)

    @property
    def _cutoff(self) -> float:
        """Boxes with bounds from here on hold nothing better by more than the gap."""
        return self._reached - self._settings.gap * abs(self._reached) if np.isfinite(self._reached) else np.inf

    def _enclose_best(self) -> None:
        """Find out what the exact value of the best design lies between, unless that is known."""
        if self._known is None and self._best_row is not None:
            self._known = self._problem.enclose(self._best_row)
            self._reached = min(self._reached, self._known[1])

    def _advance(self) -> bool:
        """Split the best boxes; tell whether there are any left.

        An interrupt can come anywhere: what is being split then stays open, and is split again at the same place.
        """
        self._enclose_best()
        if self._frontier is None:
            root = self._problem.bound(*self._space.bounds, cutoff=np.inf)
            frontier = Frontier(root)
            self._note(frontier, [(0, root)], -np.inf)
            self._frontier = frontier
        frontier = self._frontier
        self._closed = min(self._closed, frontier.drop(self._cutoff))
        nodes = frontier.take(self._settings.nodes, self._cutoff)
        chosen = [self._tree.where(node.box) or self._branching.choose(node.bound) for node in nodes]
        halves = [
            (*half, node.bound.state)
            for node, where in zip(nodes, chosen, strict=True)
            for half in self._branching.halves(node.bound, *where)
        ]
        parts = self._bounds(halves)
        for i, (node, where) in enumerate(zip(nodes, chosen, strict=True)):
            pair = parts[2 * i], parts[2 * i + 1]
            self._branching.learn(node.bound, where[0], pair)
            boxes = self._tree.split(node.box, *where)
            self._note(frontier, list(zip(boxes, pair, strict=True)), node.value, dive=i == 0)
        frontier.done()
        if self._count >= self._due or not frontier.ends():
            self._kept, self._due = self._checkpoint(frontier), _due(self._count)
        return bool(frontier.ends())

    def _checkpoint(self, frontier: Frontier) -> dict[str, NDArray[np.generic]]:
        """Make a checkpoint, and go on from it as a search would that is restored: without the states of the boxes."""
        nodes, width = frontier.forget_states(), self._space.width
        bounds = [node.bound for node in nodes]
        rows = {name: [getattr(bound, name) for bound in bounds] for name in ("low", "high", "relaxed")}
        numbers = (self._best, self._reached, self._closed, self._count, self._rounds + 1, frontier.diving)
        return {
            **{f"tree_{name}": array for name, array in self._tree.arrays().items()},
            **{f"open_{name}": np.array(values).reshape(-1, width) for name, values in rows.items()},
            "open_box": np.array([node.box for node in nodes], dtype=np.int64),
            "open_newest": np.array([node.newest for node in nodes], dtype=np.int64),
            "open_value": np.array([[node.value, node.bound.value] for node in nodes]).reshape(-1, 2),
            "numbers": np.array(numbers, dtype=np.float64),
            "best": np.empty((0, width)) if self._best_row is None else self._best_row[None],
            "known": np.array(self._known or (), dtype=np.float64),
            "waiting": np.array(self._waiting).reshape(-1, width),
            "seen": np.array([list(key) for key in sorted(self._seen)], dtype=np.uint8),
            "gain": self._branching.gain.copy(),
            "times": self._branching.times.copy(),
            "rng": np.frombuffer(json.dumps(self._rng.bit_generator.state).encode(), dtype=np.uint8),
            "evaluations": np.array(self._told),
        }

    def _note(self, frontier: Frontier, parts: list[tuple[int, Bound]], least: float, *, dive: bool = False) -> None:
        """Put boxes that are to be split among those; others are dropped, or asked for where they hold one design."""
        kept = []
        for box, bound in parts:
            self._count += 1
            value = max(bound.value, least)
            self._tree.bounded(box, value)
            several = bool(self._branching.open(bound).any())
            if value < self._cutoff and several:
                kept.append(Node(value, -self._count, box, bound))
                continue
            self._closed = min(self._closed, value)
            if value < self._cutoff:
                self._offer(self._rounded_row(bound))
        best = min(kept, default=None)
        for node in kept:
            if not (dive and node is best):
                frontier.push(node)
        if dive:
            frontier.dive(best)

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

    def _rounded_row(self, bound: Bound) -> Floats:
        """Return the relaxed design of a box ``[width]``, whole where it must be."""
        inside = np.clip(bound.relaxed, bound.low, bound.high)
        row: Floats = np.where(self._branching.discrete, np.round(inside), inside)
        return row

    def _rounded(self, bound: Bound) -> Floats:
        """Return the relaxed design of a box, rounded and repaired."""
        designs = self._space.unflatten(self._rounded_row(bound)[None])
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


def _due(boxes: int) -> int:
    """Return at how many boxes the next checkpoint is made: soon at first, since nobody knows how long a box takes.

    Later ones are so far apart that all of them together take time in proportion to the boxes.
    """
    return boxes + max(min(max(boxes, _FIRST_CHECKPOINT), _CHECKPOINT), boxes // _SHARE)


def _heuristic(problem: Problem, rng: np.random.Generator, settings: BranchAndBound) -> Running | None:
    """Start the search that goes first, if any does."""
    if not settings.first:
        return None
    if settings.heuristic is not None:
        return find(settings.heuristic)().start(problem, rng)
    fitting = [method for method in map(find, _HEURISTICS) if method.refusal(problem) is None]
    return fitting[0]().start(problem, rng) if fitting else None
