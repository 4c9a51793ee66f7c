"""Select-link demand against sums over enumerated paths, and the identities that hold between its modes."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from braess.domains.road import load
from braess.domains.road.equilibrium import Assignment, path_flows, select_link
from braess.errors import InputError

quick = settings(max_examples=40, deadline=None, derandomize=True)


def _meets(links, wanted, mode):
    at = [links.index(link) for link in wanted if link in links]
    if mode == "any":
        return bool(at)
    return len(at) == len(wanted) and (mode == "all" or at == sorted(at))


@quick
@given(
    seed=st.integers(0, 10_000),
    mode=st.sampled_from(["any", "all", "ordered"]),
    count=st.integers(1, 4),
    data=st.data(),
)
def test_trips_and_flows_are_those_of_the_paths(random_case, seed, mode, count, data):
    """The passes over the bushes must give what going through every path of the same split gives."""
    prepared = Assignment(*random_case(seed, load=4.0))
    solved = prepared.solve()
    paths = path_flows(prepared, solved)
    longest = max(paths, key=lambda path: len(path.links), default=None)
    pool = list(range(prepared.network.links)) if longest is None or data.draw(st.booleans()) else list(longest.links)
    wanted = data.draw(st.permutations(pool))[:count]
    trips, flow = np.zeros_like(prepared.demand.matrix), np.zeros(prepared.network.links)
    for path in paths:
        if _meets(path.links, wanted, mode):
            trips[path.origin, path.destination] += path.flow
            flow[list(path.links)] += path.flow
    found = select_link(prepared, solved, wanted, mode=mode)
    np.testing.assert_allclose(found.trips, trips, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.flow, flow, rtol=1e-9, atol=1e-12)
    assert found.total == pytest.approx(trips.sum())


@pytest.mark.parametrize("name", ["sioux-falls", "anaheim"])
def test_the_trips_of_one_link_are_its_flow(name):
    """No path uses a link twice, so the trips that use it, and their flow on it, are its flow; elsewhere a part."""
    prepared = Assignment(*load(name))
    solved = prepared.solve()
    for link in np.argsort(-solved.flow)[:30].tolist():
        found = select_link(prepared, solved, [link])
        assert found.total == pytest.approx(solved.flow[link], rel=1e-9)
        assert found.flow[link] == pytest.approx(solved.flow[link], rel=1e-9)
        assert (found.flow <= solved.flow * (1 + 1e-9)).all()
        assert (found.trips <= prepared.demand.matrix * (1 + 1e-12)).all()


def test_modes_include_and_exclude_each_other():
    """Any = one + other - both, and both = one before the other + the other before the one; for three links in six orders."""
    prepared = Assignment(*load("sioux-falls"))
    solved = prepared.solve()
    path = max(path_flows(prepared, solved), key=lambda path: len(path.links))
    one, other, third = path.links[0], path.links[2], path.links[-1]

    def trips(links, mode):
        return select_link(prepared, solved, links, mode=mode).trips

    both = trips([one, other], "all")
    assert both.sum() > 0
    np.testing.assert_allclose(trips([one, other], "any"), trips([one], "any") + trips([other], "any") - both, atol=1e-9)
    orders = [trips(list(order), "ordered") for order in permutations([one, other, third])]
    np.testing.assert_allclose(trips([one, other, third], "all"), sum(orders), atol=1e-9)


def test_braess_by_hand(braess):
    """The first road carries 4 of 6 trips: 2 go on outside, 2 over the new road; labels name the same links as numbers."""
    prepared = Assignment(*braess)
    solved = prepared.solve()
    found = select_link(prepared, solved, ["1->2"])
    assert found.links == (0,)
    assert found.trips[0, 3] == pytest.approx(4.0)
    np.testing.assert_allclose(found.flow, [4.0, 0.0, 2.0, 2.0, 2.0], atol=1e-6)
    assert select_link(prepared, solved, [0, 4], mode="any").total == pytest.approx(6.0)
    assert select_link(prepared, solved, [0, 4], mode="all").total == pytest.approx(2.0)
    assert select_link(prepared, solved, [4, 0], mode="ordered").total == 0.0


@pytest.mark.parametrize(
    ("links", "mode", "words"),
    [
        ([], "any", "at least one link"),
        ("1->2", "any", "no list"),
        (["1->9"], "any", "no such link"),
        ([76], "any", "0 to 75"),
        ([-1], "any", "0 to 75"),
        ([3, 3], "any", "twice"),
        (list(range(9)), "all", "at most 8"),
        ([3], "both", "any or all or ordered"),
    ],
)
def test_wrong_selections_are_refused(links, mode, words):
    """Each mistake is answered with what is right."""
    prepared = Assignment(*load("sioux-falls"))
    solved = prepared.solve()
    with pytest.raises(InputError, match=words):
        select_link(prepared, solved, links, mode=mode)


def test_parallel_links_are_told_apart_by_number(build):
    """A label that fits two links is refused; their numbers are not."""
    links = [(0, 1, 1.0, 2.0, 0.5, 1.0), (0, 1, 1.0, 4.0, 0.25, 1.0)]
    prepared = Assignment(*build(links, {(0, 1): 6.0}, nodes=2))
    solved = prepared.solve()
    with pytest.raises(InputError, match="parallel"):
        select_link(prepared, solved, ["1->2"])
    assert select_link(prepared, solved, [0]).total == pytest.approx(4.0)


def test_trips_must_be_those_of_the_solve(braess):
    """Trips the flows do not carry would be split without meaning."""
    network, demand = braess
    prepared = Assignment(network, demand)
    solved = prepared.solve(demand=demand.scaled(0.5))
    with pytest.raises(InputError, match="other trips"):
        select_link(prepared, solved, [0])
    assert select_link(prepared, solved, [0, 1], demand=demand.scaled(0.5)).total == pytest.approx(3.0)
