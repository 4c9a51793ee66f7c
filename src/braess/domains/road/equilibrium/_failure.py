"""Why a solve found no equilibrium, in words."""

from __future__ import annotations

import numpy as np

from braess.domains.road.equilibrium import _solver
from braess.domains.road.equilibrium._kernel import Floats, Graph, make_scratch
from braess.domains.road.equilibrium._path import search
from braess.domains.road.network import RoadNetwork
from braess.errors import ConvergenceError, InputError

_SHOWN = 5  # pairs named in an error


def unreachable(network: RoadNetwork, graph: Graph, cost: Floats, trips: Floats) -> InputError:
    """Name the first few pairs of zones with trips ``[zones, zones]`` but no open path."""
    labels = network.node_ids[network.zone_nodes]
    scratch = make_scratch(network.nodes, network.links)
    pairs = []
    for origin in np.flatnonzero(trips.any(axis=1)):
        search(graph, cost, graph.zone[origin], scratch)
        cut_off = (trips[origin] > 0) & np.isinf(scratch.distance[graph.zone])
        pairs += [f"{labels[origin]}->{labels[end]}" for end in np.flatnonzero(cut_off)]
    more = f" and {len(pairs) - _SHOWN} more" if len(pairs) > _SHOWN else ""
    return InputError("trips have no open path", field="demand", found=", ".join(pairs[:_SHOWN]) + more)


def not_converged(what: str, status: int, history: Floats, asked: float) -> ConvergenceError:
    """Say how far a solve came and why it ended there."""
    reached = float(history.min())
    why = "progress stalled" if status == _solver.STALLED else "iterations ran out"
    return ConvergenceError(
        f"{what}: {why} after {history.size} iterations at a relative gap of {reached:.3g}, asked {asked:.3g}",
        reached=reached,
        asked=asked,
    )
