"""Several user classes: each in equilibrium by its own costs, on the links open to it, with volumes shared."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from braess.domains.road import load
from braess.domains.road.delay import DelayFunction
from braess.domains.road.equilibrium import Assignment, ClassAssignment, UserClass, verify
from braess.domains.road.network import Demand
from braess.errors import ConvergenceError, InputError

quick = settings(max_examples=20, deadline=None, derandomize=True)


def _split(demand, rng, parts=3):
    shares = rng.dirichlet(np.ones(parts), demand.matrix.shape)
    return [Demand(demand.matrix * shares[..., at]) for at in range(parts)]


def _classes(network, demand, seed):
    """Cars of two values of time and trucks that pay tolls of their own, count double and are banned from some links."""
    rng = np.random.default_rng(seed)
    slow, fast, heavy = _split(demand, rng)
    ring = 2 * network.nodes  # the first links join all nodes both ways: bans elsewhere cut nothing off
    banned = np.zeros(network.links, np.bool_)
    banned[ring:] = rng.random(network.links - ring) < 0.5
    return [
        UserClass("slow", slow, value_of_time=0.5),
        UserClass("fast", fast, value_of_time=4.0),
        UserClass(
            "truck", heavy, value_of_time=2.0, toll=rng.uniform(0, 4, network.links), banned=banned, passenger_car_units=2.0
        ),
    ]


def _tolled(network, seed):
    rng = np.random.default_rng(seed)
    return network.with_links(toll_factor=1.0, toll=rng.uniform(0, 3, network.links) * (rng.random(network.links) < 0.4))


@quick
@given(seed=st.integers(0, 10_000))
def test_each_class_is_in_equilibrium_by_an_independent_look(random_case, seed):
    """With all other traffic as a preload, the flows of each class must verify by a shortest-path code of another make."""
    network, demand = random_case(seed)
    network = _tolled(network, seed)
    assignment = ClassAssignment(network, _classes(network, demand, seed))
    found = assignment.solve()
    units = np.array([1.0, 1.0, 2.0])
    np.testing.assert_allclose(found.volume, units @ found.flow, atol=1e-9)
    total = sum(one.total for one in (c.demand for c in assignment.classes))
    for at, (one, name) in enumerate(zip(assignment.classes, found.names, strict=True)):
        own = one.on(network)
        others = found.volume - units[at] * found.flow[at]
        seen = verify(
            own.with_links(preload=np.maximum(others, 0) / units[at], capacity=own.capacity / units[at]),
            one.demand,
            found.flow[at],
            open_links=None if one.banned is None else ~one.banned,
        )
        assert abs(seen.relative_gap) < 3e-9
        assert seen.imbalance < 1e-9 * (1 + total)
        assert found.total_cost[at] == pytest.approx(float(found.flow[at] @ own.fixed_cost + found.flow[at] @ found.time))
        _, alone = assignment.alone(name, found)
        np.testing.assert_allclose(alone.cost, found.cost[at])
        np.testing.assert_allclose(alone.time, found.time)


@quick
@given(seed=st.integers(0, 10_000))
def test_equal_classes_are_one(random_case, seed):
    """Splitting the trips among classes that do not differ changes no volume."""
    network, demand = random_case(seed)
    parts = _split(demand, np.random.default_rng(seed))
    together = Assignment(network, demand).solve()
    apart = ClassAssignment(network, [UserClass(str(i), part) for i, part in enumerate(parts)]).solve()
    assert apart.total_cost.sum() == pytest.approx(together.total_cost, rel=1e-7)
    congested = (network.b > 0) & (network.power > 0) & (network.free_flow_time > 0)
    slope = np.where(congested, network.free_flow_time, 0)
    np.testing.assert_allclose(slope * apart.time, slope * together.time, rtol=1e-6)


def test_values_of_time_sort_the_classes(build):
    """A toll of 6 saves a steady 2 time units: worth it to who values a unit at 4, not to who values it at 2."""
    links = [(0, 1, 1.0, 10.0, 0.0, 1.0), (0, 1, 1.0, 8.0, 0.0, 1.0)]
    network, demand = build(links, {(0, 1): 5.0}, nodes=2)
    network = network.with_links(toll=[0.0, 6.0])
    found = ClassAssignment(
        network, [UserClass("rich", demand, value_of_time=4.0), UserClass("poor", demand, value_of_time=2.0)]
    ).solve()
    np.testing.assert_allclose(found.flow, [[0.0, 5.0], [5.0, 0.0]])
    np.testing.assert_allclose(found.cost, [[10.0, 9.5], [10.0, 11.0]])


def test_trucks_count_by_their_size_and_keep_off_where_banned(build):
    """Times 1 + x and 2 + x; 2 trucks of 2 cars each may use the first road only, 3 cars fill up the second."""
    links = [(0, 1, 1.0, 1.0, 1.0, 1.0), (0, 1, 1.0, 2.0, 0.5, 1.0)]
    network, cars = build(links, {(0, 1): 3.0}, nodes=2)
    trucks = UserClass(
        "truck", Demand(np.array([[0.0, 2.0], [0.0, 0.0]])), banned=np.array([False, True]), passenger_car_units=2
    )
    found = ClassAssignment(network, [UserClass("car", cars), trucks]).solve()
    np.testing.assert_allclose(found.flow, [[0.0, 3.0], [2.0, 0.0]], atol=1e-12)
    np.testing.assert_allclose(found.time, [5.0, 5.0])
    np.testing.assert_allclose(found.volume, [4.0, 3.0])


@pytest.mark.parametrize("name", ["sioux-falls", "anaheim"])
def test_real_networks_from_nothing_and_from_a_neighbour(name):
    """Two classes on real roads, and a change of one class's toll solved from where the first solve ended."""
    network, demand = load(name)
    rng = np.random.default_rng(3)
    network = network.with_links(toll_factor=1.0, toll=rng.uniform(0, 0.1, network.links) * network.free_flow_time)
    cars, trucks = Demand(0.8 * demand.matrix), Demand(0.1 * demand.matrix)
    assignment = ClassAssignment(
        network, [UserClass("car", cars), UserClass("truck", trucks, value_of_time=3.0, passenger_car_units=2.0)]
    )
    first = assignment.solve()
    toll = {"truck": network.toll * 2}
    warm, cold = (assignment.solve(toll=toll, start=state) for state in (first.state, None))
    np.testing.assert_allclose(warm.volume, cold.volume, atol=1e-4 * cold.volume.max())
    assert warm.relative_gap <= 1e-10
    assert warm.iterations < cold.iterations


def test_the_system_optimum_of_classes_is_that_of_all(random_case):
    """Without tolls the optimum cannot depend on how the trips are labelled."""
    network, demand = random_case(5, load=2.0)
    parts = _split(demand, np.random.default_rng(5))
    apart = ClassAssignment(network, [UserClass(str(i), p) for i, p in enumerate(parts)], principle="system-optimum").solve()
    together = Assignment(network, demand, principle="system-optimum").solve()
    assert apart.total_cost.sum() == pytest.approx(together.total_cost, rel=1e-9)


def test_a_class_alone_with_another_delay_function(random_case):
    """Akçelik's function knows capacities in vehicles: times seen from one class must stay what they are."""
    network, demand = random_case(2)
    network = network.with_links(
        delay_function=np.full(network.links, int(DelayFunction.AKCELIK)), power=np.full(network.links, 0.5)
    )
    half = Demand(demand.matrix / 2)
    assignment = ClassAssignment(network, [UserClass("a", half), UserClass("b", half, passenger_car_units=2.5)])
    found = assignment.solve()
    own, alone = assignment.alone("b", found)
    np.testing.assert_allclose(alone.time, found.time, rtol=1e-12)
    np.testing.assert_allclose(own.network.travel_time(alone.flow), found.time, rtol=1e-12)


def test_bad_classes_are_refused(random_case):
    network, demand = random_case(1)
    one = UserClass("a", demand)
    for classes in ([], [one, one]):
        with pytest.raises(InputError, match="classes"):
            ClassAssignment(network, classes)
    with pytest.raises(InputError, match="value_of_time"):
        UserClass("a", demand, value_of_time=0.0)
    with pytest.raises(InputError, match="passenger_car_units"):
        UserClass("a", demand, passenger_car_units=-1.0)
    with pytest.raises(InputError, match="banned"):
        ClassAssignment(network, [UserClass("a", demand, banned=np.zeros(3, np.bool_))])
    with pytest.raises(InputError, match="toll"):
        ClassAssignment(network, [UserClass("a", demand, toll=np.zeros(3))])
    assignment = ClassAssignment(network, [one])
    with pytest.raises(InputError, match="no such class"):
        assignment.solve(toll={"b": network.toll})
    with pytest.raises(InputError, match="no such class"):
        assignment.alone("b", assignment.solve())
    with pytest.raises(ConvergenceError):
        assignment.solve(relative_gap=1e-14, max_iterations=1)


def test_a_class_that_is_cut_off_is_named(random_case):
    network, demand = random_case(1)
    everywhere = np.ones(network.links, np.bool_)
    with pytest.raises(InputError, match="class 'truck'"):
        ClassAssignment(network, [UserClass("car", demand), UserClass("truck", demand, banned=everywhere)]).solve()
