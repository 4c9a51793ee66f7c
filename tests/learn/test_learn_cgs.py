"""CGS: maps that contract, their one fixed point, its derivatives without iterates, and the model as any other."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array, diags_array
from scipy.sparse.linalg import spsolve

torch = pytest.importorskip("torch", reason="graph models need the extra learn")
pytest.importorskip("torch_geometric", reason="graph models need the extra learn")

from braess.errors import InputError
from braess.learn import _fixed_points
from braess.learn._fixed_points import contracting, fixed_points, iterate
from braess.learn.cgs import CGS, ConvergentMaps
from braess.testing.learning import ModelConformance

ROUTES = ("factors", "iteration")


@pytest.fixture(params=ROUTES)
def route(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Solve by factors only, or by iteration only."""
    monkeypatch.setattr(_fixed_points, "_DENSE", 1000 if request.param == "factors" else 0)
    monkeypatch.setattr(_fixed_points, "_RATIO", 0.0)
    return str(request.param)


def drawn(seed: int, *, nodes: int = 12, edges: int = 40, graphs: int = 2, heads: int = 3) -> tuple[Any, Any, Any]:
    """Return contracting entries, what the maps add, and edges, in double precision."""
    generator = torch.Generator().manual_seed(seed)
    ends = torch.randint(nodes, (2, edges), generator=generator)
    raw = 2.0 * torch.randn(edges, graphs, heads, generator=generator, dtype=torch.float64)
    return contracting(raw, ends, nodes), torch.randn(nodes, graphs, heads, generator=generator, dtype=torch.float64), ends


def dense(entries: Any, ends: Any, nodes: int) -> np.ndarray:
    """Return the matrices ``[n, m, v, v]``, written down edge by edge."""
    found = np.zeros((*entries.shape[1:], nodes, nodes))
    for (tail, head), row in zip(ends.T.tolist(), entries.detach().numpy(), strict=True):
        found[:, :, head, tail] += row
    return found


def test_random_averages_settle_in_about_22_steps() -> None:
    """With gamma 1/2 each step halves the error: 1e-6 of it takes about 20 steps, whatever the averages."""
    generator = torch.Generator().manual_seed(0)
    ends = torch.cartesian_prod(torch.arange(12), torch.arange(12)).T
    averages = torch.rand(12, 12, generator=generator, dtype=torch.float64)
    entries = (averages / averages.sum(1, keepdim=True)).T.reshape(-1, 1, 1)  # edges are sorted by tail, the column
    b = torch.rand(12, 1, 1, generator=generator, dtype=torch.float64)
    found = iterate(entries, b, ends, 0.5, 1e-6)
    assert 18 <= found.steps <= 22
    matrix = dense(entries, ends, 12)[0, 0]
    assert np.allclose(matrix.sum(1), 1.0)
    exact = np.linalg.solve(np.eye(12) - 0.5 * matrix, b[:, 0, 0].numpy())
    assert np.abs(found.values[:, 0, 0].numpy() - exact).max() <= 1e-6 * b.abs().max()


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000), gamma=st.floats(0.01, 0.99))
def test_maps_contract(seed: int, gamma: float) -> None:
    """Whatever the encoder says, two points must come as much closer as gamma says."""
    entries, _, ends = drawn(seed)
    matrix = dense(entries, ends, 12)
    assert matrix.min() >= 0.0
    assert matrix.sum(3).max() <= 1.0 + 1e-12
    one, other = np.random.default_rng(seed).normal(size=(2, 12)) * 10.0
    after = gamma * np.abs(matrix @ (one - other)).max(axis=2)
    assert (after <= gamma * np.abs(one - other).max() + 1e-12).all()


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000), gamma=st.floats(0.01, 0.99), nodes=st.integers(1, 30))
def test_the_fixed_point_is_the_only_one(seed: int, gamma: float, nodes: int) -> None:
    """The map must leave it alone, and lead to it from anywhere; iteration must be as close as it says."""
    entries, b, ends = drawn(seed, nodes=nodes)
    matrix, added = dense(entries, ends, nodes), b.permute(1, 2, 0).numpy()
    exact = np.linalg.solve(np.eye(nodes) - gamma * matrix, added[..., None])[..., 0]
    h = np.random.default_rng(seed).normal(size=exact.shape) * 10.0
    start = np.abs(h - exact).max()
    for _ in range(50):
        h = gamma * np.einsum("nmij,nmj->nmi", matrix, h) + added
    assert np.abs(h - exact).max() <= gamma**50 * start + 1e-9
    assert np.abs(fixed_points(entries, b, ends, gamma).permute(1, 2, 0).numpy() - exact).max() <= 1e-6 * b.abs().max()
    iterated = iterate(entries, b, ends, gamma, 1e-6).values.permute(1, 2, 0).numpy()
    assert (np.abs(iterated - exact).max(axis=2) <= 1e-6 * np.abs(added).max(axis=2) + 1e-12).all()


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000), gamma=st.floats(0.01, 0.99))
def test_the_adjoint_is_as_close_as_it_says(seed: int, gamma: float) -> None:
    """The transpose does not contract in the maximum, so that the stopping rule must use the sum."""
    entries, given_, ends = drawn(seed)
    exact = np.linalg.solve(
        np.eye(12) - gamma * dense(entries, ends, 12).swapaxes(2, 3), given_.permute(1, 2, 0).numpy()[..., None]
    )[..., 0]
    found = iterate(entries, given_, ends.flip(0), gamma, 1e-6, norm=1.0).values.permute(1, 2, 0).numpy()
    assert (np.abs(found - exact).sum(axis=2) <= 1e-6 * given_.abs().sum(0).numpy() + 1e-12).all()


@pytest.mark.parametrize("gamma", [0.5, 0.95])
def test_derivatives_are_those_of_finite_differences(route: str, gamma: float) -> None:
    entries, b, ends = drawn(1, nodes=6, edges=15)
    inputs = (entries.requires_grad_(), b.requires_grad_())
    assert torch.autograd.gradcheck(lambda values, added: fixed_points(values, added, ends, gamma, 1e-13), inputs)


def test_the_derivative_of_an_entry_is_adjoint_times_value(route: str) -> None:
    """By the implicit function theorem it is gamma times the adjoint of the row times the value of the column."""
    gamma, edge, step = 0.5, 7, 1e-6
    entries, b, ends = drawn(2, graphs=1, heads=1)
    weights = np.random.default_rng(2).normal(size=12)
    entries.requires_grad_()
    h = fixed_points(entries, b, ends, gamma, 1e-13)
    (h[:, 0, 0] * torch.from_numpy(weights)).sum().backward()
    matrix, moved = dense(entries, ends, 12)[0, 0], []
    tail, head = ends[:, edge].tolist()
    for sign in (1.0, -1.0):
        changed = matrix.copy()
        changed[head, tail] += sign * step
        moved.append(weights @ np.linalg.solve(np.eye(12) - gamma * changed, b[:, 0, 0].numpy()))
    adjoint = np.linalg.solve(np.eye(12) - gamma * matrix.T, weights)
    found = float(entries.grad[edge, 0, 0])
    assert found == pytest.approx(gamma * adjoint[head] * float(h.detach()[tail, 0, 0]), abs=1e-10)
    assert found == pytest.approx((moved[0] - moved[1]) / (2.0 * step), abs=1e-6)


def test_values_travel_along_the_edges(route: str) -> None:
    """On the path 0 -> 1 -> 2 -> 3 what node 1 adds must reach 2 and 3, faded by gamma each, and not 0."""
    ends = torch.tensor([[0, 1, 2], [1, 2, 3]])
    b = torch.tensor([0.0, 1.0, 0.0, 0.0], dtype=torch.float64).view(4, 1, 1)
    entries = contracting(torch.ones(3, 1, 1, dtype=torch.float64), ends, 4)
    found = fixed_points(entries, b, ends, 0.5, 1e-12)[:, 0, 0]
    assert found.tolist() == pytest.approx([0.0, 1.0, 0.5, 0.25])


def test_graphs_of_different_sizes_are_parts_of_one() -> None:
    """Two graphs side by side must have the fixed points that each has alone."""
    parts = [drawn(seed, nodes=nodes, edges=edges, graphs=1) for seed, nodes, edges in ((3, 5, 12), (4, 400, 900))]
    together = [torch.cat([part[at] for part in parts]) for at in (0, 1)]
    ends = torch.cat([parts[0][2], parts[1][2] + 5], dim=1)
    found = fixed_points(*together, ends, 0.9, 1e-10)
    alone = torch.cat([fixed_points(*part, 0.9, 1e-10) for part in parts])
    assert (found - alone).abs().max() <= 1e-8


def lattice(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pipes both ways between neighbours of a 5 by 4 grid, their conductances, and pressures given at two sides."""
    at = np.arange(20).reshape(4, 5)
    one = np.concatenate([at[:, :-1].ravel(), at[:-1].ravel()])
    other = np.concatenate([at[:, 1:].ravel(), at[1:].ravel()])
    conductance = np.random.default_rng(seed).uniform(0.2, 3.0, one.size)
    given = np.full(20, np.nan)
    given[at[:, 0]], given[at[:, -1]] = 1.0, 0.0
    return np.stack([np.r_[one, other], np.r_[other, one]]), np.r_[conductance, conductance], given


@pytest.mark.parametrize("gamma", [0.5, 0.9, 1.0 - 1e-9])
def test_conductances_give_kirchhoffs_pressures(gamma: float) -> None:
    """Shares of conductance as entries must give the pressures of pipes that leak as much as gamma says, none at 1."""
    ends, conductance, given = lattice(0)
    total = np.bincount(ends[1], conductance)
    free = np.isnan(given)
    entries = torch.from_numpy(np.where(free[ends[1]], conductance / total[ends[1]], 0.0))[:, None, None]
    found = fixed_points(entries, torch.from_numpy(np.nan_to_num(given))[:, None, None], torch.from_numpy(ends), gamma)
    pipes = coo_array((gamma * conductance, (ends[1], ends[0]))).tocsr()
    leaking = diags_array(gamma * total) - pipes + diags_array((1.0 - gamma) * total)
    inflow = pipes[free][:, ~free] @ given[~free]
    pressure = spsolve(leaking.tocsc()[free][:, free], inflow)
    assert np.abs(found[:, 0, 0].numpy()[free] - pressure).max() <= 1e-6
    assert found[:, 0, 0].numpy()[~free] == pytest.approx(given[~free])


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 10_000))
def test_numbering_does_not_matter(seed: int) -> None:
    """Relabelled nodes, and edges in another order, must have the relabelled fixed points."""
    torch.manual_seed(seed)
    maps = ConvergentMaps(2, 3, layers=2, width=8, heads=4, gamma=0.9).double()
    ends = torch.randint(9, (2, 30))
    x, z = torch.randn(9, 2, 2, dtype=torch.float64), torch.randn(30, 2, 3, dtype=torch.float64)
    nodes, order = torch.randperm(9), torch.randperm(30)
    other = torch.empty_like(x)
    other[nodes] = x
    assert (maps(other, z[order], nodes[ends][:, order])[nodes] - maps(x, z, ends)).abs().max() <= 1e-6


def test_any_distance_is_bridged() -> None:
    """With one layer, the far end of a path must hear of the near end, as plain messages would not let it."""
    torch.manual_seed(0)
    maps = ConvergentMaps(1, 1, layers=1, width=8, heads=4, gamma=0.95).double()
    ends = torch.stack([torch.arange(19), torch.arange(1, 20)])
    x = torch.ones(20, 1, 1, dtype=torch.float64).requires_grad_()
    maps(x, torch.ones(19, 1, 1, dtype=torch.float64), ends)[-1].sum().backward()
    assert abs(float(x.grad[0])) > 1e-9


@pytest.mark.parametrize("gamma", [1.0, 1.5, 0.0, -0.5, math.nan])
def test_maps_that_need_not_contract_are_refused(gamma: float) -> None:
    with pytest.raises(InputError, match="gamma"):
        CGS(gamma=gamma)


class TestCGSConformance(ModelConformance):
    nonsense: ClassVar = {"layers": 0, "width": -1, "heads": 0, "gamma": 1.0, "batch": 0, "rate": 0.0}

    def make(self, **settings: Any) -> CGS:
        return CGS(**({"layers": 2, "width": 16, "heads": 8, "batch": 32} | settings))
