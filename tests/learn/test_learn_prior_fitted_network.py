"""The core of prior-fitted networks: what must not matter does not, and slopes are slopes."""

from __future__ import annotations

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="prior-fitted networks need the extra learn")

from hypothesis import given, settings
from hypothesis import strategies as st

from braess.errors import InputError
from braess.learn.prior_fitted.network import PriorNetwork, Shape

SMALL = Shape(width=16, heads=4, layers=4, asking=2, hidden=24, outputs=3)


def _network(seed: int = 0) -> PriorNetwork:
    """Return a network none of whose weights is 0, in double precision."""
    torch.manual_seed(seed)
    network = PriorNetwork(SMALL).double()
    for weight in network.parameters():
        weight.data += 0.1 * torch.randn_like(weight)
    return network.requires_grad_(requires_grad=False)


def _tasks(n: int, m: int, d: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(seed)
    return (
        torch.rand(2, n, d, generator=rng, dtype=torch.float64),
        torch.randn(2, n, generator=rng, dtype=torch.float64),
        torch.rand(2, m, d, generator=rng, dtype=torch.float64),
    )


@given(n=st.integers(1, 12), m=st.integers(1, 6), d=st.integers(1, 30), seed=st.integers(0, 1000))
@settings(deadline=None, max_examples=30)
def test_orders_do_not_matter(n: int, m: int, d: int, seed: int) -> None:
    """Rows, coordinates and queries in another order: the same answers, in the order of the queries."""
    network, (rows, answers, queries) = _network(), _tasks(n, m, d, seed)
    said = network(rows, answers, queries)
    rng = torch.Generator().manual_seed(seed)
    by_row, by_query, by_coordinate = (torch.randperm(size, generator=rng) for size in (n, m, d))
    assert torch.allclose(network(rows[:, by_row], answers[:, by_row], queries), said, atol=1e-5)
    assert torch.allclose(network(rows, answers, queries[:, by_query]), said[:, by_query], atol=1e-5)
    assert torch.allclose(network(rows[..., by_coordinate], answers, queries[..., by_coordinate]), said, atol=1e-5)


def test_queries_and_data_sets_are_answered_for_alone() -> None:
    network, (rows, answers, queries) = _network(), _tasks(9, 5, 3)
    said = network(rows, answers, queries)
    for i in range(5):
        assert torch.allclose(network(rows, answers, queries[:, i : i + 1]), said[:, i : i + 1], atol=1e-5)
    assert torch.allclose(network(rows[1:], answers[1:], queries[1:]), said[1:], atol=1e-5)


def test_answers_depend_on_everything() -> None:
    """What was known, where, and where it is asked for must all change what is said."""
    network, (rows, answers, queries) = _network(), _tasks(9, 5, 3)
    said = network(rows, answers, queries)
    for changed in ((rows + 0.1, answers, queries), (rows, answers + 0.1, queries), (rows, answers, queries + 0.1)):
        assert (network(*changed) - said).abs().max() > 1e-4


def test_slopes_are_those_of_differences() -> None:
    network, (rows, answers, queries) = _network(), _tasks(9, 1, 3)
    memory = network.remember(rows, answers)
    at = queries.clone().requires_grad_()
    (slope,) = torch.autograd.grad(network.ask(memory, at)[0, 0, 0], at)
    for j in range(3):
        step = torch.zeros_like(queries)
        step[0, 0, j] = 1e-3
        ahead, behind = (network.ask(memory, queries + sign * step)[0, 0, 0] for sign in (1, -1))
        assert float(slope[0, 0, j]) == pytest.approx(float(ahead - behind) / 2e-3, rel=5e-3, abs=1e-4)


@pytest.mark.parametrize("changed", [{"width": 0}, {"heads": 3}, {"asking": 5}])
def test_impossible_sizes_are_refused(changed: dict[str, int]) -> None:
    with pytest.raises(InputError, match=next(iter(changed))):
        replace(SMALL, **changed)
