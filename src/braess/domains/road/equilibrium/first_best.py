"""First-best tolls: what makes drivers who choose for themselves use the roads as is best for all."""

from __future__ import annotations

import numpy as np

from braess.domains.road.equilibrium._kernel import Floats
from braess.domains.road.equilibrium.elastic import ElasticEquilibrium
from braess.domains.road.equilibrium.record import Equilibrium
from braess.domains.road.network import RoadNetwork
from braess.errors import InputError


def marginal_cost_tolls(network: RoadNetwork, optimum: Equilibrium | ElasticEquilibrium) -> Floats:
    """Return the tolls that each driver should pay for the delay caused to the others.

    Charged on top of the tolls the optimum was solved with, they turn it into the user equilibrium: what a trip then sees
    is the marginal total cost, which at the optimum is equal on all used paths and larger on others.

    Parameters
    ----------
    network
        Roads whose ``toll_factor`` says what a unit of toll weighs.
    optimum
        A system optimum on these roads, of fixed or elastic demand. The tolls are as precise as its flows: ask for a
        relative gap of 1e-10 or less.

    Returns
    -------
    ``[links]`` ``flow * d cost / d flow / toll_factor`` in the units of the network's ``toll``; not negative where the toll
    factor is not, and zero on links of constant cost.

    Raises
    ------
    InputError
        The solution is a user equilibrium or belongs to another network, or drivers do not weigh tolls.

    Notes
    -----
    Flows on links whose cost rises come out the same as in the optimum. Where several paths of constant cost tie, drivers are
    indifferent between them, and only the totals are the same.

    References
    ----------
    Pigou, "The Economics of Welfare" (1920). Beckmann, McGuire and Winsten, "Studies in the Economics of Transportation"
    (1956), chapter 4.
    """
    if optimum.principle != "system-optimum":
        raise InputError("tolls follow from the optimum", field="optimum", found=optimum.principle, expected="system-optimum")
    if optimum.flow.shape != (network.links,):
        raise InputError("the optimum belongs to another network", field="optimum", found=optimum.flow.shape)
    if network.toll_factor == 0:
        raise InputError(
            "drivers do not weigh tolls",
            field="toll_factor",
            found=network.toll_factor,
            expected="network.with_links(toll_factor=1.0, toll=numpy.zeros(network.links)), which counts tolls in time units",
        )
    tolls: Floats = np.asarray((optimum.choice_cost - optimum.cost) / network.toll_factor)
    return tolls
