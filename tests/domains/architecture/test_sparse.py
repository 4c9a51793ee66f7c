"""Node masks: small networks against masked ones, exact sizes, even draws, brute force, gradients, training."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("filelock", reason="images need the extra learn")

from scipy.stats import chisquare

from braess.domains.architecture.sparse.perceptron import Perceptron, Training, accuracy, cross_entropy
from braess.domains.architecture.sparse.problem import SparseNetwork
from braess.domains.architecture.sparse.settings import SparseNetworkSettings
from braess.domains.architecture.training import Images, Labelled
from braess.errors import InputError
from braess.search.random import Random
from braess.space import every_design
from braess.study.file import parse_study
from braess.testing import go_on


def _images(n: int, seed: int) -> Labelled:
    """Return noise around one corner of a cube for each of three classes."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=n)
    pixels = np.eye(3, 6)[labels] * 3.0 + rng.normal(size=(n, 6))
    return Labelled(pixels.astype(np.float32).reshape(n, 1, 2, 3), labels)


def _problem(hidden: tuple[int, ...] = (8, 6), sparsity: float = 0.5, **more: Any) -> SparseNetwork:
    images = Images("corners", 3, _images(120, 0), _images(40, 1), _images(60, 2))
    parent = Perceptron.initial((6, *hidden, 3), np.random.default_rng(3))
    return SparseNetwork(parent, images, sparsity=sparsity, **more)


@pytest.mark.parametrize("rescaled", [False, True])
def test_what_is_left_is_what_is_switched_on(rescaled: bool) -> None:
    """The smaller network and the parent with units switched off must say the same: (i) of the paper's harness."""
    problem = _problem(rescaled=rescaled)
    parent = problem.parent
    precise = SparseNetwork(
        Perceptron(tuple(w.astype(float) for w in parent.weights), tuple(b.astype(float) for b in parent.biases)),
        problem.images,
        sparsity=0.5,
        rescaled=rescaled,
    )
    designs = problem.repair(problem.space.sample(20, np.random.default_rng(0)), np.random.default_rng(1))
    for one in designs:
        pixels = problem.images.test.pixels.reshape(60, -1).astype(float)
        masked = precise._masked(one).logits(pixels, precise._masks(one))
        assert np.abs(precise.network(one).logits(pixels) - masked).max() < 1e-6
    assert np.allclose(problem.evaluate(designs).objectives, problem.check(designs).objectives, atol=1e-5)


def test_every_layer_keeps_as_many_units_as_it_must() -> None:
    """Sparsity is exact after repair, a design that has as many stays as it is, and others are not feasible: (ii)."""
    problem, rng = _problem(hidden=(10, 7), sparsity=0.7), np.random.default_rng(0)
    drawn = problem.space.sample(200, rng)
    designs = problem.repair(drawn, rng)
    assert (designs["layer_1"].sum(axis=1) == 3).all()
    assert (designs["layer_2"].sum(axis=1) == 2).all()
    assert problem.repair(designs, rng).same_as(designs).all()
    assert problem.evaluate(designs).feasible.all()
    right = (drawn["layer_1"].sum(axis=1) == 3) & (drawn["layer_2"].sum(axis=1) == 2)
    assert np.array_equal(problem.evaluate(drawn.take(np.arange(40))).feasible, right[:40])


def test_draws_are_even_among_all_sets() -> None:
    """Repaired uniform designs must be uniform among the ten pairs of five units, as random search must be: (iii)."""
    problem, rng = _problem(hidden=(5,), sparsity=0.6), np.random.default_rng(5)
    masks = problem.repair(problem.space.sample(5000, rng), rng)["layer_1"]
    counts = [int((masks[:, list(pair)].sum(axis=1) == 2).sum()) for pair in combinations(range(5), 2)]
    assert sum(counts) == 5000
    assert chisquare(counts).pvalue > 0.01


def test_random_search_finds_the_best_of_all_sets() -> None:
    """Of three hidden units there are three pairs: random search must find the one of least loss, and all of them: (iv)."""
    problem = _problem(hidden=(3,), sparsity=0.34)
    every = every_design(problem.space)
    found = problem.check(every)
    best = found.objectives[found.feasible, 0].min()
    asked = go_on(Random().start(problem, np.random.default_rng(0)), problem, 1000, 7)
    losses = np.concatenate([problem.evaluate(batch).objectives[:, 0] for batch in asked])
    assert len(losses) == 3
    assert np.isclose(losses.min(), best, atol=1e-6)


def test_more_draws_are_never_worse() -> None:
    """The first draws of a long search are those of a short one, so that the best of more is at least as good: (v)."""
    problem = _problem(hidden=(12,))
    short, long = (
        np.concatenate(
            [
                problem.evaluate(batch).objectives[:, 0]
                for batch in go_on(Random(block=8).start(problem, np.random.default_rng(0)), problem, n, 5)
            ]
        )
        for n in (20, 60)
    )
    assert np.array_equal(short, long[: len(short)])
    assert long.min() <= short.min()


def test_gradients_are_differences() -> None:
    """Derivatives of the mean cross-entropy by every weight and bias, against central differences, for two networks at once."""
    rng = np.random.default_rng(0)
    networks = Perceptron.initial((4, 5, 3, 2), rng, np.float64).without(
        [np.array([[0, 1, 3], [1, 2, 4]]), np.array([[0, 1], [1, 2]])]
    )
    pixels, labels = rng.normal(size=(7, 4)), rng.integers(2, size=7)
    slopes = networks.gradients(pixels, labels)
    for which, parts in enumerate((networks.weights, networks.biases)):
        for layer, part in enumerate(parts):
            for place in np.ndindex(part.shape):
                kept, step = part[place], 1e-6
                losses = []
                for side in (1.0, -1.0):
                    part[place] = kept + side * step
                    losses.append(cross_entropy(networks.logits(pixels), labels)[place[0]])
                part[place] = kept
                assert np.isclose(slopes[which][layer][place], (losses[0] - losses[1]) / (2 * step), atol=1e-7)


def test_networks_learn_side_by_side_as_alone() -> None:
    """Three classes that lie apart must be told apart, and a network must not learn otherwise for having others beside it."""
    problem = _problem(training=Training(epochs=10, batch=16))
    designs = problem.repair(problem.space.sample(3, np.random.default_rng(0)), np.random.default_rng(1))
    together = problem.curves(designs)
    assert together.shape == (3, 10)
    assert np.allclose(together, np.concatenate([problem.curves(one) for one in designs]), atol=2.0)
    assert together[:, -1].min() > 75.0
    assert problem.dense_curve()[-1] > 85.0
    before = [part.copy() for part in problem.parent.weights]
    assert all(np.array_equal(part, old) for part, old in zip(problem.parent.weights, before, strict=True))
    oracle = _problem(training=Training(epochs=10, batch=16), score="trained-accuracy")
    assert np.array_equal(
        oracle.evaluate(designs).objectives[:, 0], np.concatenate([problem.curves(o) for o in designs])[:, -1]
    )


def test_scores_are_what_they_say() -> None:
    """Cross-entropy and accuracy by hand: uniform logits lose log 3 nats, the first class is named where all are equal."""
    logits = np.zeros((1, 4, 3))
    assert np.isclose(cross_entropy(logits, np.array([0, 1, 2, 0]))[0], np.log(3.0))
    assert accuracy(logits, np.array([0, 1, 2, 0]))[0] == 50.0


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"sparsity": 1.0, "images": "stripes", "sizes": (20, 10, 10)}, "sparsity"),
        ({"sparsity": 0.5, "hidden": ()}, "hidden"),
        ({"sparsity": 0.5, "epochs": 0}, "epochs"),
        ({"sparsity": 0.5, "momentum": 1.0}, "momentum"),
        ({"sparsity": 0.5, "images": "stripes", "sizes": (20, 0, 10)}, "validation"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError, match=field):
        SparseNetworkSettings(**settings).build(Path())


def test_study_files_name_it() -> None:
    """A study file must do for all of it: images, weights and masks, and the same seed must give the same losses."""
    study = """
[problem]
kind = "sparse-network"
sparsity = 0.75
hidden = [12, 8]
images = "stripes"
sizes = [40, 20, 20]
[search]
method = "random"
"""
    first, again = (parse_study(study, Path()).build_problem() for _ in range(2))
    asked = Random().start(first, np.random.default_rng(0)).ask(5)
    assert np.array_equal(first.evaluate(asked).objectives, again.evaluate(asked).objectives)
    assert np.allclose(first.evaluate(asked).objectives, first.check(asked).objectives, atol=1e-5)
    assert first.describe() == again.describe()
