"""Mixtures of normal distributions: densities and probabilities against PyTorch's own, improvement against draws, far tails."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="prior-fitted networks need the extra learn")

from hypothesis import given, settings
from hypothesis import strategies as st

from braess.learn.prior_fitted.mixture import Mixture


def _some(rng_seed: int = 0, parts: int = 5) -> tuple[Mixture, torch.distributions.MixtureSameFamily]:
    mixture = Mixture.of(torch.randn(3, 3 * parts, generator=torch.Generator().manual_seed(rng_seed))).double()
    theirs = torch.distributions.MixtureSameFamily(
        torch.distributions.Categorical(logits=mixture.log_weights),
        torch.distributions.Normal(mixture.means, mixture.deviations),
    )
    return mixture, theirs


def test_densities_and_probabilities() -> None:
    mixture, theirs = _some()
    values = torch.tensor([-1.5, 0.3, 2.0], dtype=torch.float64)
    assert torch.allclose(mixture.log_density(values), theirs.log_prob(values))
    assert torch.allclose(mixture.log_below(values).exp(), theirs.cdf(values), atol=1e-6)
    assert torch.allclose(mixture.mean(), theirs.mean)
    assert torch.allclose(mixture.deviation(), theirs.stddev)


def test_improvement_is_that_of_a_million_draws() -> None:
    mixture, theirs = _some()
    incumbent = torch.tensor([-0.5, 0.0, 0.7], dtype=torch.float64)
    torch.manual_seed(0)
    gains = (incumbent - theirs.sample(torch.Size([1_000_000]))).clamp_min(0.0)
    error = gains.std(0) / 1000.0
    assert ((mixture.log_improvement(incumbent).exp() - gains.mean(0)).abs() < 4.0 * error).all()


@given(st.floats(-40.0, 8.0))
@settings(deadline=None)
def test_improvement_of_a_normal_distribution(z: float) -> None:
    """The integral of the probability below the incumbent: what improvement is."""
    one = Mixture(*(torch.tensor([number], dtype=torch.float64) for number in (0.0, -z, 1.0)))
    grid = torch.linspace(z - 12.0, z, 40_001, dtype=torch.float64)
    integral = torch.trapezoid(torch.exp(torch.special.log_ndtr(grid) - torch.special.log_ndtr(grid[-1])), grid)
    expected = float(torch.log(integral) + torch.special.log_ndtr(grid[-1]))
    assert float(one.log_improvement(torch.tensor(0.0, dtype=torch.float64))) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("distance", [1.0, 30.0, 999.0, 1001.0, 1e6, 1e12])
def test_far_from_likely_there_is_still_a_slope(distance: float) -> None:
    mean = torch.tensor([distance], dtype=torch.float64, requires_grad=True)
    one = Mixture(torch.zeros(1, dtype=torch.float64), mean, torch.ones(1, dtype=torch.float64))
    zero = torch.zeros((), dtype=torch.float64)
    for value in (one.log_improvement(zero), one.log_below(zero)):
        (slope,) = torch.autograd.grad(value, mean)
        assert math.isfinite(float(value.detach()))
        assert float(slope) == pytest.approx(-distance, rel=1.0 if distance < 2.0 else 0.01)


def test_the_pieces_of_improvement_meet() -> None:
    """Three formulas cover the line; where one ends the next must go on."""
    for place in (1.0, 1e3):
        below, above = (
            Mixture(*(torch.tensor([number], dtype=torch.float64) for number in (0.0, place * (1.0 + sign * 1e-9), 1.0)))
            for sign in (-1, 1)
        )
        zero = torch.zeros((), dtype=torch.float64)
        assert float(below.log_improvement(zero)) == pytest.approx(float(above.log_improvement(zero)), rel=1e-5)
