"""The equilibrium in PyTorch: derivatives against differences, both modes against each other, batches against single solves."""

from __future__ import annotations

import subprocess
import sys
import warnings

import numpy as np
import pytest

from braess.domains.road import load
from braess.domains.road.equilibrium import Assignment, Sensitivity
from braess.domains.road.network import Demand
from braess.errors import ConvergenceError, InputError

torch = pytest.importorskip("torch", reason="needs the extra learn")
from braess.domains.road.equilibrium.layer import (  # noqa: E402
    EquilibriumLayer,
    NotDifferentiableWarning,
    equilibrium_tensors,
)

_FINE = {"relative_gap": 1e-14}
_LEVERS = ("capacity", "free_flow_time", "toll", "demand")


def _smooth(name, principle="user-equilibrium"):
    """Shake free-flow times a little: networks drawn by hand have paths that tie, where there is no derivative."""
    network, demand = load(name)
    rng = np.random.default_rng(7)
    shaken = network.free_flow_time * (1.0 + 1e-2 * rng.random(network.links)) + 1e-3 * rng.random(network.links)
    toll = network.free_flow_time * rng.random(network.links)
    return Assignment(network.with_links(free_flow_time=shaken, toll=toll, toll_factor=0.5), demand, principle=principle)


def _own(assignment, names=_LEVERS):
    network = assignment.network
    own = {name: assignment.demand.matrix if name == "demand" else getattr(network, name) for name in names}
    return {name: torch.tensor(array) for name, array in own.items()}


def _rising(build):
    """Three ways from node 1 to 3, all used, and trips from 2 to 3."""
    links = [
        (0, 1, 2.0, 1.0, 1.0, 2.0),
        (0, 1, 1.5, 1.3, 0.8, 1.0),
        (1, 2, 3.0, 2.0, 0.5, 4.0),
        (0, 2, 2.5, 2.9, 1.0, 3.0),
    ]
    return build(links, {(0, 2): 5.0, (1, 2): 1.0}, nodes=3, toll_factor=0.7)


@pytest.mark.parametrize("principle", ["user-equilibrium", "system-optimum"])
def test_gradcheck_by_hand_in_both_modes(build, principle):
    """torch's own check, in every lever and outcome at once, for two designs, with trips made from two numbers."""
    assignment = Assignment(*_rising(build), principle=principle)
    own = _own(assignment)
    pairs = torch.zeros(2, 3, 3, dtype=torch.float64)
    pairs[0, 0, 2] = pairs[1, 1, 2] = 1.0

    def outcomes(capacity, free_flow_time, toll, trips):
        demand = torch.einsum("nk,kij->nij", trips, pairs)
        return equilibrium_tensors(
            assignment, capacity=capacity, free_flow_time=free_flow_time, toll=toll, demand=demand, **_FINE
        )

    capacity = torch.stack((own["capacity"], 1.1 * own["capacity"]))
    inputs = (capacity, own["free_flow_time"], own["toll"] + 0.1, torch.tensor([[5.0, 1.0], [5.5, 0.8]], dtype=torch.float64))
    inputs = [one.clone().requires_grad_() for one in inputs]
    assert torch.autograd.gradcheck(outcomes, inputs, eps=1e-5, atol=1e-6, rtol=1e-5, check_forward_ad=True)


@pytest.mark.parametrize("principle", ["user-equilibrium", "system-optimum"])
@pytest.mark.parametrize("name", _LEVERS)
def test_gradcheck_on_sioux_falls(principle, name):
    """A random projection of the whole Jacobian (fast mode), of numbers scaled to about 1."""
    assignment = _smooth("sioux-falls", principle)
    own = _own(assignment)[name]
    start = assignment.solve().state

    def outcomes(factor):
        lever = {name: own * factor}
        flow, time, cost, total = equilibrium_tensors(assignment, **lever, start=start, **_FINE)
        return flow / 1e4, time / 10, cost / 10, total / 1e6

    factor = torch.ones_like(own).requires_grad_()
    settings = {"eps": 1e-6, "atol": 1e-5, "rtol": 1e-4, "fast_mode": True, "check_forward_ad": True}
    assert torch.autograd.gradcheck(outcomes, (factor,), **settings)


@pytest.mark.parametrize("name", ["sioux-falls", "anaheim"])
def test_both_modes_are_adjoint(name):
    """A weight times the change along a direction is the direction times the gradient of the weighted outcomes."""
    assignment = _smooth(name)
    own = _own(assignment)
    rng = torch.Generator().manual_seed(3)
    direction = {key: one * torch.rand(one.shape, generator=rng, dtype=one.dtype) for key, one in own.items()}

    def outcomes(*levers):
        return tuple(equilibrium_tensors(assignment, **dict(zip(own, levers, strict=True)), **_FINE))

    value, change = torch.func.jvp(outcomes, tuple(own.values()), tuple(direction.values()))
    weight = [torch.rand(one.shape, generator=rng, dtype=one.dtype) / one.abs().max() for one in value]
    levers = [one.clone().requires_grad_() for one in own.values()]
    gradient = torch.autograd.grad(outcomes(*levers), levers, weight)
    forward = sum(float((one * by).sum()) for one, by in zip(change, weight, strict=True))
    backward = sum(float((one * by).sum()) for one, by in zip(direction.values(), gradient, strict=True))
    assert forward == pytest.approx(backward, rel=1e-8)
    reference = Sensitivity(assignment, assignment.solve(**_FINE)).gradient(
        **{key: by.numpy() for key, by in zip(("flow", "time", "cost"), weight[:3], strict=True)},
        total_travel_time=float(weight[3]),
    )
    for key, found in zip(own, gradient, strict=True):
        np.testing.assert_allclose(found.numpy(), getattr(reference, key), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_batch_is_its_designs_one_by_one(threads):
    """Rows do not know of each other: values and gradients are those of single calls, bit for bit."""
    assignment = _smooth("sioux-falls")
    own = _own(assignment)
    start = assignment.solve().state
    factor = torch.linspace(0.7, 1.3, 5, dtype=torch.float64)[:, None]
    batch = (own["capacity"] * factor).requires_grad_()
    toll = own["toll"].clone().requires_grad_()  # one for all
    together = equilibrium_tensors(assignment, capacity=batch, toll=toll, start=start, threads=threads)
    together.total_travel_time.sum().backward()
    by_toll = torch.zeros_like(toll)
    for row in range(5):
        single, alone = batch[row].detach().requires_grad_(), toll.detach().requires_grad_()
        outcome = equilibrium_tensors(assignment, capacity=single, toll=alone, start=start)
        outcome.total_travel_time.backward()
        for one, many in zip(outcome, together, strict=True):
            assert torch.equal(one, many[row])
        assert torch.equal(single.grad, batch.grad[row])
        by_toll += alone.grad
    torch.testing.assert_close(toll.grad, by_toll)


def test_values_are_those_of_the_solver():
    """The layer adds derivatives and changes nothing else, also where trips are given, in float32 too."""
    assignment = _smooth("sioux-falls")
    trips = torch.tensor(assignment.demand.matrix * 0.9)
    solved = assignment.solve(demand=Demand(trips.numpy()))
    with torch.no_grad():
        found = equilibrium_tensors(assignment, demand=trips)
    for name in found._fields:
        np.testing.assert_array_equal(getattr(found, name).numpy(), getattr(solved, name))
        assert not getattr(found, name).requires_grad
    single = equilibrium_tensors(assignment, demand=trips.float())
    assert single.flow.dtype == torch.float64
    torch.testing.assert_close(single.flow, found.flow, rtol=1e-5, atol=1.0)


def test_only_what_needs_a_gradient_gets_one(monkeypatch):
    """Whatever autograd does not ask for is not computed; gradients have the precision of what they belong to."""
    assignment = _smooth("sioux-falls")
    own = _own(assignment)
    capacity = own["capacity"].float().requires_grad_()
    toll = own["toll"].clone()
    outcome = equilibrium_tensors(assignment, capacity=capacity, toll=toll)
    outcome.total_travel_time.backward()
    assert capacity.grad.dtype == torch.float32
    assert toll.grad is None
    exact = Sensitivity(assignment, assignment.solve(capacity=capacity.detach().double().numpy()))
    np.testing.assert_allclose(capacity.grad, exact.gradient(total_travel_time=1.0).capacity, rtol=1e-4, atol=1e-6)

    monkeypatch.setattr(Sensitivity, "__init__", lambda *_, **__: pytest.fail("no derivative was asked for"))
    constant = equilibrium_tensors(assignment, capacity=capacity.detach(), toll=toll)
    assert not constant.flow.requires_grad
    equilibrium_tensors(assignment, capacity=capacity)


def test_backward_may_be_repeated():
    """A graph that is retained gives the same gradient again."""
    assignment = _smooth("sioux-falls")
    capacity = _own(assignment)["capacity"].requires_grad_()
    total = equilibrium_tensors(assignment, capacity=capacity).total_travel_time
    first = torch.autograd.grad(total, capacity, retain_graph=True)[0]
    assert torch.equal(first, torch.autograd.grad(total, capacity)[0])


def _squared(assignment, capacity):
    return (equilibrium_tensors(assignment, capacity=capacity).flow ** 2).sum()


def _total_and_price(assignment, capacity):
    return equilibrium_tensors(assignment, capacity=capacity).total_travel_time + (capacity**2).sum()


@pytest.mark.parametrize("loss", [_squared, _total_and_price])
def test_second_derivatives_are_refused(loss):
    """Else autograd would take the equilibrium's part in them for zero, and say nothing."""
    assignment = _smooth("sioux-falls")
    capacity = _own(assignment)["capacity"].requires_grad_()
    (gradient,) = torch.autograd.grad(loss(assignment, capacity), capacity, create_graph=True)
    with pytest.raises(NotImplementedError, match="first derivatives only"):
        gradient.sum().backward()
    with pytest.raises(NotImplementedError, match="first derivatives only"):
        torch.func.jvp(
            lambda x: torch.func.grad(lambda y: loss(assignment, y))(x), (capacity.detach(),), (torch.ones_like(capacity),)
        )
    once = torch.func.grad(lambda x: loss(assignment, x))(capacity.detach())
    torch.testing.assert_close(once, gradient.detach())


@pytest.mark.parametrize("follow", [False, True])
def test_descent_lowers_the_total_travel_time(follow):
    """What the layer is for: Adam moves a fixed sum of capacity to where it helps."""
    network, demand = load("sioux-falls")
    layer = EquilibriumLayer(Assignment(network, demand), relative_gap=1e-8, follow=follow)
    own = torch.tensor(network.capacity)
    share = torch.zeros(network.links, dtype=torch.float64, requires_grad=True)
    adam = torch.optim.Adam([share], lr=0.1)
    totals = []
    for _ in range(30):
        adam.zero_grad()
        total = layer(own + 0.2 * own.sum() * torch.softmax(share, 0)).total_travel_time
        total.backward()
        adam.step()
        totals.append(total.item())
    assert totals[-1] < 0.9 * totals[0]
    spread = network.capacity + 0.2 * network.capacity.sum() * torch.softmax(share, 0).detach().numpy()
    assert Assignment(network, demand).solve(capacity=spread).total_travel_time < totals[0]


def test_a_layer_that_follows_starts_where_it_was(monkeypatch):
    """Each row from its own last state, from the base where the number of rows has changed, to the same result."""
    assignment = _smooth("sioux-falls")
    capacity = _own(assignment)["capacity"] * torch.tensor([[0.9], [1.2]], dtype=torch.float64)
    layer, plain = EquilibriumLayer(assignment, follow=True), EquilibriumLayer(assignment)
    starts = []
    solve = Assignment.solve
    monkeypatch.setattr(Assignment, "solve", lambda *a, start=None, **k: (starts.append(start), solve(*a, start=start, **k))[1])
    first = layer(capacity)
    again = layer(capacity * 1.01)
    assert starts[0] is starts[1]
    assert len({id(start) for start in starts}) == 3
    layer(capacity[0])
    assert starts[-1] is starts[0]
    torch.testing.assert_close(again.flow, plain(capacity * 1.01).flow, rtol=1e-6, atol=1e-2)
    assert torch.equal(first.flow, layer.__class__(assignment, threads=1)(capacity).flow)
    assert torch.equal(plain(capacity).flow, plain(capacity).flow)


def test_kinks_are_named_where_wished(build):
    """At 2 trips the second road is about to come into use: the derivative is that of one side."""
    links = [(0, 1, 1.0, 1.0, 1.0, 1.0), (0, 1, 1.0, 3.0, 1.0, 1.0)]
    assignment = Assignment(*build(links, {(0, 1): 2.0}, nodes=2))
    trips = torch.tensor([1.9, 2.0, 2.1], dtype=torch.float64)
    pair = torch.tensor([[0.0, 1.0], [0.0, 0.0]], dtype=torch.float64)

    def total(**settings):
        demand = (trips[:, None, None] * pair).requires_grad_()
        return equilibrium_tensors(assignment, demand=demand, **_FINE, **settings).total_travel_time.sum()

    with pytest.warns(NotDifferentiableWarning, match=r"designs 1$"):
        total(warn_at_kinks=True).backward()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        total().backward()


def _bad(links, zones):
    double = {"dtype": torch.float64}
    return [
        ({}, "nothing to solve"),
        ({"capacity": torch.ones(links - 1)}, "wrong shape"),
        ({"capacity": torch.ones(1, 1, links)}, "wrong shape"),
        ({"demand": torch.ones(zones)}, "wrong shape"),
        ({"capacity": torch.ones(links, dtype=torch.int64)}, "floating-point"),
        ({"capacity": np.ones(links)}, "floating-point"),
        ({"capacity": torch.ones(2, links), "toll": torch.ones(3, links)}, "disagree"),
        ({"capacity": torch.ones(0, links)}, "hold none"),
        ({"capacity": torch.zeros(links, **double)}, "positive"),
        ({"demand": -torch.ones(zones, zones, **double)}, "impossible demand"),
        ({"capacity": torch.ones(links), "toll": torch.ones(links, device="meta")}, "several devices"),
        ({"capacity": torch.ones(2, links), "start": [None]}, "one state per design"),
        ({"capacity": torch.ones(links), "threads": 0}, "no threads"),
    ]


@pytest.mark.parametrize("case", range(13))
def test_bad_input_is_refused(case):
    """Each mistake gets the one error class that names the field."""
    assignment = _smooth("sioux-falls")
    given, words = _bad(assignment.network.links, assignment.network.zones)[case]
    with pytest.raises(InputError, match=words):
        equilibrium_tensors(assignment, **given)


def test_failure_to_converge_is_raised():
    """A tensor of half-solved flows would have wrong gradients."""
    assignment = _smooth("sioux-falls")
    with pytest.raises(ConvergenceError):
        equilibrium_tensors(assignment, **_own(assignment, ("capacity",)), max_iterations=1)
    with pytest.raises(InputError, match="threads"):
        EquilibriumLayer(assignment, threads=0)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a second device")
def test_tensors_return_to_their_device():
    """A model on another device uses the layer without moving anything itself."""
    assignment = _smooth("sioux-falls")
    capacity = _own(assignment)["capacity"].to("cuda", torch.float32).requires_grad_()
    outcome = equilibrium_tensors(assignment, capacity=capacity)
    outcome.total_travel_time.backward()
    assert outcome.flow.device == capacity.device == capacity.grad.device


def test_nothing_else_imports_torch():
    """Those who do not use it must not wait for it."""
    code = "import sys, braess, braess.domains.road as road, braess.domains.road.equilibrium, braess.domains.road.problems; "
    code += "road.Assignment; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
