"""Stacked autoencoders: the loss that orders codes, likelihoods, weights, and seeds that do not see each other."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="autoencoders need the extra learn")

from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from braess.learn._stacked import StackedLinear
from braess.learn.vae import Columns, Ordering, StackedVAE, VAERecipe, ordering_loss, train

MIXED = Columns((2, 2, 5), 3)
RECIPE = VAERecipe(latent=2, hidden=(16,), beta=0.01, epochs=20, minibatch=16, rate=1e-3)


def _generators(*seeds: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def _rows(n: int, seed: int, columns: Columns = MIXED) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    parts = [np.eye(levels)[rng.integers(levels, size=n)] for levels in columns.levels]
    return torch.tensor(np.concatenate([*parts, rng.standard_normal((n, columns.numbers))], axis=1), dtype=torch.float32)


def _density(codes: torch.Tensor) -> torch.Tensor:
    return -0.5 * codes.square().sum(-1)


def _by_pairs(density: np.ndarray, worth: np.ndarray, tau: float) -> float:
    """Return the loss as the paper writes it, pair by pair."""
    n, total = len(worth), 0.0
    for i in range(n):
        for j in range(n):
            total += ((density[i] - density[j]) - tau * (worth[i] - worth[j])) ** 2
    return total / (n**2 + n)


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.floats(0.1, 20.0))
def test_the_ordering_loss_is_the_sum_over_pairs(seed: int, n: int, tau: float) -> None:
    """It is computed as a variance, and must be what the double sum of the paper is."""
    rng = np.random.default_rng(seed)
    density, worth = rng.normal(size=n), rng.random(n)
    found = float(ordering_loss(torch.tensor(density)[None], torch.tensor(worth)[None], tau)[0])
    assert found == pytest.approx(_by_pairs(density, worth, tau), rel=1e-9, abs=1e-9)


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 20.0))
def test_codes_at_the_right_radius_have_no_ordering_loss(seed: int, tau: float) -> None:
    """Where half the squared radius is tau times what is missing to the best, whatever the direction."""
    rng = np.random.default_rng(seed)
    worth, direction = rng.random(20), rng.normal(size=(20, 3))
    radius = np.sqrt(2.0 * tau * (worth.max() - worth))
    codes = torch.tensor(direction / np.linalg.norm(direction, axis=1, keepdims=True) * radius[:, None])
    assert float(ordering_loss(_density(codes)[None], torch.tensor(worth)[None], tau)[0]) < 1e-20
    assert float(ordering_loss(_density(2.0 * codes)[None], torch.tensor(worth)[None], tau)[0]) > 1e-6


@given(st.integers(0, 2**32 - 1), st.floats(-100.0, 100.0))
def test_the_ordering_loss_sees_neither_offsets_nor_rotations(seed: int, offset: float) -> None:
    """Only differences in worth count, and the prior has no direction."""
    rng = np.random.default_rng(seed)
    worth, codes = torch.tensor(rng.random(15)), torch.tensor(rng.normal(size=(15, 4)))
    turned = codes @ torch.tensor(np.linalg.qr(rng.normal(size=(4, 4)))[0])
    plain = float(ordering_loss(_density(codes)[None], worth[None], 5.0)[0])
    assert float(ordering_loss(_density(turned)[None], worth[None] + offset, 5.0)[0]) == pytest.approx(plain, rel=1e-9)


def test_likelihoods_are_those_of_the_distributions() -> None:
    """Of categories as PyTorch's distribution has them, of numbers minus the squared error."""
    rows, decoded = _rows(6, 0), torch.randn(6, MIXED.width, generator=_generators(1)[0])
    found = MIXED.log_likelihood(rows, decoded)
    expected, start = -(rows[:, -3:] - decoded[:, -3:]).square().sum(1), 0
    for levels in MIXED.levels:
        scores = torch.distributions.Categorical(logits=decoded[:, start : start + levels])
        expected += scores.log_prob(rows[:, start : start + levels].argmax(1))
        start += levels
    assert torch.allclose(found, expected, atol=1e-5)


def test_the_loss_is_error_and_distance_from_the_prior() -> None:
    """Without noise the parts are known: the likelihood of what is decoded, and the divergence from a standard normal."""
    model, rows = StackedVAE(MIXED, RECIPE, _generators(0)), _rows(9, 1)[None]
    ones = torch.ones(1, 9)
    codes = model.encode(rows)
    normal = torch.distributions.Normal(codes.means, torch.exp(0.5 * codes.log_variances))
    away = torch.distributions.kl_divergence(normal, torch.distributions.Normal(0.0, 1.0)).mean()
    error = -MIXED.log_likelihood(rows, model.decode(codes.means)).mean() / 6.0
    found = model.losses(rows, ones, ones, torch.zeros(1, 9, 2), None)[0]
    assert float(found.detach()) == pytest.approx(float((error + 0.01 * away).detach()), rel=1e-5)


def test_weights_count_rows() -> None:
    """A row of weight 2 counts like two of it, one of weight 0 like none."""
    model, rows, noise = StackedVAE(MIXED, RECIPE, _generators(0)), _rows(4, 1)[None], torch.randn(1, 4, 2)
    weighed = model.losses(rows, torch.zeros(1, 4), torch.tensor([[2.0, 1.0, 1.0, 0.0]]), noise, None)
    some = torch.tensor([0, 0, 1, 2])
    assert torch.allclose(weighed, model.losses(rows[:, some], torch.zeros(1, 4), torch.ones(1, 4), noise[:, some], None))


def test_each_seed_of_a_stack_goes_as_it_would_alone() -> None:
    """Stacking must be a matter of speed only: same rows, same generators, same weights in the end."""
    rows = torch.stack([_rows(40, seed) for seed in range(3)])
    worth, ones = torch.rand(3, 40, generator=_generators(9)[0]), torch.ones(3, 40)
    together = StackedVAE(MIXED, RECIPE, _generators(1, 2, 3))
    train(together, rows, worth, ones, _generators(4, 5, 6), Ordering(5.0))
    for seed in range(3):
        alone = StackedVAE(MIXED, RECIPE, _generators(1 + seed))
        one = slice(seed, seed + 1)
        train(alone, rows[one], worth[one], ones[one], _generators(4 + seed), Ordering(5.0))
        taken = together.take(seed)
        assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(alone.parameters(), taken.parameters(), strict=True))
    joined = StackedVAE.join([together.take(seed) for seed in range(3)])
    assert all(torch.equal(a, b) for a, b in zip(joined.parameters(), together.parameters(), strict=True))


def test_stacked_layers_are_linear_layers() -> None:
    """Each must be what PyTorch's own layer with its weights is."""
    layer, rows = StackedLinear(3, 4, _generators(0, 1)), torch.randn(2, 5, 3)
    for seed in range(2):
        expected = torch.nn.functional.linear(rows[seed], layer.weight[seed].T, layer.bias[seed, 0])
        assert torch.allclose(layer(rows)[seed], expected, atol=1e-6)


def test_training_orders_codes_and_keeps_what_rows_say() -> None:
    """The density of codes must follow the worth of a hundred bad rows and five good ones, and rows must be rebuilt."""
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(0.0, 0.6, 100), 8.0 + rng.uniform(0.5, 1.0, 5)])
    worth = np.exp(-0.5 * (x / 0.25) ** 2) + 2.5 * np.exp(-0.5 * (x - 8.0) ** 2)
    rows = torch.tensor((x - x.mean()) / x.std(), dtype=torch.float32)[None, :, None]
    model = StackedVAE(Columns((), 1), VAERecipe(2, (64, 64), 0.01, 300, 128, 1e-3), _generators(0))
    train(model, rows, torch.tensor(worth / 2.5, dtype=torch.float32)[None], torch.ones(1, 105), _generators(1), Ordering(5.0))
    with torch.no_grad():
        codes = model.encode(rows)
        error = (model.decode(codes.means) - rows).square().mean()
    assert spearmanr(worth, codes.log_density[0]).statistic > 0.95
    assert float(error) < 0.05


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e3])
def test_slopes_are_finite(scale: float) -> None:
    """Neither equal rows, nor equal worth, nor rows far out may spoil the weights."""
    model, rows = StackedVAE(MIXED, RECIPE, _generators(0)), _rows(8, 1)[None].repeat(1, 2, 1) * scale
    model.losses(rows, torch.zeros(1, 16), torch.ones(1, 16), torch.randn(1, 16, 2), Ordering(5.0)).sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in model.parameters())


def test_the_global_generator_is_left_alone() -> None:
    """Every number must come from the generators given."""
    before = torch.get_rng_state()
    models = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        state = torch.get_rng_state()
        model = StackedVAE(MIXED, RECIPE, _generators(0))
        train(model, _rows(20, 0)[None], torch.zeros(1, 20), torch.ones(1, 20), _generators(1))
        assert torch.equal(torch.get_rng_state(), state)
        models.append(model)
    torch.set_rng_state(before)
    assert all(torch.equal(a, b) for a, b in zip(models[0].parameters(), models[1].parameters(), strict=True))
