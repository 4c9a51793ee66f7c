"""Indicators of fronts against closed forms and plain loops, and what must hold of them whatever the front."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from braess.errors import InputError
from braess.space import Categorical, Choice, Integer, Permutation, Real, Space
from braess.study.indicators import averaged_hausdorff, diversity, hypervolume, igd_plus, r2, sampled_r2, scaled

LINE = np.array([[0.0, 1.0], [0.25, 0.75], [0.5, 0.5], [0.75, 0.25], [1.0, 0.0]])


def drawn(seed: int, n: int = 6, m: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).random((n, m))


def test_hypervolume_of_stairs() -> None:
    """Two points of which each covers a rectangle; what both cover counts once, what is beyond the reference does not."""
    points = np.array([[1.0, 3.0], [2.0, 1.0], [9.0, 9.0]])
    assert hypervolume(points, np.array([4.0, 4.0])) == pytest.approx(3 * 1 + 2 * 3 - 2 * 1)
    assert hypervolume(np.array([[5.0, 5.0]]), np.array([4.0, 4.0])) == 0.0


@given(seed=st.integers(0, 500))
def test_distances_are_those_of_plain_loops(seed: int) -> None:
    points, front = drawn(seed), drawn(seed + 1, 4)
    worse = [min(np.linalg.norm(np.maximum(point - known, 0.0)) for point in points) for known in front]
    assert igd_plus(points, front) == pytest.approx(np.mean(worse))
    there = [min(np.linalg.norm(point - known) for point in points) ** 2 for known in front]
    back = [min(np.linalg.norm(point - known) for known in front) ** 2 for point in points]
    assert averaged_hausdorff(points, front, 2) == pytest.approx(max(np.mean(there), np.mean(back)) ** 0.5)


@given(seed=st.integers(0, 500))
def test_better_is_never_worse(seed: int) -> None:
    """A set that becomes better in every point must not look worse; distances that ignore dominance may."""
    points, front, reference = drawn(seed, m=3), drawn(seed + 1, 4, 3) - 1.0, np.full(3, 2.0)
    better = points - 0.1 * drawn(seed + 2, m=3)
    assert igd_plus(better, front) <= igd_plus(points, front) + 1e-12
    assert hypervolume(better, reference) >= hypervolume(points, reference) - 1e-12
    assert r2(better, front.min(axis=0) - 1.0) <= r2(points, front.min(axis=0) - 1.0) + 1e-12


def test_r2_of_one_point() -> None:
    """Of (1, 1) from 0 the larger of two weights that sum to 1 is left: 3/4 on average; of three: 11/18."""
    assert r2(np.ones((1, 2)), np.zeros(2)) == pytest.approx(0.75)
    assert sampled_r2(np.ones((1, 3)), np.zeros(3), 16) == pytest.approx(11 / 18, abs=1e-4)
    assert r2(np.ones((1, 3)), np.zeros(3)) == pytest.approx(11 / 18, abs=2e-3)


@given(seed=st.integers(0, 200))
def test_the_sample_comes_to_the_exact_r2(seed: int) -> None:
    points = drawn(seed)
    assert sampled_r2(points, np.zeros(2), 12) == pytest.approx(r2(points, np.zeros(2)), abs=1e-4)


def test_a_known_front_is_perfect() -> None:
    assert igd_plus(LINE, LINE) == 0.0
    assert averaged_hausdorff(LINE, LINE) == 0.0
    assert averaged_hausdorff(LINE[:1], LINE) > 0.5


def test_scaling() -> None:
    found = scaled(np.array([[1.0, 10.0], [3.0, 30.0]]), np.array([1.0, 10.0]), np.array([5.0, 50.0]))
    assert found.tolist() == [[0.0, 0.0], [0.5, 0.5]]
    with pytest.raises(InputError, match="nadir"):
        scaled(LINE, np.zeros(2), np.array([1.0, 0.0]))


def test_diversity_of_numbers_and_categories() -> None:
    """Means over decisions and pairs, written down by hand."""
    space = Space({"x": Real(low=0.0, high=10.0), "n": Integer(low=0, high=4), "kind": Categorical(options=("a", "b", "c"))})
    designs = space.designs({"x": [0.0, 10.0, 0.0], "n": [0, 0, 4], "kind": [0, 2, 0]})
    step = abs(space.to_unit(designs)[2, 1] - space.to_unit(designs)[0, 1])
    pairs = [(1 + 0 + 1) / 3, (0 + step + 0) / 3, (1 + step + 1) / 3]
    assert diversity(designs) == pytest.approx(np.mean(pairs))
    assert diversity(designs.take([0, 0])) == 0.0


def test_diversity_of_what_only_one_decides() -> None:
    space = Space({"mode": Choice(options={"a": None, "b": Space({"x": Real(low=0.0, high=1.0)})})})
    designs = space.sample(40, np.random.default_rng(0))
    rows = designs.rows()
    one = next(i for i, row in enumerate(rows) if len(row) == 1)
    other = next(i for i, row in enumerate(rows) if len(row) == 2)
    assert diversity(designs.take([one, other])) == 1.0


@given(seed=st.integers(0, 100))
def test_diversity_is_between_0_and_1(seed: int) -> None:
    space = Space({"order": Permutation(size=5), "x": Real(low=-1.0, high=1.0, size=3)})
    designs = space.sample(6, np.random.default_rng(seed))
    turned = designs.take(list(np.random.default_rng(seed).permutation(6)))
    assert 0.0 <= diversity(designs) <= 1.0
    assert diversity(turned) == pytest.approx(diversity(designs))


@pytest.mark.parametrize("measure", [igd_plus, averaged_hausdorff, r2, hypervolume])
def test_nonsense_is_refused(measure) -> None:  # type: ignore[no-untyped-def]
    other = np.zeros(2) if measure in (r2, hypervolume) else LINE
    for points, second in itertools.product((np.empty((0, 2)), np.full((1, 2), np.nan), np.zeros(2)), (other,)):
        with pytest.raises(InputError, match="points"):
            measure(points, second)
    with pytest.raises(InputError):
        measure(LINE, np.zeros(3) if measure in (r2, hypervolume) else np.zeros((2, 3)))


def test_more_nonsense_is_refused() -> None:
    with pytest.raises(InputError, match="power"):
        averaged_hausdorff(LINE, LINE, 0)
    with pytest.raises(InputError, match="better than the ideal"):
        r2(LINE, np.ones(2))
    with pytest.raises(InputError, match="two"):
        diversity(Space({"x": Real(low=0.0, high=1.0)}).sample(1, np.random.default_rng(0)))
