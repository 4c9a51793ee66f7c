"""A network with links for the trips that are not made, on which elastic demand is solved like any other."""

from __future__ import annotations

import numpy as np

from braess.domains.road.elastic_demand import ElasticDemand
from braess.domains.road.equilibrium._curve import LOGARITHM, POWER, RECIPROCAL, Curve
from braess.domains.road.equilibrium._kernel import Bools, Floats, Graph
from braess.domains.road.network import Ints, RoadNetwork
from braess.errors import InputError


class NotMade:
    """The links of a network, those that lead its trips to nodes of their own, and one for each pair with trips.

    Parameters
    ----------
    network, plain
        The roads, and their topology as the kernels read it.
    elastic
        Trips by what they cost.
    origin, end
        ``[pairs]`` zones between which there are trips.

    Raises
    ------
    InputError
        Zones that no traffic passes share a node.
    """

    def __init__(self, network: RoadNetwork, plain: Graph, elastic: ElasticDemand, origin: Ints, end: Ints) -> None:
        self.graph = _with_trips_not_made(network, plain, origin, end)
        self._links, self._pairs = network.links, origin.size
        self._function = elastic.function
        self._trips, self._cost = elastic.demand.matrix[origin, end], elastic.cost[origin, end]
        self._slope = 1.0 / np.asarray(elastic.elasticity)[origin, end]

    def staying(self, flow: Floats) -> Floats:
        """Return the trips not made ``[pairs]`` among the flows of all links."""
        return flow[flow.size - self._pairs :]

    def usable(self, open_links: Bools, *, may_stay: bool) -> Bools:
        """Return which links can be used ``[1, all links]``; unless trips may stay, all are made."""
        usable = np.ones(self.graph.tail.size, np.bool_)
        usable[: self._links] = open_links
        usable[usable.size - self._pairs :] = may_stay
        return usable[None]

    def curve(self, roads: Curve, least: Floats, most: Floats, routed: Floats) -> Curve:
        """Return the cost curves of all links from those of the roads.

        Parameters
        ----------
        roads
            ``[links]``
        least, most
            ``[pairs]`` cost of an empty network, time units, and the trips at that cost, flow units.
        routed
            ``[pairs]`` trips that are routed; the others are sure not to be made.
        """
        connectors = self.graph.tail.size - self._links - self._pairs
        base, power = routed, np.ones(self._pairs)
        if self._function == "linear":
            kind, rise = POWER, self._cost * self._slope * np.divide(most, self._trips)
            base = most - routed
        elif self._function == "exponential":
            kind, rise = LOGARITHM, self._cost * self._slope
        else:
            kind, rise, power = RECIPROCAL, least, self._slope
        nothing, ones = np.zeros(connectors), np.ones(connectors)
        idle = np.zeros(connectors + self._pairs)
        some = most > 0  # else no trip is worth what even an empty network costs
        inverse = np.divide(1.0, most, out=np.zeros(self._pairs), where=some)
        return Curve(
            kind=np.concatenate((roads.kind, np.full(connectors, POWER), np.full(self._pairs, kind))).astype(np.uint8),
            free=np.concatenate((roads.free, nothing, least)),
            rise=np.concatenate((roads.rise, nothing, rise)),
            inverse_capacity=np.concatenate((roads.inverse_capacity, nothing, inverse)),
            base=np.concatenate((roads.base, nothing, base)),
            power=np.concatenate((roads.power, ones, power)),
            tilt=np.concatenate((roads.tilt, idle)),
            gap=np.concatenate((roads.gap, idle)),
            kinked=roads.kinked,
        )


def _with_trips_not_made(network: RoadNetwork, plain: Graph, origin: Ints, end: Ints) -> Graph:
    """Add a link for the trips not made between each pair of zones, which no other trip can use.

    Where traffic passes a zone, its trips start at a node of their own, which only they leave, and end at another, which
    only they enter. Where none passes, the zone itself is such a node.
    """
    passed = network.through[network.zone_nodes]
    if np.unique(network.zone_nodes[~passed]).size < np.count_nonzero(~passed):
        raise InputError("zones without through traffic share a node", field="zone_nodes", expected="a node for each zone")
    extra = np.flatnonzero(passed)
    starts, ends = network.zone_nodes.copy(), network.zone_nodes.copy()
    starts[extra] = network.nodes + np.arange(extra.size)
    ends[extra] = network.nodes + extra.size + np.arange(extra.size)
    own = network.zone_nodes[extra]
    tail = np.concatenate((network.tail, starts[extra], own, starts[origin]))
    head = np.concatenate((network.head, own, ends[extra], ends[end]))
    order = np.argsort(tail, kind="stable")
    nodes = network.nodes + 2 * extra.size
    return plain._replace(
        tail=tail.astype(np.uint32),
        head=head.astype(np.uint32),
        out_start=np.searchsorted(tail[order], np.arange(nodes + 1)).astype(np.uint32),
        out_link=order.astype(np.uint32),
        out_head=head[order].astype(np.uint32),
        through=np.concatenate((network.through, np.ones(2 * extra.size, np.bool_))),
        open=np.ones(tail.size, np.bool_),
        origin=starts.astype(np.uint32),
        zone=ends.astype(np.uint32),
    )
