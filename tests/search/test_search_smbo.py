"""Ridge regression on choices: closed forms, leaving out by hand, features by hand, known optima, the end of a space."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chisquare
from solved import best_of, optimum

from braess.errors import InputError
from braess.search._choices import Choices, NGrams
from braess.search._ridge import Ridge
from braess.search._smbo import _picked
from braess.search.random import Random
from braess.search.smbo import SMBO
from braess.space import Binary, Categorical, Choice, Integer, Permutation, Real, Repeat, Space, every_design
from braess.testing import Blocks, Cells, Knapsack, go_on


def test_ridge_of_one_feature_in_closed_form() -> None:
    """One slope is the covariance over variance plus penalty, and the offset lets the line go through the means."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(3.0, 2.0, 20), rng.normal(size=20)
    for penalty in (0.0, 0.5, 1000.0):
        model = Ridge.fit(x[:, None], y, np.array([penalty]))
        slope = ((x - x.mean()) * (y - y.mean())).sum() / (((x - x.mean()) ** 2).sum() + penalty)
        assert model.slopes[0] == pytest.approx(slope)
        assert model(np.array([[0.0]]))[0] == pytest.approx(y.mean() - slope * x.mean())


@pytest.mark.parametrize("shape", [(30, 4), (12, 40)])
def test_the_penalty_is_that_which_leaves_out_best(shape: tuple[int, int]) -> None:
    """The short cut must pick what fitting anew without each row picks, with fewer rows than features as well."""
    rng = np.random.default_rng(1)
    rows = rng.normal(size=shape)
    values = rows[:, 0] + 0.5 * rng.normal(size=len(rows))
    penalties = 10.0 ** np.arange(-2.0, 4.0)
    errors = np.zeros(len(penalties))
    for i in range(len(rows)):
        kept = np.arange(len(rows)) != i
        for k, penalty in enumerate(penalties):
            model = Ridge.fit(rows[kept], values[kept], np.array([penalty]))
            errors[k] += (model(rows[i : i + 1])[0] - values[i]) ** 2
    assert Ridge.fit(rows, values, penalties).penalty == penalties[np.argmin(errors)]


def test_ridge_solves_its_normal_equations() -> None:
    """Slopes must be those of the penalised normal equations, solved plainly."""
    rng = np.random.default_rng(2)
    rows, values = rng.normal(size=(15, 6)), rng.normal(size=15)
    centred = rows - rows.mean(axis=0)
    expected = np.linalg.solve(centred.T @ centred + 3.0 * np.eye(6), centred.T @ (values - values.mean()))
    np.testing.assert_allclose(Ridge.fit(rows, values, np.array([3.0])).slopes, expected)


_SPACE = Space(
    {
        "kind": Choice({"no": None, "conv": Space({"size": Categorical(options=(3, 5))})}),
        "rate": Real(low=0.0, high=1.0),
    }
)


def test_choices_by_hand() -> None:
    """What is not decided is 0 everywhere, so that it neither adds nor takes anything."""
    designs = _SPACE.from_rows([{"kind": "no", "rate": 0.75}, {"kind": "conv", "kind.conv.size": 5, "rate": 0.5}])
    assert Choices(_SPACE)(designs).tolist() == [[1, 0, 0, 0, 0.25], [0, 1, 0, 1, 0.0]]


def test_a_linear_worth_is_learned_exactly() -> None:
    """Where worth is a sum over choices, with parts that are not always there, some designs tell that of all others."""
    space = Space(
        {
            "a": Categorical(options=("x", "y", "z")),
            "b": Choice.optional(Space({"n": Integer(low=0, high=4)})),
            "c": Binary(size=3),
            "order": Permutation(size=3),
        }
    )
    features = Choices(space)(every_design(space))
    values = features @ np.random.default_rng(0).normal(size=features.shape[1])
    some = np.random.default_rng(1).permutation(len(values))[:80]
    model = Ridge.fit(features[some], values[some], np.array([1e-9]))
    np.testing.assert_allclose(model(features), values, atol=1e-6)


def test_sequences_by_hand() -> None:
    """Layers 1, 2, 1 hold the number of decisions, tokens once and twice, and the pairs that come often enough."""
    space = Space({"layers": Repeat(Space({"width": Integer(low=1, high=2)}), 0, 3)})
    rows = [
        {"layers": 3, **{f"layers.{i}.width": width for i, width in enumerate(widths)}} for widths in ((1, 2, 1), (1, 2, 2))
    ]
    features = NGrams(space, 2, 2)
    features.learn(space.from_rows(rows))
    # tokens that came twice or more: three layers (2), width 1 (3), width 2 (3); pairs: three layers and 1 (2), 1 and 2 (2)
    assert sorted(features(space.from_rows(rows))[0].tolist()) == sorted([4, 1, 2, 1, 1, 1])
    short = space.from_rows([{"layers": 0}, {"layers": 1, "layers.0.width": 2}])
    assert features(short).sum(axis=1).tolist() == [1 + 0, 2 + 1]


def test_sequences_are_those_counted_plainly() -> None:
    """Counts of all sequences in random designs must be those of a dictionary of tuples."""
    space, rng = Cells().space, np.random.default_rng(0)
    learned, others = space.sample(40, rng), space.sample(20, rng)
    features = NGrams(space, 3, 2)
    features.learn(learned)

    def written(designs):
        for row in designs.rows():
            yield [(path.replace(".0.", ".").replace(".1.", ".").replace(".2.", "."), value) for path, value in row.items()]

    def grams(tokens, length):
        return [tuple(tokens[i : i + length]) for i in range(len(tokens) - length + 1)]

    expected = np.zeros((20, 0))
    for length in (1, 2, 3):
        every = [gram for tokens in written(learned) for gram in grams(tokens, length)]
        often = sorted({gram for gram in every if every.count(gram) >= 2}, key=str)
        counts = [[grams(tokens, length).count(gram) for gram in often] for tokens in written(others)]
        expected = np.concatenate([expected, np.array(counts, dtype=float)], axis=1)
    found = features(others)
    assert found[:, 0].tolist() == [len(tokens) for tokens in written(others)]
    assert sorted(map(tuple, found[:, 1:].T.tolist())) == sorted(map(tuple, expected.T.tolist()))


def test_luck_and_the_best_are_taken_once_each() -> None:
    """A batch of the best and of random ones must hold no design twice."""
    assert _picked([2, 0, 1], [1, 2, 0], [False, True, False]) == [2, 1, 0]
    assert _picked([0], [0], [True, False]) == [0]


def test_random_designs_come_as_often_as_asked() -> None:
    """With epsilon 1 the model has no say: the first design after the initial ones is uniform."""
    problem, found = Knapsack(3, share=1.0), []
    for seed in range(400):
        running = SMBO(initial=1, candidates=7, epsilon=1.0).start(problem, np.random.default_rng(seed))
        found.append(problem.space.concatenate(go_on(running, problem, 2, 1)).pack()[1])
    assert chisquare(np.unique(np.array(found), return_counts=True)[1]).pvalue > 1e-3


@pytest.mark.parametrize("features", ["choices", "n-grams"])
def test_exhausts_a_finite_space(features: str) -> None:
    """Every design must come once, then it is over."""
    problem = Knapsack(5, share=1.0)
    running = SMBO(features=features).start(problem, np.random.default_rng(0))
    keys = problem.space.concatenate(go_on(running, problem, 10**6, 7)).hashes()
    assert len(keys) == len(set(keys)) == 32
    assert len(running.ask(1)) == 0


@pytest.mark.parametrize("features", ["choices", "n-grams"])
def test_beats_chance_on_a_program(features: str) -> None:
    """Of 165,888 designs brute force knows the best: with 120 it must come much nearer than chance, on average."""
    searches = (SMBO(features=features), Random())
    found, by_chance = (np.mean([best_of(search, Blocks(), 120, seed) for seed in range(6)]) for search in searches)
    assert found - optimum(Blocks()) < 0.8 * (by_chance - optimum(Blocks()))


@pytest.mark.parametrize(
    ("field", "value"),
    [("initial", 0), ("candidates", 0), ("epsilon", 1.5), ("features", "words"), ("longest", 0), ("seen", 0), ("batch", 0)],
)
def test_impossible_settings_are_refused(field: str, value) -> None:
    """A wrong hyper-parameter must be named."""
    with pytest.raises(InputError, match=field):
        SMBO(**{field: value})
