"""A problem of one's own: where to put two depots so that the farthest of ten customers is near."""

from __future__ import annotations

import math

import numpy as np

from braess.problem import Evaluations, Objective, Problem
from braess.search import find
from braess.space import Designs, Real, Space
from braess.study import Budget, Study

CUSTOMERS = np.random.default_rng(0).random((10, 2))


class Depots(Problem):
    """Two points in the unit square; the follower sends each customer to the nearer one."""

    name = "depots"
    space = Space({"x": Real(low=0.0, high=1.0, size=2), "y": Real(low=0.0, high=1.0, size=2)})
    objectives = (Objective("farthest", unit="km"),)

    def evaluate(self, designs: Designs) -> Evaluations:
        depots = np.stack([designs["x"], designs["y"]], axis=2)  # [n, 2, 2]
        distance = np.linalg.norm(depots[:, :, None, :] - CUSTOMERS, axis=3)  # [n, depots, customers]
        return Evaluations.of(distance.min(axis=1).max(axis=1)[:, None])

    def check(self, designs: Designs) -> Evaluations:
        values = []
        for row in designs.rows():
            depots = list(zip(row["x"], row["y"], strict=True))
            values.append([max(min(math.dist(depot, customer) for depot in depots) for customer in CUSTOMERS)])
        return Evaluations.of(values)


def main() -> None:
    for method in ("random", "differential-evolution", "cma-es"):
        study = Study(Depots(), find(method)(), budget=Budget(evaluations=2000), seed=1, progress="off")
        result = study.run()
        print(f"{method:<24} {result.summary()['best']:.4f} km  {result.best_design.rows()[0]}")


if __name__ == "__main__":
    main()
