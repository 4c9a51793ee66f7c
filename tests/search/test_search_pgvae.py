"""Searches with generative models: conformance, rare and far optima, worth, rows, stacks, weights."""

from __future__ import annotations

import pickle
from typing import Any, ClassVar

import numpy as np
import pytest

pytest.importorskip("torch", reason="generative models need the extra learn")

import torch
from hypothesis import given
from hypothesis import strategies as st
from solved import best_of

from braess.errors import InputError
from braess.problem import Evaluations, Objective, Problem
from braess.search._rows import Rows
from braess.search._vae_run import learn_together
from braess.search._worth import worth_of
from braess.search.pgvae import PGVAE
from braess.search.random import Random
from braess.search.weighted_vae import WeightedVAE
from braess.space import Real, Space, every_design
from braess.testing import ZDT1, Cells, Knapsack, Mixed, SearchConformance, Sphere, Tour, go_on

QUICK: dict[str, Any] = {"size": 20, "epochs": 5, "latent": 2, "hidden": (8,)}


class TestPGVAEConformance(SearchConformance):
    search = PGVAE(**QUICK)
    problems: ClassVar = (Sphere(2), Mixed(), Cells(), Knapsack(20))
    unfit: ClassVar = (ZDT1(3), Tour())
    evaluations = 100


class TestPGVAEPriorConformance(SearchConformance):
    search = PGVAE(proposals="prior", **QUICK)
    problems: ClassVar = (Mixed(),)
    evaluations = 60


class TestWeightedVAEConformance(SearchConformance):
    search = WeightedVAE(**QUICK)
    problems: ClassVar = (Sphere(2), Mixed(), Cells())
    unfit: ClassVar = (ZDT1(3), Tour())
    evaluations = 100


class Peaks(Problem):
    """A narrow peak of height 1 at 0, and a wide one of height 2.5 at 8."""

    name = "peaks"

    space = Space({"x": Real(low=-5.0, high=20.0)})
    objectives = (Objective("height", "max"),)

    def evaluate(self, designs: Any) -> Evaluations:
        x = designs["x"]
        heights = np.exp(-0.5 * (x / 0.25) ** 2) + 2.5 * np.exp(-0.5 * (x - 8.0) ** 2)
        return Evaluations.of(heights[:, None])

    check = evaluate


@pytest.fixture(scope="module")
def rare(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two hundred designs around the low peak, ten beside the high one, as a file."""
    rng, problem = np.random.default_rng(0), Peaks()
    x = np.concatenate([rng.normal(0.0, 0.6, 200), 8.0 + rng.uniform(0.5, 1.0, 10)])
    heights = problem.evaluate(problem.space.designs({"x": x})).objectives[:, 0]
    path = tmp_path_factory.mktemp("examples") / "train.csv"
    rows = (f"{a!r},{b!r}\n" for a, b in zip(x.tolist(), heights.tolist(), strict=True))
    path.write_text("x,height\n" + "".join(rows))
    return str(path)


def test_a_rare_and_far_optimum_is_found_where_weights_do_not(rare: str) -> None:
    """The optimum is 2.5 at 8, where 5 % of the designs known lie beside; weighing them keeps to the crowd around 0."""
    settings: dict[str, Any] = {"examples": rare, "latent": 2, "hidden": (64, 64), "minibatch": 128, "epochs": 100}
    searches = (PGVAE(**settings), WeightedVAE(weights="dbas", **settings))
    ordered, weighed = (-np.array([best_of(one, Peaks(), 300, seed) for seed in range(3)]) for one in searches)
    assert ordered.min() >= 2.45
    assert np.median(weighed) < 2.45


@pytest.mark.parametrize("weights", ["cbas", "dbas", "rwr", "cem-pi"])
def test_weights_help_where_good_designs_are_common(weights: Any) -> None:
    """On a bowl that all designs cover, each weight must end closer than as many random designs."""
    search = WeightedVAE(weights=weights, size=50, epochs=100, latent=4)
    ours, random = (np.median([best_of(one, Sphere(3), 300, seed) for seed in range(3)]) for one in (search, Random()))
    assert ours < random


def test_mixed_spaces_are_searched() -> None:
    """The optimum of the mixed toy is 0: half of what as many random designs come to must be reached."""
    search = PGVAE(size=50, epochs=200, latent=4)
    ours, random = (np.median([best_of(one, Mixed(), 400, seed) for seed in range(3)]) for one in (search, Random()))
    assert ours < 0.5 * random


def test_no_design_comes_twice_and_a_space_is_exhausted() -> None:
    """Of a small knapsack, whose heavy designs are repaired, each that fits must be asked for once; then the search ends."""
    problem = Knapsack(6)
    fitting = problem.evaluate(every_design(problem.space)).feasible.sum()
    batches = go_on(PGVAE(**QUICK).start(problem, np.random.default_rng(0)), problem, 1000, 9)
    keys = [key for batch in batches for key in batch.hashes()]
    assert len(set(keys)) == len(keys) == fitting < 64


@given(st.integers(0, 2**32 - 1), st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
def test_worth_sees_neither_offset_nor_scale(seed: int, offset: float, scale: float) -> None:
    """What tau means must not depend on units: worth runs from 0 to 1, the best designs first."""
    values = np.random.default_rng(seed).normal(size=30)
    worth = worth_of(np.zeros(30), values)
    assert worth.min() == 0.0
    assert worth.max() == 1.0 == worth[np.argmin(values)]
    assert (np.diff(worth[np.argsort(values)]) <= 0.0).all()
    assert np.allclose(worth_of(np.zeros(30), scale * values + offset), worth, atol=1e-6)


def test_worth_of_designs_that_break_constraints() -> None:
    """They are worth as much as the worst that keeps them; where none does, less violation is worth more; failures least."""
    inf = np.inf
    assert worth_of(np.array([0.0, 0.0, 2.0, inf]), np.array([1.0, 3.0, -9.0, inf])).tolist() == [1.0, 0.0, 0.0, 0.0]
    assert worth_of(np.array([1.0, 2.0, 3.0, inf]), np.array([7.0, 7.0, 7.0, inf])).tolist() == [1.0, 0.5, 0.0, 0.0]
    assert worth_of(np.array([inf, inf]), np.array([inf, inf])).tolist() == [0.0, 0.0]


def test_one_bad_outlier_does_not_set_the_scale() -> None:
    """Good and middling designs must stay apart where one is a million times worse."""
    worth = worth_of(np.zeros(5), np.array([0.0, 1.0, 2.0, 3.0, 1e6]))
    assert np.allclose(worth, [1.0, 0.875, 0.75, 0.625, 0.0])


@pytest.mark.parametrize("problem", [Mixed(), Cells(), Knapsack(7), Sphere(3)], ids=lambda problem: problem.name)
def test_rows_are_read_back(problem: Any) -> None:
    """What is written must be decoded to the same design, standard numbers or not."""
    designs = problem.space.sample(200, np.random.default_rng(0))
    points, rows = problem.space.to_unit(designs), Rows(problem.space)
    for _ in range(2):
        written = rows.encode(points)
        assert written.shape == (200, rows.columns.width)
        again = problem.space.from_unit(rows.decode(written))
        for leaf in problem.space.leaves:
            assert np.allclose(again[leaf.path], designs[leaf.path], rtol=1e-4, atol=1e-5)
        rows.standardise(points)
    numbers = written[:, rows.columns.width - rows.columns.numbers :]
    assert torch.allclose(numbers.mean(0), torch.zeros(rows.columns.numbers), atol=1e-5)


def test_decoded_categories_are_drawn_in_proportion() -> None:
    """With a generator a category comes as often as its score says: 1 of 4 against 3 of 4 within three deviations."""
    rows = Rows(Knapsack(1).space)
    scores = torch.log(torch.tensor([[0.75, 0.25]])).repeat(4000, 1)
    share = (rows.decode(scores, np.random.default_rng(0)) > 0.5).mean()
    assert abs(share - 0.25) < 3.0 * np.sqrt(0.25 * 0.75 / 4000)
    assert (rows.decode(scores) < 0.5).all()


@pytest.mark.parametrize("kind", [PGVAE, WeightedVAE])
def test_runs_learn_together_what_they_learn_alone(kind: Any) -> None:
    """A stack of studies must be a matter of speed only."""

    def runs() -> list[Any]:
        started = [kind(**QUICK).start(Mixed(), np.random.default_rng(seed)) for seed in range(3)]
        for run in started:
            go_on(run, Mixed(), 20, 20)
        return started

    together, alone = runs(), runs()
    learn_together(together)
    for one, other in zip(together, alone, strict=True):
        learn_together([other])
        pairs = zip(one.model.parameters(), other.model.parameters(), strict=True)
        assert all(torch.allclose(a, b, atol=1e-5) for a, b in pairs)


def _weights(kind: str, worth: list[float], rounds: list[int], **settings: Any) -> Any:
    run: Any = WeightedVAE(weights=kind, **QUICK, **settings).start(Sphere(2), np.random.default_rng(0))
    run.rounds = rounds
    return run._weights(np.array(worth), torch.zeros(rounds[-1], 2))


def test_weights_are_those_of_their_papers() -> None:
    """By hand: exponentials; the best of a round; tails of a normal distribution beyond the highest quantile so far."""
    from scipy.stats import norm

    assert np.allclose(_weights("rwr", [0.0, 0.5, 1.0], [1, 2], alpha=4.0), [np.exp(-2.0), 1.0])
    assert _weights("cem-pi", [0.9, *np.arange(20) / 100], [1, 20]).tolist() == [0.0] * 19 + [1.0]
    worth, rounds = [0.0, 0.43, 0.3, 0.41, 0.2, 0.395], [2, 2, 2]  # the highest quantile is of the round before the newest
    tails = norm.sf(np.quantile([0.3, 0.41], 0.95), [0.2, 0.395], 0.01)
    assert np.allclose(_weights("dbas", worth, rounds), tails / tails.max())
    tails = norm.sf(np.quantile([0.0, 0.43], 0.95), [0.2, 0.395], 0.01)  # of what was known at first
    assert np.allclose(_weights("dbas", worth, rounds, first="weighed"), tails / tails.max())


def test_cbas_weighs_by_both_models() -> None:
    """With equal models its weights are those of DbAS; designs that the first model rebuilds better count more."""
    run: Any = WeightedVAE(**QUICK).start(Sphere(2), np.random.default_rng(0))
    go_on(run, Sphere(2), 40, 20)
    rows = run.rows.encode(run.points[-20:])
    run._first = run.model
    assert np.allclose(run._log_ratio(rows), 0.0)
    run._first = run.fresh_model()
    with torch.no_grad():
        first, present = (
            -(rows - model.decode(model.encode(rows[None]).means)[0]).square().sum(1) for model in (run._first, run.model)
        )
    assert np.allclose(run._log_ratio(rows), (first - present).numpy(), atol=1e-5)


def test_what_is_watched() -> None:
    """Each round must say how well densities of codes follow worth, and survive pickling."""
    run: Any = PGVAE(size=30, epochs=200, latent=2).start(Sphere(2), np.random.default_rng(0))
    go_on(run, Sphere(2), 90, 30)
    watched = pickle.loads(pickle.dumps(run)).monitor()["order of codes"]
    assert len(watched) == 2
    assert watched[-1] > 0.9


def test_repaired_designs_are_asked_for() -> None:
    """Where the problem repairs, everything asked for must be feasible."""
    batches = go_on(PGVAE(**QUICK).start(Knapsack(20), np.random.default_rng(0)), Knapsack(20), 60, 20)
    assert Evaluations.concatenate([Knapsack(20).evaluate(batch) for batch in batches]).feasible.all()


@pytest.mark.parametrize(
    ("kind", "settings", "field"),
    [
        (PGVAE, {"tau": 0.0}, "tau"),
        (PGVAE, {"ordering": -1.0}, "ordering"),
        (PGVAE, {"proposals": "posterior"}, "proposals"),
        (PGVAE, {"size": 0}, "size"),
        (PGVAE, {"hidden": (64, 0)}, "hidden"),
        (PGVAE, {"rate": float("nan")}, "rate"),
        (WeightedVAE, {"weights": "best"}, "weights"),
        (WeightedVAE, {"noise": 0.0}, "noise"),
        (WeightedVAE, {"alpha": -1.0}, "alpha"),
    ],
)
def test_impossible_settings_are_refused(kind: Any, settings: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError, match=field):
        kind(**settings)
