"""Starting from an earlier state, repeating, and running side by side."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from braess.domains.road.equilibrium import Assignment, verify
from braess.domains.road.network import Demand
from braess.errors import InputError


def _same(one, other):
    assert other.beckmann == pytest.approx(one.beckmann, rel=1e-9)
    assert other.relative_gap <= 1e-10


@pytest.mark.parametrize("principle", ["user-equilibrium", "system-optimum"])
@pytest.mark.parametrize("seed", range(12))
def test_warm_equals_cold_after_any_change(random_case, seed, principle):
    """A search starts nearly every solve warm: the answer must not depend on where it came from."""
    network, demand = random_case(seed, extra=20)
    assignment = Assignment(network, demand, principle=principle)
    state = assignment.solve().state
    rng = np.random.default_rng(seed)
    for _ in range(3):
        trips = Demand(demand.matrix * rng.uniform(0, 2, demand.matrix.shape) * (rng.random(demand.matrix.shape) < 0.8))
        is_open = np.ones(network.links, dtype=np.bool_)
        is_open[14:] = rng.random(network.links - 14) < 0.6
        capacity = network.capacity * rng.uniform(0.5, 3, network.links)
        changes = {"capacity": capacity, "open_links": is_open, "demand": trips}
        cold, warm = assignment.solve(**changes), assignment.solve(**changes, start=state)
        assert warm.objective == pytest.approx(cold.objective, rel=1e-8)
        seen = verify(network.with_links(capacity=capacity), trips, warm.flow, principle=principle, open_links=is_open)
        assert abs(seen.relative_gap) < 2e-10
        assert seen.imbalance < 1e-9
        state = warm.state


def test_start_from_the_answer_takes_one_look(random_case):
    """Nothing changed, so the first measurement of the gap must already do."""
    assignment = Assignment(*random_case(3, load=2.0))
    found = assignment.solve()
    again = assignment.solve(start=found.state)
    assert again.iterations == 1
    np.testing.assert_allclose(again.flow, found.flow, rtol=1e-9, atol=1e-12)


def test_links_that_open_reach_nodes_that_were_cut_off(build):
    """Where a new road leads to a node unreached before, the earlier bushes do not know it and must be mended."""
    links = [(0, 1, 1, 1, 1, 1), (1, 2, 1, 1, 1, 1), (0, 2, 1, 9, 1, 1), (2, 3, 1, 1, 1, 1)]
    network, demand = build(links, {(0, 1): 2.0}, nodes=4)
    assignment = Assignment(network, demand)
    few = assignment.solve(open_links=np.array([True, False, False, False]))
    trips = Demand(np.array([[0, 2.0, 0, 4.0], [0] * 4, [0] * 4, [0] * 4]))
    warm = assignment.solve(demand=trips, start=few.state)
    _same(assignment.solve(demand=trips), warm)
    assert warm.flow[3] == pytest.approx(4.0)


def test_closed_link_that_carried_all_flow(build):
    """A closed road loses its flow, and the flow finds the way that is left."""
    network, demand = build([(0, 1, 1, 1, 0, 1), (0, 2, 1, 5, 0, 1), (2, 1, 1, 5, 0, 1)], {(0, 1): 3.0}, nodes=3)
    assignment = Assignment(network, demand)
    found = assignment.solve(open_links=np.array([False, True, True]), start=assignment.solve().state)
    np.testing.assert_array_equal(found.flow, [0, 3, 3])


def test_costs_may_change_too(random_case):
    """Tolls and free-flow times are designs as well."""
    network, demand = random_case(4)
    assignment = Assignment(network, demand)
    state = assignment.solve().state
    changes = {"free_flow_time": network.free_flow_time[::-1] * 2, "toll": np.full(network.links, 3.0)}
    _same(assignment.solve(**changes), assignment.solve(**changes, start=state))


def test_equal_arguments_give_equal_bits_in_many_threads(random_case):
    """Solves run in parallel and are recorded: any dependence on timing or on earlier solves would be seen here."""
    network, demand = random_case(6, load=2.0)
    assignment = Assignment(network, demand)
    state = assignment.solve().state
    kept = pickle.dumps(state)
    capacities = [network.capacity * (1 + 0.1 * i) for i in range(8)] * 3
    alone = [assignment.solve(capacity=c, start=state).flow for c in capacities]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda c: assignment.solve(capacity=c, start=state).flow, capacities))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)
    assert pickle.dumps(state) == kept


def test_assignment_and_state_pickle(random_case):
    """Workers in other processes receive both, and must find the same bits."""
    network, demand = random_case(7)
    assignment = Assignment(network, demand)
    found = assignment.solve()
    there, state = pickle.loads(pickle.dumps((assignment, found.state)))
    capacity = network.capacity * 1.3
    np.testing.assert_array_equal(
        there.solve(capacity=capacity, start=state).flow, assignment.solve(capacity=capacity, start=found.state).flow
    )
    assert found.state.nbytes < 20_000


def test_inputs_stay_as_they_were(random_case):
    """A solve must not write into what it was given."""
    network, demand = random_case(9)
    given = {"capacity": network.capacity * 2, "open_links": np.ones(network.links, dtype=np.bool_)}
    before = {name: array.copy() for name, array in given.items()}
    Assignment(network, demand).solve(**given)
    for name, array in given.items():
        np.testing.assert_array_equal(array, before[name])


def test_state_of_another_network_is_refused(random_case):
    """A state read on the wrong topology would give nonsense silently."""
    state = Assignment(*random_case(1)).solve().state
    with pytest.raises(InputError, match="another topology"):
        Assignment(*random_case(2)).solve(start=state)
