"""Relaxed tables: gradient methods end in optima that enumeration knows, and keep budgets."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from braess.learn.bilevel import DARTS, SGD, Adam, Hook, Recipe, train
from braess.learn.relaxation import Budget, Gates, Gumbel, Softmax
from braess.learn.relaxation.table import TableRelaxation
from braess.space import Categorical, Designs, Space

SPACE = Space({"option": Categorical(options=("a", "b", "c"), size=4)})


def _read(options: np.ndarray) -> Designs:
    return SPACE.designs({"option": options})


def _relaxation(seed: int, values: torch.Tensor, costs: torch.Tensor | None = None) -> TableRelaxation:
    return TableRelaxation(values, costs, _read, steps=10, generator=torch.Generator().manual_seed(seed))


def _additive(seed: int) -> torch.Tensor:
    """Return a table whose entries are sums over choices, so that its optimum is that of each choice alone."""
    parts = torch.rand(4, 3, generator=torch.Generator().manual_seed(seed))
    return sum(parts[i].reshape([-1 if j == i else 1 for j in range(4)]) for i in range(4))


RECIPE = Recipe(epochs=60, leader=Adam(rate=0.1), follower=SGD(rate=0.1))


@pytest.mark.parametrize("mixing", [Softmax(), Gumbel(1.0), Gates(2), Gates(0)])
def test_the_best_entry_of_an_additive_table_is_found(mixing: object) -> None:
    for seed in range(3):
        values = _additive(seed)
        relaxation = _relaxation(seed, values)
        relaxation.mixing = mixing
        training = train(relaxation, DARTS(), RECIPE, np.random.default_rng(seed))
        found = relaxation.designs(training.leader.tensors, {})["option"][0]
        assert tuple(found) == np.unravel_index(int(values.argmin()), tuple(values.shape))


class _Growing(Hook):
    """Lets the multiplier of a budget grow after each epoch."""

    def after_epoch(self, training: object) -> None:
        relaxation = training.problem
        shares = torch.softmax(training.leader.tensors["logits"].detach(), dim=1)
        relaxation.penalty = relaxation.penalty.after(relaxation.cost(shares).item())


def test_a_budget_is_kept_where_the_optimum_is_a_corner() -> None:
    """The cheaper, the worse; what is within the budget and best is known by enumeration."""
    costs = _additive(1) + 1
    values = 0.3 * _additive(2) - costs
    limit = float(costs.min() + 0.55 * (costs.max() - costs.min()))
    relaxation = _relaxation(0, values, costs)
    relaxation.penalty = Budget(limit, stiffness=5.0)
    recipe = Recipe(epochs=200, leader=Adam(rate=0.1, floor=0.001), follower=SGD(rate=0.1))
    training = train(relaxation, DARTS(), recipe, np.random.default_rng(0), [_Growing()])
    within = [values[i].item() for i in itertools.product(range(3), repeat=4) if costs[i] <= limit]
    designs = relaxation.designs(training.leader.tensors, {})["option"]
    assert all(costs[tuple(design)].item() <= limit for design in designs)
    found = min(values[tuple(design)].item() for design in designs)
    assert sum(value < found for value in within) <= 2
    relaxation.penalty = None
    free = train(relaxation, DARTS(), recipe, np.random.default_rng(0))
    assert costs[tuple(relaxation.designs(free.leader.tensors, {})["option"][0])].item() > limit
