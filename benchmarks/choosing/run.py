"""Lets every search at every problem it can handle, and keeps what each has after so many evaluations and so many seconds."""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from problems import CASES

from braess.problem import Evaluations, Problem
from braess.search import find, searches
from braess.search._relaxed import Relaxed
from braess.study.indicators import hypervolume
from results import go_through

EVALUATIONS, SECONDS, BATCH = 200, 5.0, 8
LONGEST = 60.0  # seconds: a search that has not asked for its evaluations by then has what it has
MOST = 20_000  # evaluations kept at most
NAMES = ("problem", "search", "seed")
_REFERENCES = 1_000  # random designs that the reference of a hypervolume is the worst of
_RESULT = Path(__file__).resolve().with_name("result.json")


class Worth:
    """What a set of evaluations comes to, to be small: the best feasible objective, or minus the hypervolume of the front."""

    def __init__(self, problem: Problem) -> None:
        self._signs = problem.signs
        drawn = problem.evaluate(problem.space.sample(_REFERENCES, np.random.default_rng(0)))
        self._reference = (drawn.objectives[~drawn.failed] * self._signs).max(axis=0)

    def __call__(self, found: Evaluations) -> float | None:
        """Return it; nothing where nothing is feasible."""
        values = (found.objectives * self._signs)[found.feasible]
        if not len(values):
            return None
        return float(values.min()) if values.shape[1] == 1 else -hypervolume(values, self._reference)


def run(problem: Problem, worth: Worth, search: str, seed: int) -> dict[str, Any]:
    """Run one search until both budgets are spent."""
    began = time.perf_counter()
    running = find(search)().start(problem, np.random.default_rng(seed))
    started = time.perf_counter() - began
    parts: list[Evaluations] = []
    marks: list[tuple[int, float]] = [(0, started)]
    while (marks[-1][0] < EVALUATIONS and marks[-1][1] < LONGEST) or (marks[-1][1] < SECONDS and marks[-1][0] < MOST):
        batch = running.ask(BATCH)
        if len(batch) == 0:
            break
        parts.append(problem.evaluate(batch))
        running.tell(batch, parts[-1])
        marks.append((marks[-1][0] + len(batch), time.perf_counter() - began))
    if not parts:
        return {"started": started, "evaluations": 0}
    found = Evaluations.concatenate(parts)
    within = max((n for n, seconds in marks if seconds <= SECONDS), default=0)
    after = next((seconds for n, seconds in marks if n >= EVALUATIONS), marks[-1][1])
    return {
        "started": started,
        "evaluations": min(len(found), EVALUATIONS),
        "value_after_evaluations": worth(found.take(slice(EVALUATIONS))),
        "seconds_for_evaluations": after,
        "value_after_seconds": worth(found.take(slice(within))) if within else None,
        "evaluations_in_seconds": within,
    }


@cache
def built(name: str) -> tuple[Problem, Worth]:
    """Return a problem and what counts on it."""
    problem = CASES[name].build()
    return problem, Worth(problem)


def measure(name: str, search: str, seed: int) -> dict[str, Any] | None:
    """Return what one search comes to on one problem; nothing where it cannot handle it.

    Nor where it trains a mixture of options: that of a table reads all of the table, which no budget here counts.
    """
    problem, worth = built(name)
    if find(search).refusal(problem) is not None or issubclass(find(search), Relaxed):
        return None
    return {"kind": CASES[name].kind} | run(problem, worth, search, seed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", nargs="*", default=list(CASES), help="left out: all")
    parser.add_argument("--searches", nargs="*", default=list(searches()), help="left out: all")
    parser.add_argument("--seeds", type=int, default=10)
    options = parser.parse_args()
    keys = itertools.product(options.problems, options.searches, range(options.seeds))
    go_through(_RESULT, NAMES, sorted(keys, key=lambda key: key[-1]), measure)


if __name__ == "__main__":
    main()
