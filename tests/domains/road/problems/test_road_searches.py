"""Searches on real road problems: they find what brute force proves."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from harker_friesz import harker_friesz

from braess.domains.road import (
    LaneAddition,
    LaneSwap,
    LinkAddition,
    TollDesign,
    assign,
    load,
    load_design,
    load_lane_swap,
)
from braess.domains.road.formats import as_published_madadi2023
from braess.errors import InputError
from braess.search import find
from braess.search.gradient import Gradient
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


@pytest.mark.parametrize("seed", range(3))
def test_gradient_finds_the_best_lanes_of_a_dozen_links(seed: int) -> None:
    """Of 4,096 designs the best within the budget is known by enumeration; linearisation must find that very one."""
    network, demand = load("sioux-falls")
    links = [15, 16, 18, 24, 27, 28, 38, 42, 45, 47, 59, 73]
    problem = LaneAddition(network, demand, links=links, budget_share=0.4)
    designs = problem.space.designs({"lanes": np.array(list(itertools.product([0, 1], repeat=12)), dtype=np.int8)})
    designs = designs.take(problem.construction_cost(designs) <= problem.budget)
    optimum = problem.evaluate(designs).objectives.min()
    result = Study(problem, Gradient(), budget=Budget(evaluations=300, target=optimum), seed=seed, progress="off").run()
    assert result.evaluations.objectives[result.best, 0] == optimum


def test_gradient_reaches_the_published_lanes_in_a_hundredth_of_the_evaluations() -> None:
    """An exact method took four hours to 5,284,122; a few dozen equilibria with derivatives come within 0.001 % of it."""
    network, demand = load("sioux-falls")
    problem = LaneAddition(as_published_madadi2023(network), demand, budget_share=0.75, capacity_step=0.25)
    result = Study(problem, Gradient(), budget=Budget(evaluations=60), seed=0, progress="off").run()
    assert result.evaluations.feasible.all()
    assert result.evaluations.objectives[result.best, 0] <= 5_284_122 * (1 + 1e-5)


def test_gradient_swaps_lanes() -> None:
    """Three values for each road: of 3 ** 6 designs the best is known by enumeration."""
    found = load_lane_swap("sioux-falls", 0.25)
    problem = LaneSwap(found.network, found.demand, pairs=found.pairs.tolist()[:6])
    everything = problem.space.designs({"swap": np.array(list(itertools.product([-1, 0, 1], repeat=6)))})
    optimum = problem.evaluate(everything).objectives.min()
    result = Study(problem, Gradient(), budget=Budget(evaluations=250, target=optimum), seed=0, progress="off").run()
    assert result.evaluations.objectives[result.best, 0] == optimum


def test_gradient_finds_the_tolls_that_undo_braess() -> None:
    """With every link tollable the best there is is the system optimum, which another principle of assignment knows."""
    network, demand = load("braess")
    problem = TollDesign(network, demand, links=list(range(network.links)), largest=50.0)
    best = assign(network, demand, principle="system-optimum").total_travel_time
    assert assign(network, demand).total_travel_time > 1.1 * best
    result = Study(problem, Gradient(), budget=Budget(evaluations=150), seed=0, progress="off").run()
    assert result.evaluations.objectives[result.best, 0] == pytest.approx(best, rel=1e-6)


def test_gradient_is_no_method_for_links_that_do_not_exist() -> None:
    """At no capacity a link has no derivative; the refusal must say what can do it."""
    found = load_design("SF_DNDP_10_1")
    problem = LinkAddition(
        found.network, found.demand, candidates=found.candidates, cost=found.cost[found.candidates], budget_share=0.5
    )
    with pytest.raises(InputError, match=r"derivatives.*local"):
        Study(problem, Gradient(), budget=Budget(evaluations=10))


@pytest.mark.parametrize(("trips", "largest", "best"), [((5.0, 10.0), 10.0, 199.6253), ((10.0, 20.0), 20.0, 522.6439)])
def test_gradient_on_harker_friesz(trips: tuple[float, float], largest: float, best: float) -> None:
    """No search and no number of starts has found less than these on the sixteen links; 300 evaluations must reach them."""
    problem = harker_friesz(trips, largest)
    result = Study(problem, Gradient(), budget=Budget(evaluations=300), seed=0, progress="off").run()
    assert problem.check(result.best_design).objectives[0, 0] == pytest.approx(best, rel=1e-6)
