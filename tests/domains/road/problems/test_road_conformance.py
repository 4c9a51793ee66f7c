"""Every road problem passes the public conformance tests."""

from __future__ import annotations

import numpy as np

from braess.domains.road import (
    CapacityExpansion,
    LaneAddition,
    LaneSwap,
    LinkAddition,
    TollDesign,
    load,
    load_design,
    load_lane_swap,
)
from braess.testing import ProblemConformance

NETWORK, DEMAND = load("sioux-falls")
INSTANCE = load_design("SF_DNDP_10_1")
SCENARIO = load_lane_swap("sioux-falls", 0.25)


class TestLaneAddition(ProblemConformance):
    problem = LaneAddition(NETWORK, DEMAND, budget_share=0.5, objectives=("total_travel_time", "construction_cost"))


class TestLaneSwap(ProblemConformance):
    problem = LaneSwap(SCENARIO.network, SCENARIO.demand, pairs=SCENARIO.pairs)


class TestLinkAddition(ProblemConformance):
    problem = LinkAddition(
        INSTANCE.network,
        INSTANCE.demand,
        candidates=INSTANCE.candidates,
        cost=INSTANCE.cost[INSTANCE.candidates],
        budget_share=0.5,
    )


class TestCapacityExpansion(ProblemConformance):
    problem = CapacityExpansion(
        NETWORK, DEMAND, links=[3, 7, 11], cost=np.array([1.0, 2.0, 3.0]), largest=9000.0, budget=20000.0
    )


class TestTollDesign(ProblemConformance):
    problem = TollDesign(NETWORK, DEMAND, links=[3, 7, 11], largest=4.0, objectives=("total_travel_time", "toll_revenue"))
