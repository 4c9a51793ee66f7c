"""Published instances, scenarios and results are complete and belong to their networks."""

from __future__ import annotations

import os

import numpy as np
import pytest

from braess.domains import road
from braess.domains.road.catalogue import SHIPPED, folder_of
from braess.domains.road.formats import read_tntp_flows
from braess.errors import InputError

needs_data = pytest.mark.skipif(not os.environ.get("BRAESS_DATA"), reason="BRAESS_DATA does not name the larger data")


@pytest.fixture
def no_data(monkeypatch):
    """Only what is shipped."""
    monkeypatch.delenv("BRAESS_DATA", raising=False)


@pytest.mark.parametrize("name", ["sioux-falls", "anaheim", pytest.param("chicago-sketch", marks=needs_data)])
def test_published_flows_agree_with_published_costs(name):
    """Because flows joined to the wrong links would not give the costs stated beside them."""
    network, _ = road.load(name)
    flow = road.published_flows(name)
    stated = read_tntp_flows(next(folder_of(name).glob("*_flow.tntp")), network).cost
    np.testing.assert_allclose(network.travel_time(flow) + network.fixed_cost, stated, rtol=1e-6)


def test_published_flows_serve_the_demand():
    """Because what leaves a zone must be its trips: flow is conserved at every node of Sioux Falls."""
    network, demand = road.load("sioux-falls")
    flow = road.published_flows("sioux-falls")
    out = np.bincount(network.tail, flow, network.nodes) - np.bincount(network.head, flow, network.nodes)
    np.testing.assert_allclose(out, demand.matrix.sum(axis=1) - demand.matrix.sum(axis=0), atol=1e-6)


@pytest.mark.parametrize(("name", "total"), [("sioux-falls", 7480225.3), ("anaheim", 1419913.9)])
def test_published_flows_give_the_published_total(name, total):
    """Because this is the figure by which studies compare themselves."""
    flow = road.published_flows(name)
    assert (flow * road.load(name)[0].travel_time(flow)).sum() == pytest.approx(total, abs=0.1)


def test_no_published_flows():
    """Because nothing must be invented."""
    with pytest.raises(InputError, match="nothing of this kind is known"):
        road.published_flows("braess")


def test_design_instances(no_data):
    """Because budgets are shares of the cost of all candidates: 9,000 in the first instance."""
    instance = road.load_design("SF_DNDP_10_1")
    assert instance.network.links == 86
    assert instance.cost[instance.candidates].sum() == 9000
    assert instance.demand.total == 360600
    assert road.load_design("SF_DNDP_10_2", demand_factor=2).demand.total == 721200
    path = SHIPPED / "dndp/SiouxFalls/SF_DNDP_10_3.txt"
    assert len(road.load_design(path).candidates) == 10
    with pytest.raises(InputError, match="there is no such design instance; did you mean"):
        road.load_design("SF_DNDP_10_9")


@needs_data
def test_demand_factors_of_the_studies():
    """Because the published values hold only for the multiplied demand."""
    instance = road.load_design("A_DNDP_20_1")
    assert (instance.network.links, len(instance.candidates)) == (914, 20)
    assert instance.demand.total == pytest.approx(4 * 104694.40)
    assert road.load_design("EM_CNDP_10_1").demand.total == pytest.approx(65576.37543)


@pytest.mark.parametrize("network", ["anaheim", "eastern-massachusetts", "sioux-falls"])
@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_lane_swap_scenarios(network, share):
    """Because each pair must be two opposite links of the network."""
    scenario = road.load_lane_swap(network, share)
    forward, backward = scenario.pairs.T
    np.testing.assert_array_equal(scenario.network.tail[forward], scenario.network.head[backward])
    np.testing.assert_array_equal(scenario.network.head[forward], scenario.network.tail[backward])
    assert len(scenario.demand.matrix) == scenario.network.zones
    assert scenario.network.through.all()


def test_unknown_lane_swap_scenarios():
    """Because there are nine of them only."""
    with pytest.raises(InputError, match="did you mean 'anaheim'"):
        road.load_lane_swap("anahaim", 0.5)
    with pytest.raises(InputError, match=r"0\.25, 0\.5, 0\.75"):
        road.load_lane_swap("anaheim", 0.3)


def test_published_tables():
    """Because every benchmark compares with these figures."""
    rey = road.published_table("dndp_rey2020").set_index(["instance", "budget_pct"]).sort_index()
    assert rey.loc[("SF_DNDP_10_1", 25.0), "best_design_ue_tstt_thousand"].item() == 6227.9
    madadi = road.published_table("ndp_madadi2023_sorb")
    assert len(madadi) == 36
    assert set(madadi["network"].str.lower().str.replace(" ", "-")) >= {"anaheim"}
    with pytest.raises(InputError, match="did you mean 'dndp_rey2020'"):
        road.published_table("dndp_rey")
