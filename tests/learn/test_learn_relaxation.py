"""Relaxed choices: gradients against closed forms, draws against their distribution, cuts against brute force."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from braess.errors import InputError

torch = pytest.importorskip("torch")

from braess.learn.relaxation import (
    Budget,
    Gates,
    Gumbel,
    Linear,
    Logarithm,
    LogPower,
    Mixed,
    PowerLog,
    Softmax,
    agreement,
    best,
    best_split,
    drawn,
    expectation,
    likeliest,
    project,
    split_cost,
    strongest_inputs,
)

DRAWS = 20_000


def _logits(*rows: list[float]) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float64, requires_grad=True)


def _all(logits: torch.Tensor) -> torch.Tensor:
    return torch.ones_like(logits, dtype=torch.bool)


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("mixing", [Softmax(), Gumbel(0.7), Gates(1), Gates(2), Gates(0)])
def test_weights_sum_to_one_and_bar_what_is_not_allowed(mixing: object) -> None:
    logits = _logits([0.3, -1.0, 2.0, 5.0], [0.0, 0.0, 0.0, 0.0])
    allowed = torch.tensor([[True, True, True, False], [False, True, False, False]])
    for seed in range(20):
        mixed = mixing(logits, allowed, _generator(seed))
        assert torch.allclose(mixed.weights.sum(dim=1), torch.ones(2, dtype=torch.float64))
        assert not mixed.active[~allowed].any()
        assert (mixed.weights[~mixed.active] == 0).all()
        assert mixed.weights[1, 1] == 1


def test_softmax_gradient_is_right() -> None:
    generator = _generator()
    prices = torch.tensor([[1.0, -2.0, 0.5]], dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda logits: ((Softmax()(logits, _all(logits), generator).weights * prices) ** 2).sum(), _logits([0.2, 0.1, -0.4])
    )


def test_gumbel_gradient_is_right() -> None:
    prices = torch.tensor([[1.0, -2.0, 0.5]], dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda logits: (Gumbel(0.8)(logits, _all(logits), _generator(3)).weights * prices).sum() ** 2, _logits([0.2, 0.1, -0.4])
    )


def test_likeliest_options_of_gumbel_are_drawn_by_the_softmax() -> None:
    logits = torch.tensor([[0.5, -0.5, 1.0, 0.0]]).repeat(DRAWS, 1)
    found = Gumbel(0.1)(logits, _all(logits), _generator()).weights.argmax(dim=1)
    shares = torch.softmax(logits[0].double(), dim=0).numpy()
    assert chisquare(np.bincount(found.numpy(), minlength=4), DRAWS * shares / shares.sum()).pvalue > 0.001


def test_a_temperature_near_zero_leaves_one_option() -> None:
    logits = torch.zeros(500, 3)
    assert Gumbel(1e-3)(logits, _all(logits), _generator()).weights.max(dim=1).values.median() > 0.999


@pytest.mark.parametrize("paths", [0, 1, 2])
def test_gates_are_drawn_by_the_softmax(paths: int) -> None:
    logits = torch.tensor([[0.5, -0.5, 1.0, 0.0]], dtype=torch.float64).repeat(DRAWS, 1)
    mixed = Gates(paths)(logits, _all(logits), _generator(1))
    assert mixed.active.sum(dim=1).unique().tolist() == [paths or 4]
    gates = mixed.weights.detach()
    assert torch.equal(gates.round(), gates) or torch.allclose(gates.round(), gates, atol=1e-12)
    shares = torch.softmax(logits[0], dim=0).numpy()
    if paths == 2:  # drawn among two that were drawn without replacement: by first and second place
        shares = _two_paths(shares)
    assert chisquare(gates.round().sum(dim=0).numpy(), DRAWS * shares / shares.sum()).pvalue > 0.001


def _two_paths(shares: np.ndarray) -> np.ndarray:
    found = np.zeros(len(shares))
    for a, b in itertools.permutations(range(len(shares)), 2):
        pair = shares[a] * shares[b] / (1 - shares[a])
        found[a] += pair * shares[a] / (shares[a] + shares[b])
        found[b] += pair * shares[b] / (shares[a] + shares[b])
    return found


def test_the_slope_through_all_gates_has_no_variance_where_the_loss_is_linear() -> None:
    prices = torch.tensor([[3.0, -1.0, 0.5, 2.0]], dtype=torch.float64)
    logits = _logits([0.5, -0.5, 1.0, 0.0])
    exact = torch.autograd.grad((torch.softmax(logits, dim=1) * prices).sum(), logits)[0]
    for seed in range(20):
        loss = (Gates(0)(logits, _all(logits), _generator(seed)).weights * prices).sum()
        torch.testing.assert_close(torch.autograd.grad(loss, logits)[0], exact)


def test_a_step_on_two_paths_leaves_the_other_probabilities() -> None:
    before = torch.randn(6, 5, generator=_generator(), dtype=torch.float64)
    active = Gates(2)(before, _all(before), _generator(4)).active
    after = before + active * torch.randn(6, 5, generator=_generator(7), dtype=torch.float64)
    settled = Gates.settle(before, after, active)
    was, now = torch.softmax(before, dim=1), torch.softmax(settled, dim=1)
    torch.testing.assert_close(now[~active], was[~active], rtol=0, atol=1e-12)
    assert (now[active] - was[active]).abs().min() > 1e-6
    torch.testing.assert_close(  # and the pair is divided as the step said
        settled[active].reshape(6, 2).diff(), after[active].reshape(6, 2).diff()
    )


def test_impossible_settings_are_refused() -> None:
    for bad in (lambda: Gumbel(0.0), lambda: Gates(-1), lambda: Budget(0.0), lambda: Budget(1.0, stiffness=0.0)):
        with pytest.raises(InputError):
            bad()


def test_what_is_masked_is_not_made_up_for_by_others() -> None:
    mixed = Softmax()(_logits([0.0, 1.0, 2.0], [0.0, 0.0, 0.0]), torch.ones(2, 3, dtype=torch.bool), _generator())
    less = mixed.without(0, 2)
    assert less.weights[0, 2] == 0
    assert torch.equal(less.weights[0, :2], mixed.weights[0, :2])
    assert torch.equal(less.weights[1], mixed.weights[1])
    assert less.active.tolist() == [[True, True, False], [True, True, True]]


def test_perturbation_finds_the_informative_option_that_magnitude_misses() -> None:
    """A copy of the input weighs much and adds nothing; the one informative option weighs little."""
    rng = np.random.default_rng(0)
    x, signal = torch.from_numpy(rng.standard_normal((2, 1_000)))
    nothing = torch.zeros_like(x)
    options = torch.stack([torch.stack([nothing, nothing]), torch.stack([x, nothing]), torch.stack([nothing, signal])])
    head = torch.tensor([0.01, 1.0], dtype=torch.float64)  # what comes after hardly looks at the input
    weights = torch.tensor([[0.05, 0.65, 0.3]], dtype=torch.float64)
    allowed = torch.ones(1, 3, dtype=torch.bool)

    def loss(still: torch.Tensor, choice: int, option: int) -> float:
        mixed = Mixed(weights, still, weights).without(choice, option)
        return ((torch.einsum("k,kcn,c->n", mixed.weights[0], options, head) - 0.3 * signal) ** 2).mean().item()

    assert project(allowed, [0], loss).tolist() == [2]
    assert best(torch.log(weights), allowed).tolist() == [1]


def test_conv_wins_where_its_estimate_is_the_better_one() -> None:
    """Of independent estimates the best mixture weighs each by the other's variance (arXiv:2108.04392, prop. 1)."""
    rng = np.random.default_rng(1)
    u, v = 0.5 * rng.standard_normal(200_000), 1.5 * rng.standard_normal(200_000)
    logits = torch.zeros(1, 2, dtype=torch.float64, requires_grad=True)  # input x = m + u, convolution o = m + v
    errors = torch.from_numpy(np.stack([u, v]))
    optimiser = torch.optim.LBFGS([logits], max_iter=100, tolerance_grad=1e-12)

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        variance = ((torch.softmax(logits, dim=1) @ errors) ** 2).mean()
        variance.backward()
        return variance

    optimiser.step(closure)
    assert torch.softmax(logits, dim=1)[0, 1].item() == pytest.approx(u.var() / (u.var() + v.var()), abs=0.01)


def test_draws_of_designs_follow_the_softmax() -> None:
    logits = torch.tensor([[1.0, 0.0, -1.0], [0.0, 0.0, 9.0]])
    allowed = torch.tensor([[True, True, True], [True, True, False]])
    found = drawn(logits, allowed, DRAWS, _generator())
    assert found.shape == (DRAWS, 2)
    shares = torch.softmax(logits[0].double(), dim=0).numpy()
    assert chisquare(np.bincount(found[:, 0], minlength=3), DRAWS * shares).pvalue > 0.001
    assert set(found[:, 1]) == {0, 1}
    assert best(logits, allowed).tolist() == [0, 0]


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 300), st.integers(0, 2**32 - 1))
@settings(max_examples=100, deadline=None)
def test_the_likeliest_designs_are_those_by_enumeration(choices: int, options: int, n: int, seed: int) -> None:
    generator = _generator(seed)
    logits = torch.randn(choices, options, generator=generator)
    allowed = torch.rand(choices, options, generator=generator) < 0.7
    allowed[:, 0] = True
    shares = torch.softmax(logits.double().masked_fill(~allowed, -torch.inf), dim=1).log().numpy()
    all_designs = [d for d in itertools.product(range(options), repeat=choices) if all(allowed[i, o] for i, o in enumerate(d))]
    scores = sorted((sum(shares[i, o] for i, o in enumerate(d)) for d in all_designs), reverse=True)
    found = likeliest(logits, allowed, n)
    assert len({tuple(design) for design in found}) == len(found) == min(n, len(all_designs))
    assert [sum(shares[i, o] for i, o in enumerate(d)) for d in found] == pytest.approx(scores[:n])
    assert found[0].tolist() == best(logits, allowed).tolist()


def test_each_node_keeps_its_strongest_inputs() -> None:
    strengths = np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5], [0.8, 0.2], [0.6, 0.4], [0.9, 0.1]])
    options, kept = strongest_inputs(strengths, [2, 2, 3, 3, 3, 3], keep=2, none=0)
    assert options.tolist() == [1] * 6  # option 0 passes nothing on
    assert kept.tolist() == [0, 1, 2, 4]
    options, kept = strongest_inputs(strengths, [2, 2, 3, 3, 3, 3], keep=1)
    assert options.tolist() == [0, 1, 0, 0, 0, 0]
    assert kept.tolist() == [0, 5]


def test_expectation_of_a_table_is_that_by_enumeration() -> None:
    generator = _generator(2)
    table = torch.rand(3, 3, 3, 2, generator=generator, dtype=torch.float64)
    shares = torch.softmax(torch.randn(3, 3, generator=generator, dtype=torch.float64), dim=1)
    brute = sum(
        shares[0, a] * shares[1, b] * shares[2, c] * table[a, b, c] for a, b, c in itertools.product(range(3), repeat=3)
    )
    torch.testing.assert_close(expectation(table, shares), brute)
    assert torch.autograd.gradcheck(lambda p: expectation(table, p), shares.requires_grad_())
    hard = torch.nn.functional.one_hot(torch.tensor([2, 0, 1]), 3).double()
    assert torch.equal(expectation(table, hard), table[2, 0, 1])
    with pytest.raises(InputError):
        expectation(table, torch.ones(4, 3, dtype=torch.float64))


def test_slopes_of_the_penalties_are_those_of_the_papers() -> None:
    loss = torch.tensor(1.7, dtype=torch.float64)

    def slope(penalty: object) -> float:
        cost = torch.tensor(23.0, dtype=torch.float64, requires_grad=True)
        penalty(loss, cost).backward()
        assert cost.grad is not None
        return cost.grad.item()

    log = np.log(23.0)
    assert slope(LogPower(0.2, 0.6)) == pytest.approx(1.7 * 0.2 * 0.6 * log ** (0.6 - 1) / 23)
    assert slope(PowerLog(80.0, 0.2, 0.3)) == pytest.approx(1.7 * 0.2 * 0.3 * (log / np.log(80)) ** 0.3 / log / 23)
    assert slope(Linear(0.5, 80.0)) == pytest.approx(0.5 / 80)
    assert slope(Logarithm(0.02)) == pytest.approx(0.02 / 23)
    assert slope(Budget(20.0, 10.0, 0.4)) == pytest.approx((0.4 + 10 * 0.15) / 20)
    assert slope(Budget(40.0, 10.0, 0.4)) == 0
    assert PowerLog(80.0)(loss, torch.tensor(80.0, dtype=torch.float64)).item() == pytest.approx(1.7 * 0.2)
    with pytest.raises(InputError, match="above 0"):
        LogPower()(loss, torch.tensor(0.8))


def test_a_budget_ends_where_the_constrained_optimum_is() -> None:
    """Least (x - 3)^2 under x <= 2: x = 2, price of the limit 2 * (3 - 2) * 2 = 4."""
    x = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
    budget = Budget(2.0, stiffness=4.0)
    for _ in range(40):
        for _ in range(100):
            slope = torch.autograd.grad(budget((x - 3) ** 2, x), x)[0]
            x.data -= 0.1 * slope
        budget = budget.after(x.item())
    assert x.item() == pytest.approx(2.0, abs=1e-6)
    assert budget.multiplier == pytest.approx(4.0, abs=1e-4)


@given(st.integers(2, 7), st.integers(0, 2**32 - 1))
@settings(max_examples=200, deadline=None)
def test_the_cut_is_the_best_of_all_balanced_ones(options: int, seed: int) -> None:
    noise = np.random.default_rng(seed).uniform(-1, 1, (options, options))
    cosines = (noise + noise.T) / 2
    found = best_split(cosines, range(options))
    assert sorted(found.groups[0] + found.groups[1]) == list(range(options))
    assert abs(len(found.groups[0]) - len(found.groups[1])) <= 1
    costs = []
    for mask in itertools.product((False, True), repeat=options):
        groups = [i for i in range(options) if mask[i]], [i for i in range(options) if not mask[i]]
        if abs(len(groups[0]) - len(groups[1])) <= 1:
            costs.append(np.mean([cosines[i, j] for i in groups[0] for j in groups[1]]))
    assert found.cost == pytest.approx(min(costs))


def test_copies_stay_together() -> None:
    """Four options of which pairs are copies: the cut returns the pairs, and a gradient of nothing agrees with nothing."""
    rng = np.random.default_rng(3)
    a, b = rng.standard_normal((2, 5, 1, 30))
    cosines = agreement(np.concatenate([a, b, 2 * a, 0.5 * b, 0 * a], axis=1))
    assert cosines[0, 2] == pytest.approx(1)
    assert cosines[1, 3] == pytest.approx(1)
    assert cosines[4, :4].tolist() == [0, 0, 0, 0]
    found = best_split(cosines, range(4))
    assert found.groups == ((0, 2), (1, 3))
    assert split_cost(cosines, ((0, 1), (2, 3))) > found.cost


@pytest.mark.parametrize(("data_set", "worst", "hits"), [(0, 404, None), (1, 410, 332)])
def test_perturbation_on_a_table_ends_near_the_top(data_set: int, worst: int, hits: int | None) -> None:
    """A supernet that knows: what is still allowed is worth the mean accuracy of its completions; all orders of edges."""
    table = _accuracies()[..., data_set]

    def loss(allowed: torch.Tensor, choice: int, option: int) -> float:
        still = [np.flatnonzero(row) for row in allowed.numpy()]
        still[choice] = still[choice][still[choice] != option]
        return -float(table[np.ix_(*still)].mean())

    everything = torch.ones(6, 5, dtype=torch.bool)
    found = [table[tuple(project(everything, order, loss))] for order in itertools.permutations(range(6))]
    assert (table > min(found)).sum() < worst <= (table >= min(found)).sum()  # designs as good share a rank
    if hits is not None:
        assert sum(value == table.max() for value in found) == hits


def _accuracies() -> np.ndarray:
    """Return test accuracies of NAS-Bench-201, ``[5] * 6 + [3]``."""
    path = Path(os.environ.get("BRAESS_DATA", "missing")) / "nas" / "nasbench201.npz"
    if not path.exists():
        pytest.skip("the accuracies of NAS-Bench-201 are looked for in the folder that BRAESS_DATA names")
    with np.load(path) as read:
        table = np.empty((5,) * 6 + (3,))
        table[tuple(read["design"].T)] = read["test_accuracy"]
    return table
