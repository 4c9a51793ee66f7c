"""Many designs at once are each what a solve of its own gives; a pool serves the nearest state within its memory."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from braess.domains.road import load
from braess.domains.road.equilibrium import Assignment, StatePool, assign_many
from braess.errors import InputError


@pytest.fixture(scope="module")
def sioux_falls() -> Assignment:
    return Assignment(*load("sioux-falls"))


def _neighbours(assignment: Assignment, count: int) -> np.ndarray:
    capacity = np.tile(assignment.network.capacity, (count, 1))
    capacity[np.arange(count), np.arange(count)] *= 1.5
    return capacity


def test_each_row_is_a_solve_of_its_own(sioux_falls):
    capacity = _neighbours(sioux_falls, 12)
    found = assign_many(sioux_falls, capacity, relative_gap=1e-12)
    for i in range(12):
        alone = sioux_falls.solve(capacity=capacity[i], relative_gap=1e-12)
        np.testing.assert_array_equal(found.flow[i], alone.flow)
        np.testing.assert_array_equal(found.time[i], alone.time)
        assert found.relative_gap[i] == alone.relative_gap
        assert found.beckmann[i] == pytest.approx(alone.beckmann, rel=1e-14)
        assert found.total_travel_time[i] == pytest.approx(alone.total_travel_time, rel=1e-14)


def test_threads_and_company_change_nothing(sioux_falls):
    state = sioux_falls.solve().state
    capacity = _neighbours(sioux_falls, 30)
    one = assign_many(sioux_falls, capacity, start=state, threads=1)
    three = assign_many(sioux_falls, capacity, start=state, threads=3)
    few = assign_many(sioux_falls, capacity[7:9], start=[state, state])
    np.testing.assert_array_equal(one.flow, three.flow)
    np.testing.assert_array_equal(one.flow[7:9], few.flow)


def test_all_levers_at_once(sioux_falls):
    links = sioux_falls.network.links
    open_links = np.ones((3, links), dtype=np.bool_)
    open_links[1, 10] = False
    toll = np.zeros((3, links))
    free = np.tile(sioux_falls.network.free_flow_time, (3, 1))
    free[2] *= 1.2
    found = assign_many(sioux_falls, open_links=open_links, toll=toll, free_flow_time=free, relative_gap=1e-10)
    assert found.flow[1, 10] == 0.0
    alone = sioux_falls.solve(free_flow_time=free[2])
    assert found.total_travel_time[2] == pytest.approx(alone.total_travel_time, rel=1e-8)


def test_a_design_that_cannot_be_served_fails_alone(build):
    links = [(0, 1, 1.0, 1.0, 1.0, 1.0), (0, 1, 1.0, 2.0, 1.0, 1.0)]
    assignment = Assignment(*build(links, {(0, 1): 1.0}, nodes=2))
    open_links = np.array([[True, True], [False, False], [False, True]])
    found = assign_many(assignment, open_links=open_links)
    assert [error is None for error in found.error] == [True, False, True]
    assert "1->2" in str(found.error[1])
    assert np.isnan(found.flow[1]).all()
    np.testing.assert_allclose(found.flow[2], [0.0, 1.0])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "nothing to solve for"),
        ({"capacity": np.ones(76)}, "not one row of links per design"),
        ({"capacity": np.ones((2, 76)), "toll": np.ones((3, 76))}, "disagree"),
        ({"capacity": np.ones((2, 76)), "start": [None]}, "disagree"),
        ({"capacity": np.zeros((2, 76))}, "positive"),
        ({"capacity": np.ones((2, 76)), "threads": 0}, "no threads"),
    ],
)
def test_bad_batches_are_refused(sioux_falls, given, message):
    with pytest.raises(InputError, match=message):
        assign_many(sioux_falls, **given)


def test_a_pool_serves_the_nearest(sioux_falls):
    capacity = _neighbours(sioux_falls, 3)
    pool = StatePool(sioux_falls.network.capacity)
    assert pool.nearest() is None
    states = [sioux_falls.solve(capacity=row).state for row in capacity]
    for row, state in zip(capacity, states, strict=True):
        pool.add(state, capacity=row)
    for row, state in zip(capacity, states, strict=True):
        nearly = row.copy()
        nearly[70] *= 1.1
        assert pool.nearest(capacity=nearly) is state
    closed = np.ones(sioux_falls.network.links, dtype=np.bool_)
    closed[5] = False
    state = sioux_falls.solve(open_links=closed).state
    pool.add(state, open_links=closed)
    closed[6] = False
    assert pool.nearest(open_links=closed) is state


def test_a_pool_keeps_to_its_memory(sioux_falls):
    states = [sioux_falls.solve(capacity=row).state for row in _neighbours(sioux_falls, 4)]
    pool = StatePool(sioux_falls.network.capacity, most_bytes=int(2.5 * max(state.nbytes for state in states)))
    capacity = _neighbours(sioux_falls, 4)
    for i in (0, 1):
        pool.add(states[i], capacity=capacity[i])
    assert pool.nearest(capacity=capacity[0]) is states[0]
    pool.add(states[2], capacity=capacity[2])  # the second was not served since, so it goes
    assert len(pool) == 2
    assert pool.nbytes <= pool.most_bytes
    assert pool.nearest(capacity=capacity[0]) is states[0]
    assert pool.nearest(capacity=capacity[2]) is states[2]
    small = StatePool(sioux_falls.network.capacity, most_bytes=10)
    small.add(states[0])
    assert len(small) == 0


def test_a_pool_refuses_nonsense(sioux_falls):
    with pytest.raises(InputError, match="must have memory"):
        StatePool(sioux_falls.network.capacity, most_bytes=0)
    with pytest.raises(InputError, match="number of links"):
        StatePool(sioux_falls.network.capacity).nearest(toll=np.zeros(3))


def test_threads_share_a_pool(sioux_falls):
    """Each search changes which state was served last, while others look through all: designs once failed by that."""
    state, rng = sioux_falls.solve().state, np.random.default_rng(0)
    pool = StatePool(sioux_falls.network.capacity, most_bytes=40 * state.nbytes)
    capacity = sioux_falls.network.capacity * rng.uniform(0.5, 2.0, (400, sioux_falls.network.links))

    def use(row: int) -> bool:
        pool.add(state, capacity=capacity[row])
        return pool.nearest(capacity=capacity[row - 1]) is state

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(use, range(400)))
    assert len(pool) == 40
    assert pool.nbytes == 40 * state.nbytes
    again = pickle.loads(pickle.dumps(pool))
    assert again.nearest(capacity=capacity[0]) is not None
