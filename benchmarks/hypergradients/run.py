"""Gradient methods for leader and follower on two problems in closed form: how near the optimum, for how many gradients."""

from __future__ import annotations

import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.domains.regression import DataCleaning, RidgePenalties, corrupted, made_up
from braess.errors import BraessError
from braess.learn.bilevel import DARTS, F2SA, RARTS, SGD, Adam, Implicit, Recipe, Training, Truncated
from braess.search.cma_es import CMAES
from braess.search.gradient import Gradient
from braess.study import Budget, Study
from results import go_through, whole

RESULT = Path(__file__).with_name("result.json")
NAMES = ("problem", "method", "rate", "seed")
SEEDS = range(5)
RATES = (0.1, 0.5)  # of the leader's Adam
COST = 3000  # gradients, and products of second derivatives with a vector
NEAR = (0.5, 0.1, 0.01)  # shares of the excess error at the start
STEEPEST = 28.0  # second derivatives of the lower loss are below this
STARTS = 20  # of the descents that look for the optimum
METHODS = {
    "darts-1": DARTS(),
    "darts-2": DARTS(order=2),
    "darts-2, differences": DARTS(order=2, product="differences"),
    "rarts, 1": RARTS(penalty=1.0, coupling=1.0),
    "rarts, 10": RARTS(penalty=10.0, coupling=10.0),
    "rarts, 100": RARTS(penalty=100.0, coupling=100.0),
    "f2sa, 10": F2SA(penalty=10.0),
    "f2sa, 100": F2SA(penalty=100.0),
    "implicit": Implicit(inner=5, tolerance=1e-3, steps=10),
    "truncated": Truncated(inner=10),
}
SEARCHES = {"gradient": (Gradient(), 200), "cma-es": (CMAES(), 1000)}


@cache
def problem_of(name: str, seed: int) -> RidgePenalties | DataCleaning:
    rng = np.random.default_rng(seed)
    if name == "ridge-penalties":
        return RidgePenalties(made_up(60, 60, 20, 5, rng))
    return DataCleaning(corrupted(made_up(60, 60, 10, 5, rng), 0.3, rng)[0])


@cache
def least(name: str, seed: int) -> float:
    """Return the least error found by SciPy's L-BFGS-B with exact derivatives, from the middle and from random starts."""
    problem, rng = problem_of(name, seed), np.random.default_rng(1000 + seed)
    low, high = problem.space.bounds
    logarithmic = name == "ridge-penalties"
    ends = (np.log(low), np.log(high)) if logarithmic else (low, high)

    def look(point: np.ndarray) -> tuple[float, np.ndarray]:
        row = np.exp(point) if logarithmic else point
        value, slope = problem.value_and_gradient(np.clip(row, low, high)[None])
        return value[0, 0], slope[0, 0] * (row if logarithmic else 1.0)

    shares = [np.full(len(low), 0.5), *rng.random((STARTS, len(low)))]
    starts = [ends[0] + share * (ends[1] - ends[0]) for share in shares]
    options = {"ftol": 1e-14, "gtol": 1e-10, "maxiter": 2000}
    return min(minimize(look, one, jac=True, bounds=list(zip(*ends, strict=True)), options=options).fun for one in starts)


def follower_rate(method: Any) -> float:
    """Return the learning rate that the steepest direction of what the follower descends allows."""
    return 1.0 / (method.penalty * STEEPEST + method.coupling if isinstance(method, RARTS) else STEEPEST)


def excess_of(problem: Any, training: Training) -> float:
    designs = training.problem.designs(training.leader.tensors)
    return float(problem.evaluate(designs).objectives[0, 0])


def descend(name: str, label: str, rate: float, seed: int) -> dict[str, Any]:
    """Train until the gradients are spent; the error is that of the follower's exact answer to where the leader is."""
    problem, method = problem_of(name, seed), METHODS[label]
    recipe = Recipe(epochs=10**6, leader=Adam(rate=rate, betas=(0.5, 0.999)), follower=SGD(rate=follower_rate(method)))
    training = Training(problem.relaxation(np.random.default_rng(seed)), method, recipe, np.random.default_rng(seed))
    known, first = least(name, seed), excess_of(problem, training)
    cost, seconds, shares, costs = 0, 0.0, [], []
    while cost < COST:
        began = time.process_time()
        try:
            epoch = training.advance()
        except BraessError:
            return {"excess": None, "seconds": seconds, "cost": cost, "reached": [None] * len(NEAR)}
        seconds += time.process_time() - began
        cost += epoch.gradients + epoch.products
        shares.append((excess_of(problem, training) - known) / (first - known))
        costs.append(cost)
    reached = [next((c for c, share in zip(costs, shares, strict=True) if share <= near), None) for near in NEAR]
    return {"excess": float(shares[-1]), "seconds": seconds, "cost": cost, "reached": reached}


def look_for(name: str, label: str, seed: int) -> dict[str, Any]:
    """Run a search of the house on the closed form, in the same shares; its costs are evaluations."""
    problem, (search, evaluations) = problem_of(name, seed), SEARCHES[label]
    training = Training(
        problem.relaxation(np.random.default_rng(seed)),
        DARTS(),
        Recipe(epochs=1, leader=SGD(rate=1.0), follower=SGD(rate=1.0)),
        np.random.default_rng(seed),
    )
    known, first = least(name, seed), excess_of(problem, training)
    began = time.process_time()
    study = Study(problem, search, budget=Budget(evaluations=evaluations), seed=seed, progress="off")
    values = np.minimum.accumulate(whole(study.run()).evaluations.objectives[:, 0])
    shares = (values - known) / (first - known)
    reached = [int(np.argmax(shares <= near)) + 1 if (shares <= near).any() else None for near in NEAR]
    return {"excess": float(shares[-1]), "seconds": time.process_time() - began, "cost": evaluations, "reached": reached}


def measure(name: str, label: str, rate: float, seed: int) -> dict[str, Any]:
    return look_for(name, label, seed) if label in SEARCHES else descend(name, label, rate, seed)


def main() -> None:
    keys = [
        (name, label, rate, seed)
        for seed in SEEDS
        for name in ("ridge-penalties", "data-cleaning")
        for label in (*METHODS, *SEARCHES)
        for rate in ((0.0,) if label in SEARCHES else RATES)
    ]
    go_through(RESULT, NAMES, keys, measure)


if __name__ == "__main__":
    main()
