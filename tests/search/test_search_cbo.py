"""Consensus-based optimisation: exact identities of the consensus, published rates of success, constraints, collapse."""

from __future__ import annotations

import logging
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from solved import best_of

from braess.errors import InputError
from braess.search._consensus import alpha_for, effective_size, energies_of, moved, weights
from braess.search.cbo import CBO
from braess.search.random import Random
from braess.study import Budget, Study
from braess.testing import Canyon, Rastrigin, Sphere, go_on


def drawn(seed: int, n: int = 40) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=n)


def test_the_consensus_of_a_cloud_is_a_proximal_step() -> None:
    """For quadratic energies and infinitely many points around c it is (I + t A)^-1 (c + t A b), t = alpha * variance."""
    matrix, bottom, centre = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([0.5, -0.5]), np.array([0.8, 0.2])
    width, alpha = 0.1, 5.0
    expected = np.linalg.solve(np.eye(2) + alpha * width**2 * matrix, centre + alpha * width**2 * matrix @ bottom)
    assert expected == pytest.approx([0.75772, 0.16053], abs=5e-6)
    points = centre + width * np.random.default_rng(0).standard_normal((1_000_000, 2))
    energies = 0.5 * np.einsum("ni,ij,nj->n", points - bottom, matrix, points - bottom)
    assert weights(energies, alpha) @ points == pytest.approx(expected, abs=5e-4)


@given(seed=st.integers(0, 1000), shift=st.floats(-1e6, 1e6))
def test_a_constant_changes_nothing(seed: int, shift: float) -> None:
    energies = drawn(seed)
    assert weights(energies + shift, 3.0) == pytest.approx(weights(energies, 3.0), rel=1e-6)


@given(seed=st.integers(0, 1000))
def test_steep_weights_are_those_of_the_best(seed: int) -> None:
    energies = drawn(seed)
    shares = weights(energies, 1e12)
    assert shares.argmax() == energies.argmin()
    assert shares.max() == pytest.approx(1.0)


@given(seed=st.integers(0, 1000), size=st.floats(1.5, 39.0))
def test_as_many_count_as_asked_for(seed: int, size: float) -> None:
    energies = drawn(seed)
    energies[:5] = np.inf if seed % 2 else energies[:5]
    found = effective_size(weights(energies, alpha_for(energies, size)))
    assert found == pytest.approx(min(size, np.isfinite(energies).sum()), rel=1e-3)


@given(seed=st.integers(0, 1000), noise=st.sampled_from(["anisotropic", "isotropic"]))
def test_moves_go_along(seed: int, noise: Literal["anisotropic", "isotropic"]) -> None:
    """Everything shifted by the same vector moves as before, shifted; without noise all go straight to the consensus."""
    rng = np.random.default_rng(seed)
    particles, centre, shift = rng.normal(size=(6, 3)), rng.normal(size=3), rng.normal(size=3)
    settings: dict[str, Any] = {"drift": 1.0, "sigma": 0.7, "step": 0.1, "noise": noise}
    there = moved(particles + shift, centre + shift, np.random.default_rng(1), **settings)
    assert there == pytest.approx(moved(particles, centre, np.random.default_rng(1), **settings) + shift)
    settings |= {"sigma": 0.0, "step": 1.0}
    assert moved(particles, centre, rng, **settings) == pytest.approx(np.tile(centre, (6, 1)))


def test_noise_is_by_distance() -> None:
    """Anisotropic noise leaves coordinates alone in which a particle is at the consensus; isotropic noise does not."""
    particles, centre = np.array([[1.0, 0.0]] * 100_000), np.zeros(2)
    rng = np.random.default_rng(0)
    one = moved(particles, centre, rng, drift=1.0, sigma=0.5, step=0.25, noise="anisotropic")
    assert (one[:, 1] == 0.0).all()
    assert one[:, 0].std() == pytest.approx(0.25, rel=0.02)
    both = moved(particles, centre, rng, drift=1.0, sigma=0.5, step=0.25, noise="isotropic")
    assert both.std(axis=0) == pytest.approx([0.25, 0.25], rel=0.02)
    assert both.mean(axis=0) == pytest.approx([0.75, 0.0], abs=0.01)


def test_whatever_keeps_constraints_counts_more() -> None:
    found = energies_of(np.array([0.0, 0.0, 2.0, 1.0, np.inf]), np.array([5.0, 3.0, -9.0, -9.0, np.inf]))
    assert found[:2].tolist() == [5.0, 3.0]
    assert found[1] < found[0] < found[3] < found[2] < found[4] == np.inf
    nothing_feasible = energies_of(np.array([2.0, 1.0]), np.array([0.0, 5.0]))
    assert nothing_feasible[1] < nothing_feasible[0]


def _canyon(noise: str, seed: int) -> bool:
    """Run 50 times 200 particles from around (8, 8) with the settings of the authors; tell whether it ends near the optimum."""
    problem, rng = Canyon(), np.random.default_rng(seed)
    particles, centre = 8.0 + 0.5 * rng.standard_normal((200, 2)), np.full(2, 8.0)
    for _ in range(250):
        if noise == "hopping":
            particles = centre + 0.7 * rng.standard_normal((200, 2))
        centre = weights(problem.heights(particles), 100.0) @ particles
        if noise != "hopping":
            particles = moved(particles, centre, rng, drift=1.0, sigma=1.6, step=0.01, noise="isotropic")
    return float(np.linalg.norm(centre)) < 0.5


@pytest.mark.parametrize(("noise", "least"), [("isotropic", 18), ("hopping", 17)])
def test_it_leaves_the_canyon(noise: str, least: int) -> None:
    """Of 20 runs at least 0.9 (consensus hopping: 0.85) must end at the optimum, as published; descent never does."""
    assert sum(_canyon(noise, seed) for seed in range(20)) >= least


def test_it_beats_random_search() -> None:
    problem = Rastrigin(3)
    ours, random = (np.median([best_of(search, problem, 4000, seed) for seed in range(5)]) for search in (CBO(), Random()))
    assert ours < 0.01 < random


def test_it_converges() -> None:
    """The optimum of a bowl is 0 by construction; every variant must come near and then begin anew."""
    for noise in ("anisotropic", "isotropic", "hopping"):
        search = CBO(noise=noise, sigma=0.5)  # type: ignore[arg-type]
        assert best_of(search, Sphere(3), 12_000, 0) < 1e-4
    running = CBO(particles=20, sigma=0.1).start(Sphere(2), np.random.default_rng(0))
    spreads = [np.ptp(batch["x"], axis=0).max() for batch in go_on(running, Sphere(2), 20 * 60, 20)]
    assert min(spreads) < 1e-7
    assert max(spreads[int(np.argmin(spreads)) :]) > 1.0


def test_the_effective_size_is_watched(caplog: pytest.LogCaptureFixture) -> None:
    result = Study(Sphere(3), CBO(particles=30, effective=0.5), budget=Budget(evaluations=900), progress="off").run()
    assert result.monitor["effective particles"] == pytest.approx(np.full(30, 15.0), rel=0.05)
    with caplog.at_level(logging.WARNING, logger="braess"):
        Study(Sphere(3), CBO(particles=30, alpha=1e9), budget=Budget(evaluations=300), progress="off").run()
    assert sum("count with alpha" in record.message for record in caplog.records) == 1


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"particles": 1}, "particles"),
        ({"noise": "white"}, "noise"),
        ({"drift": 0.0}, "drift"),
        ({"drift": 2.0, "step": 1.0}, "drift"),
        ({"sigma": -1.0}, "sigma"),
        ({"width": 0.0}, "width"),
        ({"shrinking": 1.5}, "shrinking"),
        ({"alpha": -1.0}, "alpha"),
        ({"effective": 0.0}, "effective"),
    ],
)
def test_nonsense_is_refused(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError, match=field):
        CBO(**settings)
