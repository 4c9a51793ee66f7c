"""Searches on real road problems: they find what brute force proves."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from braess.domains.road import LinkAddition, load_design
from braess.search import find
from braess.study import Budget, Study


@pytest.mark.parametrize("instance", ["SF_DNDP_10_1", "SF_DNDP_10_2", "SF_DNDP_10_3"])
def test_searches_find_the_brute_force_optimum(instance: str) -> None:
    """The best of all feasible designs is known by enumeration; local and genetic must find that very one."""
    found = load_design(instance)
    problem = LinkAddition(
        found.network, found.demand, candidates=found.candidates, cost=found.cost[found.candidates], budget_share=0.5
    )
    subsets = np.array(list(itertools.product([0, 1], repeat=10)), dtype=np.int8)
    designs = problem.space.designs({"build": subsets})
    designs = designs.take(problem.construction_cost(designs) <= problem.budget)
    optimum = problem.evaluate(designs).objectives.min()
    for method in ("local", "genetic"):
        study = Study(problem, find(method)(), budget=Budget(evaluations=500, target=optimum), seed=2, progress="off")
        result = study.run()
        assert result.evaluations.objectives[result.best, 0] == optimum, method
