"""Goes through a certificate again: boxes cover all designs, each bound holds, the best design is as good as recorded."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from braess.errors import InputError, StoreError
from braess.problem import Bounded, Problem, capability
from braess.problem.evaluations import Floats
from braess.search.branching import Branching
from braess.study.certificate import NAME, read_boxes, read_certificate, relative_gap
from braess.study.result import Result

# Parts a box may be divided into where its bound does not come out as high as claimed: bounds are found in some order.
_PARTS = 64
# How much wider than claimed the gap may come out, and by how much the best objective may differ, relative: bounds start from
# other states, and an evaluation is as exact as it was solved.
_SAME_GAP, _SAME_BEST = 1e-7, 1e-6


@dataclass(frozen=True)
class Verification:
    """What came of going through a certificate again.

    Parameters
    ----------
    recorded, best
        Objective of the best design as recorded, and as recomputed by the problem's independent check; infinite where that
        found it infeasible.
    exact
        Two numbers between which its exact objective lies.
    claimed, bound
        Bound on all designs that the certificate states, and the one that was found again.
    claimed_gap, gap
        Relative distances between the best design and those bounds.
    boxes
        Boxes that cover all designs, each of which was bounded again.
    """

    recorded: float
    best: float
    exact: tuple[float, float]
    claimed: float
    bound: float
    claimed_gap: float
    gap: float
    boxes: int

    @property
    def confirmed(self) -> bool:
        """Whether all is as the certificate states, but for rounding."""
        same_bound = relative_gap(self.bound, self.claimed) <= _SAME_GAP or self.gap <= self.claimed_gap
        same_best = abs(self.best - self.recorded) <= _SAME_BEST * abs(self.recorded)
        return same_bound and same_best and self.gap <= self.claimed_gap + _SAME_GAP


def verify(
    problem: Problem, result: Result, *, threads: int = 2, progress: Callable[[int, int], None] | None = None
) -> Verification:
    """Go through the certificate of a result again, from nothing but its best design and its boxes.

    Parameters
    ----------
    problem
        The problem of the study, made anew.
    result
        With a certificate.
    threads
        Threads that bound boxes.
    progress
        Called with the number of boxes done and of all.

    Raises
    ------
    InputError
        The result has no certificate or no best design, or the problem is another one.
    StoreError
        The certificate is damaged.
    """
    bounded = capability(problem, cast("type[Any]", Bounded))
    if NAME not in result.artifacts or result.best is None or bounded is None:
        raise InputError("the run has proven nothing about a best design", expected="a run with a certificate")
    if not _same(result.record.problem, problem.describe()) or not _same(result.space.describe(), problem.space.describe()):
        raise InputError("the run was recorded with another problem, or another version of it", field="problem")
    (claimed, claimed_gap), sign = read_certificate(result.artifacts), float(problem.signs[0])
    try:
        leaves = read_boxes(result.artifacts).leaves(problem.space)
    except ValueError as error:
        raise StoreError(f"the certificate is damaged: {error}") from error
    checked = problem.check(result.best_design)
    low, high = bounded.enclose(problem.space.flatten(result.best_design)[0][0])
    least = min(_bounds(bounded, Branching(problem.space), leaves.low, leaves.high, claimed * sign, threads, progress))
    bound = min(least, high) * sign
    return Verification(
        recorded=float(result.evaluations.objectives[result.best, 0]),
        best=float(checked.objectives[0, 0]) if checked.feasible[0] else np.inf * sign,
        exact=(min(low * sign, high * sign), max(low * sign, high * sign)),
        claimed=claimed,
        bound=bound,
        claimed_gap=np.inf if claimed_gap is None else claimed_gap,
        gap=relative_gap(high * sign, bound),
        boxes=len(leaves.value),
    )


def _same(recorded: Any, now: Any) -> bool:
    """Tell whether a description is the same as when it was recorded."""
    from braess.study.store.codec import to_json

    return to_json(recorded) == to_json(now)


def _bounds(
    problem: Bounded,
    branching: Branching,
    lows: Floats,
    highs: Floats,
    claimed: float,
    threads: int,
    progress: Callable[[int, int], None] | None,
) -> list[float]:
    """Bound boxes again, each at least as high as claimed if that can be shown."""

    def bound(box: tuple[Floats, Floats]) -> float:
        return _bound(problem, branching, *box, claimed)

    found: list[float] = []
    with ThreadPoolExecutor(threads, thread_name_prefix="verify") as pool:
        for value in pool.map(bound, zip(lows, highs, strict=True)):
            found.append(value)
            if progress is not None:
                progress(len(found), len(lows))
    return found


def _bound(problem: Bounded, branching: Branching, low: Floats, high: Floats, claimed: float) -> float:
    """Bound a box from nothing; where the bound is below the claim, by its parts."""
    whole = problem.bound(low, high, cutoff=claimed)
    parts = [whole]
    while min(part.value for part in parts) < claimed and len(parts) < _PARTS:
        worst = min(parts, key=lambda part: part.value)
        if not branching.open(worst).any():
            break
        parts.remove(worst)
        halves = branching.halves(worst, *branching.choose(worst))
        parts += [problem.bound(*half, cutoff=claimed, start=worst.state) for half in halves]
    return min(part.value for part in parts)
