"""The problems over measured tables: what each must do, optima known from elsewhere, and what is kept from searches."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path

import highspy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from braess.domains.architecture.tables import fbnet, nasbench201
from braess.domains.architecture.tables.problems import FBNetLatency, NASBench201, NASBenchMacro
from braess.errors import InputError
from braess.problem import Cached, Evaluations, Wrapper, identities
from braess.search.random import Random
from braess.space import Designs, every_design
from braess.study import Budget, Study
from braess.testing import ProblemConformance

DATA = Path(os.environ.get("BRAESS_DATA", ""))
needs_accuracies = pytest.mark.skipif(
    not (DATA / "nas" / "nasbench201.npz").is_file(), reason="BRAESS_DATA names no folder with nas/nasbench201.npz"
)


class TestCosts(ProblemConformance):
    problem = NASBench201(("flops", "latency-pixel3", "latency-titan_rtx_256"), {"parameters": 0.6})


class TestMergedCosts(ProblemConformance):
    problem = NASBench201(("parameters", "latency-raspi4"), isomorphic="merged")


@needs_accuracies
class TestCells(ProblemConformance):
    @property
    def problem(self) -> NASBench201:  # type: ignore[override]
        objectives = ("accuracy-cifar10", "accuracy-imagenet16-120", "latency-eyeriss")
        return NASBench201(objectives, {"flops": 100.0, "accuracy-cifar100": 60.0})


class TestChains(ProblemConformance):
    problem = NASBenchMacro(("accuracy", "accuracy-2", "parameters"), {"flops": 60.0})


class TestFBNet(ProblemConformance):
    problem = FBNetLatency(("multiply-adds", "latency-fpga"), {"latency-titan_rtx_1": 25.0})


def designs_of(problem: NASBench201 | NASBenchMacro | FBNetLatency, rows: object) -> Designs:
    return problem.space.designs({problem.space.leaves[0].path: np.asarray(rows)})


@pytest.mark.parametrize(("most", "best"), [(30, 89.38), (40, 91.51), (50, 92.17), (60, 92.57), (80, 93.08), (200, 93.13)])
def test_best_chains_within_budgets(most: float, best: float) -> None:
    """Optima under limits of multiply-adds, enumerated elsewhere."""
    front = NASBenchMacro(("accuracy",), {"flops": most}).front()
    assert front.tolist() == [[pytest.approx(best, abs=5e-3)]]


def test_the_front_of_chains() -> None:
    """35 compromises, counted elsewhere; none may be dominated by any chain, and each chain by one of them or equal."""
    problem = NASBenchMacro()
    front = problem.front()
    values = problem.evaluate(every_design(problem.space)).objectives
    assert len(front) == 35
    for accuracy, flops in front:
        better = (values[:, 0] >= accuracy) & (values[:, 1] <= flops)
        assert not (better & ((values[:, 0] > accuracy) | (values[:, 1] < flops))).any()
    covered = (front[:, 0] >= values[:, None, 0]) & (front[:, 1] <= values[:, None, 1])
    assert covered.any(axis=1).all()


def test_limits_hold_for_what_is_to_be_large() -> None:
    """The cheapest network of at least 93 % must be the one that plain reading of the table finds."""
    problem = NASBenchMacro(("flops",), {"accuracy": 93.0})
    every = NASBenchMacro(("accuracy", "flops"))
    values = every.evaluate(every_design(every.space)).objectives
    assert problem.front()[0, 0] == values[values[:, 0] >= 93.0, 1].min()


def test_noise_is_that_of_three_trainings() -> None:
    """One training of a chain differs by 0.21 points from the next (published mean deviation: 0.21), the mean by less."""
    noise = NASBenchMacro(("accuracy", "accuracy-1")).describe()["noise"]
    assert noise["accuracy-1"] == pytest.approx(0.213, abs=1e-3)
    assert noise["accuracy"] == pytest.approx(noise["accuracy-1"] / 3**0.5)


@given(st.lists(st.integers(0, 2), min_size=8, max_size=8))
@settings(deadline=None, max_examples=40)
def test_chains_without_identities_are_the_same(blocks: list[int]) -> None:
    """The blocks of a stage after its first layer, identities left out, must stay as they are."""
    problem = NASBenchMacro()
    standing = problem.canonical(designs_of(problem, [blocks]))["block"][0].tolist()
    for first, last in ((0, 2), (2, 5), (5, 8)):
        kept = [block for block in blocks[first + 1 : last] if block]
        assert standing[first:last] == [blocks[first], *kept, *[0] * (last - first - 1 - len(kept))]


@needs_accuracies
def test_merged_cells_are_one() -> None:
    """All cells of a function must have one row, of the cheapest of them, and be asked for once."""
    problem = NASBench201(("accuracy-cifar10", "flops"), isomorphic="merged")
    cells = every_design(problem.space)
    found, table = problem.evaluate(cells).objectives, nasbench201.load()
    assert len(np.unique(problem.canonical(cells)["operation"], axis=0)) == 4_930
    assert (found[:, 1] <= table.flops / 1e6).all()
    cached = Cached(problem)
    assert np.array_equal(cached.evaluate(cells).objectives, found)
    assert cached.queries == 4_930
    apart = Cached(NASBench201(("accuracy-cifar10", "flops")))
    apart.evaluate(cells)
    assert apart.queries == 15_625


@needs_accuracies
def test_optima_of_cells() -> None:
    """The published optima of each data set."""
    best = {"cifar10": 94.37, "cifar100": 73.51, "imagenet16-120": 47.31}
    for name, accuracy in best.items():
        assert NASBench201((f"accuracy-{name}",)).front().tolist() == [[pytest.approx(accuracy, abs=5e-3)]]


@needs_accuracies
def test_noise_of_cells_is_the_spread_of_those_that_are_the_same() -> None:
    """Class by class: squared deviations from the mean of a class, over what is left after its mean."""
    table = nasbench201.load()
    noise = NASBench201([f"accuracy-{name}" for name in nasbench201.DATASETS]).describe()["noise"]
    for column, name in enumerate(nasbench201.DATASETS):
        squares, freedom = 0.0, 0
        for standing in np.unique(table.isomorphism_class):
            if (table.accuracy[standing] <= [10.5, 1.5, 1.5]).any():
                continue  # guesses
            values = table.accuracy[table.isomorphism_class == standing, column]
            squares += float(np.square(values - values.mean()).sum())
            freedom += len(values) - 1
        assert noise[f"accuracy-{name}"] == pytest.approx((squares / freedom) ** 0.5)


def test_a_study_tells_the_best_designs_as_the_benchmark_writes_them() -> None:
    """The record must hold text and values of the front."""
    result = Study(NASBenchMacro(), Random(), budget=Budget(evaluations=40), seed=1).run()
    (artifact,) = NASBenchMacro().illustrate(result.designs.take(result.front))
    told = json.loads(artifact.data)
    assert [row["accuracy"] for row in told["designs"]] == result.evaluations.objectives[result.front, 0].tolist()
    assert all(len(row["design"]) == 8 and set(row["design"]) <= set("012") for row in told["designs"])


def test_a_study_asks_once_for_designs_that_are_the_same() -> None:
    """Of random chains those that differ only in where an identity stands must not be evaluated again."""
    counting = Counting(NASBenchMacro(("accuracy",)))
    result = Study(counting, Random(), budget=Budget(evaluations=3_000), seed=2).run()
    networks = len(set(identities(counting, result.designs)))
    assert counting.count == networks < len(result.designs)
    again = NASBenchMacro(("accuracy",)).evaluate(result.designs)
    assert np.array_equal(result.evaluations.objectives, again.objectives)


class Counting(Wrapper):
    """Counts the designs that were evaluated."""

    count = 0

    def evaluate(self, designs: Designs) -> Evaluations:
        self.count += len(designs)
        return self.problem.evaluate(designs)


def test_most_computing_in_a_budget_is_that_of_a_linear_programme() -> None:
    """The best of 9^22 chains by mixed-integer programming must be feasible and worth here what it is worth there."""
    problem = FBNetLatency(("multiply-adds",), {"latency-titan_rtx_1": 20.0, "latency-gold_6240": 40.0})
    chain, value = programme(problem)
    found = problem.evaluate(designs_of(problem, [chain]))
    assert found.objectives[0, 0] == pytest.approx(value)
    assert found.feasible[0]
    assert not found.exact.any()
    sample = problem.space.sample(2_000, np.random.default_rng(0))
    others = problem.evaluate(sample)
    assert others.objectives[others.feasible].max() < value


def programme(problem: FBNetLatency) -> tuple[list[int], float]:
    """Solve the choice of one block for each layer exactly, from evaluations of chains that differ in one block."""
    layers, blocks = fbnet.LAYERS, len(fbnet.BLOCKS)
    probes = np.zeros((1 + layers * blocks, layers), dtype=np.int64)
    for row, (layer, block) in enumerate(itertools.product(range(layers), range(blocks)), start=1):
        probes[row, layer] = block
    evaluations = problem.evaluate(designs_of(problem, probes))
    values = np.hstack([evaluations.objectives, evaluations.constraints])
    gains = (values[1:] - values[0]).reshape(layers, blocks, -1)
    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    choice = [[model.addBinary() for _ in range(blocks)] for _ in range(layers)]
    for row in choice:
        model.addConstr(sum(row) == 1)
    totals = [
        sum(float(gains[layer, block, k]) * choice[layer][block] for layer in range(layers) for block in range(blocks))
        for k in range(values.shape[1])
    ]
    for k in range(1, values.shape[1]):
        model.addConstr(totals[k] <= -float(values[0, k]) - 1e-6)
    model.maximize(totals[0])
    taken = [max(range(blocks), key=lambda block: model.val(row[block])) for row in choice]
    return taken, float(values[0, 0]) + float(model.getObjectiveValue())


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda: NASBenchMacro(()), "named once"),
        (lambda: NASBenchMacro(("accuracy", "accuracy")), "named once"),
        (lambda: NASBenchMacro(("acuracy",)), "did you mean 'accuracy'"),
        (lambda: NASBenchMacro(("accuracy",), {"flop": 3.0}), "budgets: no such quantity; did you mean 'flops'"),
        (lambda: NASBenchMacro(("accuracy",), {"flops": float("nan")}), r"budgets.flops: not a limit"),
        (lambda: NASBench201(("flops",), isomorphic="merge"), "did you mean 'merged'"),
        (lambda: NASBench201(("latency-pixel4",)), "did you mean 'latency-pixel3'"),
        (lambda: FBNetLatency(("latency-titan_rtx_256",)), "no such quantity"),
    ],
)
def test_nonsense_is_refused(action: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        action()  # type: ignore[operator]
