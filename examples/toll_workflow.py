"""A day of traffic as a workflow: how many trips to admit and what to charge, period by period, on Sioux Falls.

Demand scale → assignment → toll revenue, three times, and the welfare of the day as the sum. Drivers settle into equilibrium in
every period by itself, so a toll of the morning changes nothing of the evening: the trace knows that, and so does the search.
"""

from __future__ import annotations

import numpy as np

from braess.domains import road
from braess.domains.road.links import find_links
from braess.problem import Objective
from braess.space import Real
from braess.trace import Adjoint, Parameter, Workflow, blocks, bundle, improve, render, replay, report

PERIODS = {"morning": 1.0, "midday": 0.7, "evening": 0.9}  # trips, as a share of the published ones
TOLLED = ("6->8", "16->10", "15->10", "11->10")  # links into the centre
WORTH = 40.0  # of a trip, in minutes
FUNDS = 0.2  # what a minute of toll revenue is worth beyond what it costs those who pay it
_GAP = 1e-13  # derivatives are as precise as what they are taken at

NETWORK, DEMAND = road.load("sioux-falls")
NETWORK = NETWORK.with_links(toll_factor=1.0, toll=np.zeros(NETWORK.links))
LINKS = np.array(find_links(NETWORK, TOLLED))
ASSIGNMENT = road.Assignment(NETWORK, DEMAND)
NEAR = ASSIGNMENT.solve().state  # every solve starts here, whatever was solved before


def _settled_back(adjoint, solved, trips, tolls):
    """Adjoints of trips and tolls from those of flows and times, by implicit differentiation of the equilibrium."""
    del trips, tolls
    gradient = road.Sensitivity(ASSIGNMENT, solved).gradient(flow=adjoint.get("flow"), time=adjoint.get("time"))
    return gradient.demand, gradient.toll[LINKS]


@bundle(vjp=_settled_back)
def settle(trips, tolls):
    """Let drivers settle into user equilibrium."""
    charged = np.zeros(NETWORK.links)
    charged[LINKS] = tolls
    return ASSIGNMENT.solve(demand=road.Demand(trips), toll=charged, start=NEAR, relative_gap=_GAP)


@bundle(vjp=lambda adjoint, *_: ({"flow": adjoint},))
def flows(solved):
    """Take the flow of each link."""
    return solved.flow


@bundle(vjp=lambda adjoint, *_: ({"time": adjoint},))
def times(solved):
    """Take the travel time of each link."""
    return solved.time


def day(**decided):
    """Return the welfare of a day in million minutes; nodes or plain values."""
    welfare = 0.0
    for period in PERIODS:
        trips = decided[f"{period}_scale"] * DEMAND.matrix
        tolls = decided[f"{period}_tolls"]
        solved = settle(trips, tolls)
        flow = flows(solved)
        revenue = flow[LINKS] @ tolls
        welfare = welfare + 1e-6 * (WORTH * np.sum(trips) - flow @ times(solved) + FUNDS * revenue)
    return welfare


def parameters():
    """Return share of trips and tolls of each period, with their ranges."""
    found = {}
    for period, share in PERIODS.items():
        found[f"{period}_scale"] = Parameter(share, Real(low=0.5 * share, high=1.25 * share))
        found[f"{period}_tolls"] = Parameter(np.ones(len(TOLLED)), Real(low=0.0, high=10.0, size=len(TOLLED)))
    return found


workflow = Workflow(
    day, parameters(), (Objective("welfare", "max", "million minutes"),), name="day", context="A day of traffic on Sioux Falls."
)


def main() -> None:
    run = workflow.run()
    print(render(report(run, horizon=3)))
    print("independent parts:", *(", ".join(block.parameters) for block in blocks(run)), sep="\n  ")
    again = replay(run, {"morning_tolls": np.full(len(TOLLED), 2.0)})
    print(f"a toll of the morning: {again.calls} of {run.calls} operators called again")
    found = improve(workflow, Adjoint(workflow, rule="line-search", step=0.1), runs=30)
    print(f"welfare {run.objectives[0]:.4f} -> {found.best.objectives[0]:.4f} million minutes in {len(found.ranks)} runs")
    for name, value in found.best.values.items():
        print(f"  {name:<14} {np.round(value, 3)}")


if __name__ == "__main__":
    main()
