"""What cannot be solved is refused with a reason."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from braess.domains.road.equilibrium import Assignment, assign, verify
from braess.domains.road.network import Demand
from braess.errors import ConvergenceError, InputError


def test_unreachable_demand_names_pairs(build):
    """The user must see which trips are cut off, by the labels of the file, and how many more there are."""
    links = [(0, 1, 1, 1, 0, 1)]
    case = build(links, {(a, b): 1.0 for a in range(4) for b in range(4)}, nodes=4)
    with pytest.raises(InputError, match="1->3, 1->4, 2->1, 2->3, 2->4 and 6 more") as caught:
        assign(*case)
    assert caught.value.field == "demand"


def test_link_closed_by_a_design_may_cut_trips_off(braess):
    """Also a warm start must notice that trips have no path left."""
    network, demand = braess
    assignment = Assignment(network, demand)
    is_open = np.array([True, True, False, True, False])
    with pytest.raises(InputError, match="1->4"):
        assignment.solve(open_links=is_open, start=assignment.solve().state)


def test_too_few_iterations(braess):
    """Failing to converge must be an error with the figures, never a silent answer."""
    with pytest.raises(ConvergenceError, match="iterations ran out after 1 iterations") as caught:
        assign(*braess, max_iterations=1)
    assert caught.value.reached > caught.value.asked == 1e-10
    assert pickle.loads(pickle.dumps(str(caught.value))) == str(caught.value)


def test_impossible_precision_stalls(random_case):
    """Below rounding there is no progress: the solve must give up by itself."""
    with pytest.raises(ConvergenceError, match="progress stalled"):
        assign(*random_case(11, load=3.0), relative_gap=1e-30, max_iterations=10_000)


@pytest.mark.parametrize(
    ("argument", "value", "reason"),
    [
        ("capacity", [1, 1, 0, -1, 1], "capacity: 2 links are wrong .*link 2->4: 0, link 2->3: -1"),
        ("capacity", [1, 1, np.nan, 1, 1], "capacity: 1 links are wrong"),
        ("capacity", [1, 1], "capacity: array does not match the number of links"),
        ("free_flow_time", [-1, 1, 1, 1, 1], "free_flow_time: 1 links are wrong"),
        ("toll", [np.inf, 1, 1, 1, 1], "toll: 1 links are wrong"),
        ("toll", [-1, 1, 1, 1, 1], "generalised cost of at least 0"),
        ("open_links", [1, 0, 1, 1, 1], "open_links: not one truth value per link"),
        ("demand", Demand(np.zeros((2, 2))), "demand does not match the zones"),
        ("relative_gap", 0.0, "relative_gap: impossible precision"),
        ("max_iterations", 0, "max_iterations: no iterations"),
    ],
)
def test_impossible_arguments(braess, argument, value, reason):
    """Each argument is checked where it enters, with field, finding and expectation."""
    network, demand = braess
    assignment = Assignment(network.with_links(toll_factor=1.0), demand)
    value = np.array(value) if isinstance(value, list) else value
    with pytest.raises(InputError, match=reason):
        assignment.solve(**{argument: value})


def test_closed_links_need_no_capacity(braess):
    """A design may set the capacity of a road it does not build to zero."""
    network, demand = braess
    capacity = np.array([1, 1, 1, 0.0, 1])
    found = Assignment(network, demand).solve(capacity=capacity, open_links=capacity > 0)
    np.testing.assert_allclose(found.flow, [3, 3, 3, 0, 3], atol=1e-6)
    assert np.isfinite(found.time).all()


def test_unknown_principle(braess):
    """A slip in the name of the principle gets a suggestion."""
    with pytest.raises(InputError, match="did you mean 'system-optimum'"):
        assign(*braess, principle="system-optimal")


@pytest.mark.parametrize("flow", [[-1, 0, 0, 0, 0], [0, 0, 0, np.nan, 0], [0, 0, 0, 1, 0]])
def test_verify_refuses_impossible_flows(braess, flow):
    """Negative flow, no number, or flow on a closed link is wrong whatever the gap says."""
    is_open = np.array([True, True, True, False, True])
    with pytest.raises(InputError, match="impossible flow"):
        verify(*braess, np.array(flow), open_links=is_open)


def test_verify_measures_gap_and_imbalance_of_wrong_flows(braess):
    """The checker must see what is wrong: all six on one path cost 552 + 60, and lost drivers are missed."""
    flow = np.array([6.0, 0, 0, 6, 6])
    seen = verify(*braess, flow)
    assert seen.imbalance == pytest.approx(0.0, abs=1e-12)
    assert seen.relative_gap == pytest.approx((6 * 136 - 6 * 110) / (6 * 136), rel=1e-6)
    assert verify(*braess, flow - np.array([1, 0, 0, 0, 0])).imbalance == pytest.approx(1.0)
