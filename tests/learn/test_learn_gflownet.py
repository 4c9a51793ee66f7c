"""Generative flow networks: exact distributions, identities of their losses, preferences that move what is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="generative flow networks need the extra learn")

from scipy.stats import chisquare

from braess.domains.sequence import Grid
from braess.learn.gflownet import AnyOrder, Construction, GFlowNet, Ordered, Preferences, terminal_distribution
from braess.learn.gflownet.increments import Increments
from braess.learn.gflownet.network import Shape, balance_loss
from braess.learn.gflownet.order import best_loss, pairs_loss
from braess.space import Categorical, Integer, Space, every_design
from braess.study.pareto import nondominated

WORDS = Space({"word": Categorical(options=("a", "b", "c"), size=4)})
TABLE = (0.2 + np.random.default_rng(0).random((81, 2))) ** 2


def values(construction: Construction, ends: Any) -> Any:
    return TABLE[construction.designs(ends)["word"] @ 3 ** np.arange(4)]


def none(n: int) -> Any:
    return np.empty((n, 0), dtype=np.float32)


def fitted(construction: Construction, steps: int, seed: int = 0) -> GFlowNet:
    rng = np.random.default_rng(seed)
    network = GFlowNet(construction, 0, Shape(hidden=64, rate=5e-3), rng)
    for _ in range(steps):
        ways = network.sample(none(64), explore=0.05, rng=rng)
        network.update(ways, none(64), balance_loss(np.log(values(construction, ways.ends)[:, 0])))
    return network


@pytest.mark.parametrize("kind", [Ordered, AnyOrder])
def test_designs_are_drawn_in_proportion_to_rewards(kind: Any) -> None:
    """All 81 words of three letters: total variation from the shares of their rewards, and the sum of these as the flow."""
    network = fitted(kind(WORDS), 400)
    states, chances = terminal_distribution(network)
    rewards = values(network.construction, states)[:, 0]
    assert 0.5 * np.abs(chances - rewards / rewards.sum()).sum() < (0.02 if kind is Ordered else 0.06)
    assert float(network.log_flow(none(1)).detach()) == pytest.approx(np.log(rewards.sum()), abs=0.1)


def test_what_is_drawn_has_the_exact_distribution() -> None:
    """Dynamic programming against counting: a chi-square test over all words, of a network that learned little."""
    network = fitted(AnyOrder(WORDS), 10)
    states, chances = terminal_distribution(network)
    ends = network.sample(none(20_000), rng=np.random.default_rng(1)).ends
    counts = [(ends == state).all(axis=1).sum() for state in states]
    assert chisquare(counts, chances / chances.sum() * 20_000).pvalue > 1e-3


def test_a_factor_of_all_rewards_changes_only_the_flow() -> None:
    """The loss at rewards times a factor and a flow times this factor is the same, and so is its gradient."""
    network = fitted(Ordered(WORDS), 3)
    ways = network.sample(none(32), rng=np.random.default_rng(2))
    wanted = np.log(values(network.construction, ways.ends)[:, 0])
    plain = balance_loss(wanted)(network.log_rewards(ways, none(32)))
    shifted = balance_loss(wanted + 3.0)(network.log_rewards(ways, none(32)) + 3.0)
    assert float(plain.detach()) == pytest.approx(float(shifted.detach()), rel=1e-5)


def test_the_balance_of_a_perfect_policy_is_exact() -> None:
    """By hand: two letters, one decision, rewards 1 and 3: chances 1/4 and 3/4 and a flow of 4 leave nothing to learn."""
    space = Space({"x": Categorical(options=("a", "b"))})
    network = GFlowNet(Ordered(space), 0, Shape(), np.random.default_rng(0))
    with torch.no_grad():
        for part in [*network._policy.parameters(), *network._flow.parameters()]:
            part.zero_()
        network._policy[-1].bias.copy_(torch.log(torch.tensor([1.0, 3.0])))
        network._flow[-1].bias.fill_(float(np.log(4.0)))
    ways = network.replay(
        network.construction.states(every_design(network.construction._slots.space)), np.random.default_rng(0)
    )
    np.testing.assert_allclose(network.log_rewards(ways, none(2)).detach().numpy(), np.log([1.0, 3.0]), atol=1e-6)


@pytest.mark.parametrize("scalarisation", ["sum", "product", "tchebycheff"])
def test_one_objective_alone_is_that_objective(scalarisation: str) -> None:
    """A weight of 1 must give the reward of that objective, whatever the others are; sharper means a power of it."""
    preferences = Preferences(2, scalarisation, least=1e-9)
    rewards = np.random.default_rng(0).random((20, 2))
    for k in range(2):
        found = preferences.log_reward(rewards, np.tile(np.eye(2)[k], (20, 1)), np.full(20, 5.0))
        np.testing.assert_allclose(found, 5.0 * np.log(rewards[:, k]), rtol=1e-9)


def test_tchebycheff_reaches_hollow_fronts() -> None:
    """On the hollow front (0, 1), (0.4, 0.4), (1, 0) even weights must prefer the middle; a weighted sum never does."""
    rewards = np.array([[0.0, 1.0], [0.4, 0.4], [1.0, 0.0]])
    even, one = np.full((3, 2), 0.5), np.ones(3)
    assert Preferences(2, "tchebycheff").log_reward(rewards, even, one).argmax() == 1
    assert Preferences(2, "sum").log_reward(rewards, even, one).argmax() != 1


def test_bars_rise_with_weights() -> None:
    preferences = Preferences(2, sharpest=4.0)
    shown = preferences.condition(np.array([[0.25, 0.75]]), np.array([2.0])).reshape(3, -1)
    np.testing.assert_allclose(shown.sum(axis=1), [5.0, 15.0, 10.0])
    assert (np.diff(shown, axis=1) <= 0).all()


def test_preferences_move_what_is_drawn() -> None:
    """One network, asked for either objective or for both, must draw each word in proportion to its reward there."""
    rng = np.random.default_rng(0)
    words = Space({"word": Categorical(options=("a", "b", "c"), size=2)})
    table = (0.2 + rng.random((9, 2))) ** 2 / 1.44
    construction, preferences = Ordered(words), Preferences(2, sharpest=2.0)
    network = GFlowNet(construction, preferences.width, Shape(hidden=64, rate=5e-3), rng)

    def rewards(ends: Any) -> Any:
        return table[construction.designs(ends)["word"] @ [1, 3]]

    for _ in range(500):
        weights, exponents = preferences.draw(64, rng)
        conditions = preferences.condition(weights, exponents)
        ways = network.sample(conditions, explore=0.05, rng=rng)
        wanted = preferences.log_reward(rewards(ways.ends), weights, exponents)
        network.update(ways, conditions, balance_loss(wanted))
    found = []
    for weight in (0.0, 0.5, 1.0):
        weights = np.array([[weight, 1.0 - weight]])
        states, chances = terminal_distribution(network, preferences.condition(weights, np.ones(1))[0])
        wanted = rewards(states) @ weights[0]
        found.append(chances)
        assert 0.5 * np.abs(chances - wanted / wanted.sum()).sum() < 0.06
    assert 0.5 * np.abs(found[0] - found[2]).sum() > 0.2


def test_a_batch_of_the_best_asks_for_equal_shares() -> None:
    """Where none is dominated the loss is least, the logarithm of their number, at equal rewards; by hand."""
    loss = best_loss(np.ones(5, dtype=np.bool_))
    assert float(loss(torch.full((5,), 7.0))) == pytest.approx(np.log(5))
    assert float(loss(torch.arange(5.0))) > np.log(5)
    loss = best_loss(np.array([True, False]))
    assert float(loss(torch.tensor([1.0, 0.0]))) == pytest.approx(np.log(1 + np.exp(-1)))


def test_pairs_ask_for_the_better_one() -> None:
    """By hand: better, worse and equal give the Bradley-Terry losses of a difference of 1."""
    loss = pairs_loss(np.array([1.0, 2.0]), np.array([1, 0]))
    assert float(loss(torch.tensor([1.0, 0.0]))) == pytest.approx(np.log(1 + np.exp(-1)))
    assert float(loss(torch.tensor([0.0, 1.0]))) == pytest.approx(np.log(1 + np.e))
    equal = pairs_loss(np.array([2.0, 2.0]), np.array([1, 0]))
    assert float(equal(torch.tensor([3.0, 3.0]))) == pytest.approx(np.log(2))


def test_a_chain_is_learned_in_order() -> None:
    """Twelve numbers of which smaller is better: learned rewards must fall, and draws gather at the least."""
    rng = np.random.default_rng(0)
    space = Space({"x": Integer(low=0, high=11)})
    construction = Ordered(space)
    network = GFlowNet(construction, 0, Shape(hidden=32, rate=1e-2), rng)
    ends = construction.states(every_design(space))
    for _ in range(300):
        network.update(network.replay(ends, rng), none(12), pairs_loss(np.arange(12.0), rng.permutation(12)))
    learned = network.log_rewards(network.replay(ends, rng), none(12)).detach().numpy()
    assert (np.diff(learned) < 0).all()
    _, chances = terminal_distribution(network)
    assert chances[0] > 0.5


def test_nothing_but_the_order_counts() -> None:
    """Values and any rising function of them must give the same loss, bit for bit."""
    numbers, partners = np.random.default_rng(0).random(16), np.random.default_rng(1).permutation(16)
    found = torch.randn(16, generator=torch.Generator().manual_seed(0))
    assert torch.equal(pairs_loss(numbers, partners)(found), pairs_loss(np.exp(9.0 * numbers), partners)(found))


def test_same_seed_same_network_and_the_global_generator_is_left_alone() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    first, again = fitted(Ordered(WORDS), 3), fitted(Ordered(WORDS), 3)
    assert torch.equal(torch.get_rng_state(), before)
    for one, other in zip(first._policy.parameters(), again._policy.parameters(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.slow
@pytest.mark.parametrize(("landscapes", "least"), [(("branin", "currin"), 0.8), (("currin", "shubert"), 0.7)])
def test_the_order_alone_finds_the_front_of_a_grid(landscapes: tuple[str, str], least: float) -> None:
    """By the exact distribution: the chance to draw one of the cells that none dominates, of about 3 % of all."""
    rng = np.random.default_rng(0)
    problem = Grid(landscapes)
    construction = Increments(problem.space)
    network = GFlowNet(construction, 0, Shape(hidden=64, layers=3, rate=1e-2), rng)
    for _ in range(500):
        ways = network.sample(none(128), explore=0.01, rng=rng)
        found = problem.evaluate(construction.designs(ways.ends)).objectives
        network.update(ways, none(128), best_loss(nondominated(-found)))
    states, chances = terminal_distribution(network)
    front = nondominated(-problem.evaluate(construction.designs(states)).objectives)
    assert chances[front].sum() > least
