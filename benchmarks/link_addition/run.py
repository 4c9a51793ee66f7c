"""Enumerates three Sioux Falls instances and counts the evaluations that searches need to reach the proven optimum."""

from __future__ import annotations

import itertools
import statistics
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.domains.road import LinkAddition, load_design, published_table
from braess.search import find
from braess.study import Budget, Study
from results import whole, write_result

METHODS = ("local", "genetic")
INSTANCES = ("SF_DNDP_10_1", "SF_DNDP_10_2", "SF_DNDP_10_3")
SHARES = (0.25, 0.5, 0.75)
SEEDS = 10
EVALUATIONS = 1000
TIE = 1e-6  # relative: equilibria are solved to a gap of 1e-9


def reach(problem: LinkAddition, method: str, optimum: float) -> dict[str, Any]:
    counts = []
    for seed in range(SEEDS):
        study = Study(problem, find(method)(), budget=Budget(evaluations=EVALUATIONS), seed=seed, progress="off")
        evaluations = whole(study.run()).evaluations
        good = evaluations.feasible & (evaluations.objectives[:, 0] <= optimum * (1 + TIE))
        if good.any():
            counts.append(int(np.flatnonzero(good)[0]) + 1)
    return {"found": len(counts), "seeds": SEEDS, "median_evaluations": statistics.median(counts) if counts else None}


def instance(name: str, share: float, published: float) -> dict[str, Any]:
    found = load_design(name)
    problem = LinkAddition(
        found.network, found.demand, candidates=found.candidates, cost=found.cost[found.candidates], budget_share=share
    )
    subsets = np.array(list(itertools.product([0, 1], repeat=problem.space.width)), dtype=np.int8)
    designs = problem.space.designs({"build": subsets})
    affordable = designs.take(problem.construction_cost(designs) <= problem.budget)
    evaluations = problem.evaluate(affordable)
    best = int(np.argmin(evaluations.objectives[:, 0]))
    optimum = float(evaluations.objectives[best, 0])
    return {
        "instance": name,
        "budget_share": share,
        "designs": len(affordable),
        "optimum": float(problem.check(affordable.take([best])).objectives[0, 0]),
        "build": affordable.take([best])["build"][0].tolist(),
        "published": published,
        "methods": {method: reach(problem, method, optimum) for method in METHODS},
    }


def main() -> None:
    table = published_table("dndp_rey2020")
    rows = []
    for name, share in itertools.product(INSTANCES, SHARES):
        row = table[(table.instance == name) & (table.budget_pct == 100 * share)].iloc[0]
        rows.append(instance(name, share, 1000 * float(row.best_design_ue_tstt_thousand)))
        print(rows[-1], flush=True)
    methods = {}
    for method in METHODS:
        reached = sum(row["methods"][method]["found"] for row in rows)
        methods[method] = (
            f"Sioux Falls link addition: optimum found in {reached} of {SEEDS * len(rows)} runs of {EVALUATIONS:,} evaluations"
        )
    print(write_result(__file__, {"evaluations": EVALUATIONS, "instances": rows, "methods": methods}))


if __name__ == "__main__":
    main()
