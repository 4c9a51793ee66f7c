"""Monte Carlo tree search: the tree by hand, what its statistics must be, known optima, the end of a space."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from solved import best_of, optimum

from braess.errors import InputError
from braess.problem import Evaluations
from braess.search._mcts import Statistics
from braess.search._worth import worth_of
from braess.search.mcts import MCTS
from braess.search.random import Random
from braess.space import Categorical, Choice, Integer, Space, Tree, every_design
from braess.testing import Blocks, Cells, Flaky, Knapsack, Mixed, Sphere, go_on

_SPACE = Space({"a": Categorical(options=("x", "y")), "b": Categorical(options=(1, 2, 3))})


def _told(statistics: Statistics, history: list[int], worth: float, exploration: float = 0.5) -> list[int]:
    """Let the search go down as it wants, count the way, and return the options that it took in the tree."""
    walk = Tree(_SPACE).walk()
    way = statistics.down(walk, exploration, np.random.default_rng(0))
    statistics.count(way, len(history), worth)
    history.append(len(way) - 1)
    return way


def test_bounds_by_hand() -> None:
    """After one way through the root and one through each child, the greater of two bounds worked out by hand is next."""
    statistics, history = Statistics(), []
    assert _told(statistics, history, 0.5) == [0]  # the root had no children: it gets them, and the way ends there
    first, second = (_told(statistics, history, worth)[1] for worth in (0.2, 0.6))
    assert {first, second} == {1, 2}  # never visited before others
    assert statistics.visits[:3] == [3, 1, 1]
    better = second if 0.6 > 0.2 else first
    assert _told(statistics, history, 0.1)[1] == better  # bounds 0.2 + b and 0.6 + b with one b
    bonus = [0.5 * math.sqrt(2 * math.log(4) / n) for n in (1, 2)]
    bounds = {first: 0.2 + bonus[0], better: (0.6 + 0.1) / 2 + bonus[1]}
    assert _told(statistics, history, 0.0)[1] == max(bounds, key=lambda node: bounds[node]) == first


def _by_plain_rule(statistics: Statistics, exploration: float) -> dict[int, set[int]]:
    """Return for each node with all children visited the options that the published rule allows."""
    allowed = {}
    for node in range(len(statistics.visits)):
        children = statistics.children(node)
        if children:
            bounds = {
                option: statistics.sums[child] / statistics.visits[child]
                + exploration * math.sqrt(2.0 * math.log(statistics.visits[node]) / statistics.visits[child])
                for option, child in children.items()
            }
            allowed[node] = {option for option, bound in bounds.items() if bound == max(bounds.values())}
    return allowed


@pytest.mark.parametrize("exploration", [0.0, 0.1, 1.0])
def test_every_step_follows_the_rule(exploration: float) -> None:
    """Where all children were visited and none is closed, the way must go on by the greatest bound, computed apart."""
    tree, rng, statistics = (
        Tree(Space({f"n{i}": Integer(low=0, high=2) for i in range(60)})),
        np.random.default_rng(1),
        Statistics(),
    )
    for t in range(60):
        allowed = _by_plain_rule(statistics, exploration)
        walk = tree.walk()
        way = statistics.down(walk, exploration, rng)
        for node, child in pairwise(way):
            option = next(option for option, other in statistics.children(node).items() if other == child)
            tried = [other for other in statistics.children(node).values() if statistics.visits[other]]
            assert option in allowed[node] if len(tried) == 3 else statistics.visits[child] == 0
        statistics.count(way, t, float(rng.random()))


@pytest.mark.parametrize("bisect", [False, True])
def test_visits_add_up(bisect: bool) -> None:
    """After t designs the root has t visits, its children t - 1, and so on down: each node keeps its first visit to itself."""
    problem = Knapsack(30, share=1.0)
    running = MCTS(bisect=bisect).start(Flaky(problem, 0.0), np.random.default_rng(0))
    go_on(running, problem, 150, 1)
    statistics = running.statistics
    assert statistics.visits[0] == 150
    for node, visits in enumerate(statistics.visits):
        children = statistics.children(node).values()
        if children:
            assert sum(statistics.visits[child] for child in children) == visits - 1
            assert statistics.told[node] == visits


def test_sums_follow_the_range_of_worth() -> None:
    """The range moves with each best design: sums must be those of the range of today, for every way told so far."""
    problem = Blocks()
    running = MCTS().start(problem, np.random.default_rng(3))
    found = Evaluations.concatenate([problem.evaluate(batch) for batch in go_on(running, problem, 40, 1)])
    worth = worth_of(found.violation, found.objectives[:, 0])
    assert running.statistics.sums[0] == pytest.approx(worth.sum())
    first = running.statistics.children(0)
    assert sum(running.statistics.sums[child] for child in first.values()) == pytest.approx(worth[1:].sum())


def test_endless_exploration_visits_all_children_first() -> None:
    """With c without bound each child of the root is visited within as many designs as there are children, and the first."""
    tree = Tree(Space({"n": Integer(low=0, high=8), "rest": Blocks().space}))
    statistics, rng = Statistics(), np.random.default_rng(0)
    for t in range(19):
        statistics.count(statistics.down(tree.walk(), 1e9, rng), t, float(rng.random()))
        if t == 9:
            assert sorted(statistics.children(0)) == list(range(9))
    assert [statistics.visits[child] for child in statistics.children(0).values()] == [2] * 9


@pytest.mark.parametrize("settings", [{}, {"bisect": True}, {"batch": 5}], ids=str)
def test_exhausts_a_finite_space(settings) -> None:
    """Every design must come once, infeasible ones too, and then it is over: closed parts are never entered again."""
    problem = Cells()
    running = MCTS(**settings).start(problem, np.random.default_rng(0))
    keys = problem.space.concatenate(go_on(running, problem, 10**6, 7)).hashes()
    assert sorted(keys) == sorted(every_design(problem.space).hashes())
    assert len(running.ask(1)) == 0


def _mean(search, problem, evaluations: int, seeds: int) -> float:
    return float(np.mean([best_of(search, problem, evaluations, seed) for seed in range(seeds)]))


@pytest.mark.parametrize("bisect", [False, True])
def test_beats_chance_on_a_program(bisect: bool) -> None:
    """Of 165,888 designs brute force knows the best: with a few hundred it must come nearer than chance, on average."""
    best = optimum(Blocks())
    found, by_chance = (_mean(search, Blocks(), 300, 8) - best for search in (MCTS(bisect=bisect), Random()))
    assert found < 0.95 * by_chance


def test_halving_finds_steps_of_a_ladder() -> None:
    """Where a root has 64 ordered children, two hundred designs tell halves apart better than children."""
    problem = Cells()
    problem.space, problem.answers = Space({f"n{i}": Integer(low=0, high=63) for i in range(3)}), _distance
    halved, whole = (_mean(MCTS(bisect=bisect), problem, 200, 8) for bisect in (True, False))
    assert halved < 0.8 * whole


def _distance(designs):
    return np.abs(designs.space.flatten(designs)[0] - [41.0, 10.0, 55.0]).sum(axis=1)[:, None], np.zeros((len(designs), 1))


def test_reals_are_cut_into_cells() -> None:
    """A bowl of one variable in 16 cells has its lowest cell next to the middle; halving finds it in a few designs."""
    problem = Sphere(1)
    low, high = (float(end[0]) for end in problem.space.bounds)
    centres = low + (np.arange(16) + 0.5) / 16 * (high - low)
    path = problem.space.leaves[0].path
    values = problem.evaluate(problem.space.designs({path: centres.reshape(problem.space.leaves[0].variable.shape(16))}))
    assert best_of(MCTS(resolution=16), problem, 16, 0) == pytest.approx(values.objectives.min())


def test_the_better_branch_is_kept_to() -> None:
    """Statistics of whole branches tell: where one of three options is better throughout, most designs come from it."""
    inner = Space({f"n{i}": Integer(low=0, high=3) for i in range(5)})
    tree = Tree(Space({"c": Choice({"a": inner, "b": inner, "c": inner})}))
    rng, statistics, taken = np.random.default_rng(0), Statistics(), []
    for t in range(200):
        walk = tree.walk()
        way = statistics.down(walk, 0.25, rng)
        while walk.options:
            walk.choose(int(rng.integers(walk.options)))
        taken.append(walk.numbers()[0])
        statistics.count(way, t, 0.7 * (taken[-1] == 1) + 0.3 * rng.random())
    assert taken.count(1) > 150


@pytest.mark.parametrize(("field", "value"), [("exploration", -1.0), ("resolution", 1), ("batch", 0)])
def test_impossible_settings_are_refused(field: str, value: float) -> None:
    """A wrong hyper-parameter must be named."""
    with pytest.raises(InputError, match=field):
        MCTS(**{field: value})


def test_mixed_spaces_keep_to_their_cells() -> None:
    """Reals among options and numbers are middles of cells of their own scale, and feasible designs are found."""
    problem = Mixed()
    designs = problem.space.concatenate(go_on(MCTS(resolution=8).start(problem, np.random.default_rng(0)), problem, 100, 10))
    for path in ("length", "share"):
        unit = problem.space.leaf(path).variable.to_unit(designs[path][:, None])
        np.testing.assert_allclose(8 * unit % 1.0, 0.5)
    assert problem.evaluate(designs).feasible.any()
