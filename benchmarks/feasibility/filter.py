"""Counts the equilibria that a filter of likely infeasible designs saves where links are added at least cost."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.domains.road import LinkAddition, load_design
from braess.problem import Constraint, Evaluations, Objective, Problem
from braess.search import Search, find
from braess.search.filtered import Filtered
from braess.space import Designs
from results import add_row, kept_rows, key_of

INSTANCES = ("SF_DNDP_10_1", "SF_DNDP_20_1")
SHARE = 0.75  # of the time that all links together save, which a design must save
SEARCHES, EVALUATIONS, SEEDS = ("random", "genetic", "local"), 200, 10
NAMES = ("instance", "search", "filtered", "seed")  # of what tells one run from others
_RESULT = Path(__file__).resolve().parent / "filter.json"


class CheapestAddition(Problem):
    """Build links at least cost such that total travel time at equilibrium is below a target: known once it is solved.

    Parameters
    ----------
    instance
        A published instance of link addition.
    """

    name = "cheapest-addition"

    def __init__(self, instance: str) -> None:
        found = load_design(instance)
        self._inner = LinkAddition(
            found.network,
            found.demand,
            candidates=found.candidates,
            cost=found.cost[found.candidates],
            budget_share=1.0,
            relative_gap=1e-6,
        )
        self.space = self._inner.space
        self.objectives = (Objective("construction cost"),)
        self.constraints = (Constraint("total travel time over the target"),)
        width = self.space.width
        ends = self.space.from_unit(np.array([[0.0] * width, [1.0] * width]))
        nothing, everything = self._inner.evaluate(ends).objectives[:, 0]
        self._target = float(nothing - SHARE * (nothing - everything))

    def evaluate(self, designs: Designs) -> Evaluations:
        """Solve the equilibrium of each design."""
        time = self._inner.evaluate(designs).objectives
        return Evaluations.of(self._inner.construction_cost(designs)[:, None], time / self._target - 1.0)

    def check(self, designs: Designs) -> Evaluations:
        """Let link addition check."""
        time = self._inner.check(designs).objectives
        return Evaluations.of(self._inner.construction_cost(designs)[:, None], time / self._target - 1.0)


def measure(problem: Problem, search: Search, seed: int) -> dict[str, Any]:
    """Run a search; costs are of the best design that keeps the target, ``None`` as long as there is none."""
    running, found = search.start(problem, np.random.default_rng(seed)), []
    while sum(map(len, found)) < EVALUATIONS:
        batch = running.ask(EVALUATIONS - sum(map(len, found)))
        if len(batch) == 0:
            break
        found.append(problem.evaluate(batch))
        running.tell(batch, found[-1])
    whole = Evaluations.concatenate(found)
    best = np.minimum.accumulate(np.where(whole.feasible, whole.objectives[:, 0], np.inf))
    return {
        "feasible": int(whole.feasible.sum()),
        "best": [float(cost) if np.isfinite(cost) else None for cost in best],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for instance in INSTANCES:
        problem = CheapestAddition(instance)
        for seed in range(options.seeds):
            for name in SEARCHES:
                for filtered in (False, True):
                    key = (instance, name, filtered, seed)
                    if key in {key_of(row, NAMES) for row in kept_rows(_RESULT)}:
                        continue
                    search = Filtered(search=name) if filtered else find(name)()
                    row = measure(problem, search, seed)
                    add_row(_RESULT, dict(zip(NAMES, key, strict=True)) | row, NAMES)
                    print(key, row["feasible"], row["best"][-1], flush=True)


if __name__ == "__main__":
    main()
