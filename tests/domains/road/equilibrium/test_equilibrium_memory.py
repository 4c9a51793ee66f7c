"""States that keep only what cannot be recomputed, and solves on several threads: the same equilibrium in every way."""

from __future__ import annotations

import gc
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba.core.runtime import _nrt_python as memory

from braess.domains.road import load
from braess.domains.road.equilibrium import Assignment, Sensitivity, skims, verify
from braess.errors import InputError

quick = settings(max_examples=25, deadline=None, derandomize=True)


@pytest.mark.parametrize("threads", [1, 2])
def test_solves_give_back_all_they_took(random_case, threads):
    """Kernels that do not count references must neither keep arrays nor give back what is not theirs."""
    network, demand = random_case(5, nodes=12, extra=20, load=2.0)
    assignment = Assignment(network, demand)
    capacity = network.capacity * 1.1

    def held() -> int:
        for _ in range(3):
            solved = assignment.solve(threads=threads)
            assignment.solve(threads=threads, capacity=capacity, start=solved.state)
            skims(assignment, solved)
            Sensitivity(assignment, solved).gradient(total_travel_time=1.0)
        del solved
        gc.collect()
        return int(memory.memsys_get_stats_mi_alloc() - memory.memsys_get_stats_mi_free())

    memory.memsys_enable_stats()
    try:
        held()
        assert held() == held()
    finally:
        memory.memsys_disable_stats()


@quick
@given(seed=st.integers(0, 10_000), closed=st.integers(14, 23))
def test_a_compact_state_is_the_state(random_case, seed, closed):
    """Every array of the sub-networks must come back, flows to rounding, also where links are closed or nodes not passed."""
    network, demand = random_case(seed, extra=12, load=2.0)
    assignment = Assignment(network, demand)
    is_open = np.arange(network.links) != closed
    whole, compact = (assignment.solve(open_links=is_open, low_memory=low).state for low in (False, True))
    for name, array, again in zip(whole.bushes._fields, whole.bushes, compact.bushes, strict=True):
        if name == "flow":
            np.testing.assert_allclose(again, array, rtol=1e-9, atol=1e-9 * demand.total)
        else:
            np.testing.assert_array_equal(again, array, err_msg=name)
    assert compact.nbytes < whole.nbytes


@pytest.mark.parametrize("name", ["sioux-falls", "anaheim"])
def test_what_a_compact_state_is_for(name):
    """It starts solves, pickles, and can be read off and differentiated like any other."""
    assignment = Assignment(*load(name))
    whole, found = assignment.solve(), assignment.solve(low_memory=True)
    np.testing.assert_array_equal(found.flow, whole.flow)
    assert found.state.nbytes < 0.4 * whole.state.nbytes
    capacity = assignment.network.capacity * 1.05
    state = pickle.loads(pickle.dumps(found.state))
    warm, cold = assignment.solve(capacity=capacity, start=state), assignment.solve(capacity=capacity)
    assert warm.beckmann == pytest.approx(cold.beckmann, rel=1e-10)
    assert warm.iterations < cold.iterations
    np.testing.assert_allclose(skims(assignment, found).cost, skims(assignment, whole).cost, rtol=1e-12)
    one, other = (Sensitivity(assignment, solved).gradient(total_travel_time=1.0).capacity for solved in (whole, found))
    np.testing.assert_allclose(other, one, rtol=1e-6, atol=1e-9 * np.abs(one).max())


@quick
@given(seed=st.integers(0, 10_000), threads=st.integers(2, 9))
def test_threads_find_the_same_equilibrium(random_case, seed, threads):
    """However many threads share the origins, also more than there are: the flows verify, and again to the last bit."""
    network, demand = random_case(seed)
    assignment = Assignment(network, demand)
    one, found, again = (assignment.solve(threads=n) for n in (1, threads, threads))
    assert found.beckmann == pytest.approx(one.beckmann, rel=1e-9)
    np.testing.assert_array_equal(again.flow, found.flow)
    seen = verify(network, demand, found.flow)
    assert abs(seen.relative_gap) < 2e-10
    assert seen.imbalance < 1e-9


@pytest.mark.parametrize("name", ["sioux-falls", "anaheim"])
def test_threads_on_real_networks(name):
    assignment = Assignment(*load(name))
    one, two = assignment.solve(relative_gap=1e-12), assignment.solve(relative_gap=1e-12, threads=2)
    assert two.total_travel_time == pytest.approx(one.total_travel_time, rel=1e-10)
    capacity = assignment.network.capacity * 0.9
    warm = assignment.solve(capacity=capacity, start=two.state, threads=2, low_memory=True)
    assert warm.total_travel_time == pytest.approx(assignment.solve(capacity=capacity).total_travel_time, rel=1e-8)


def test_threads_say_what_is_wrong(random_case):
    """An unreachable zone and an impossible number must read as on one thread."""
    network, demand = random_case(1)
    assignment = Assignment(network, demand)
    with pytest.raises(InputError, match="no open path"):
        assignment.solve(open_links=np.zeros(network.links, np.bool_), threads=3)
    with pytest.raises(InputError, match="threads"):
        assignment.solve(threads=0)
