"""Lower bounds on the total travel time of selections: what branch and bound prunes with, and what a proof rests on.

Every bound is the least value of a convex problem that holds the equilibria of all designs of a box (`CapacityRelaxation`):
capacities lie anywhere between those without and with the undecided candidates, the budget has a price (a Lagrangian
multiplier), and flows minimise a mixture of total travel time and of what user equilibrium minimises. The latter can be
bounded for all designs of the box by any flows that exist in all of them (`integral_bound`). With ``share`` the weight of the
travel time and ``slope`` what the bound falls by a unit of capacity, this gives::

    travel time >= (least mixture - share price budget - (1 - share) base) / share

A share of 1 is the system optimum. The smaller the share, the nearer the flows are to equilibrium, and the more it costs that
the bound on the integral is not that of each design. Single designs are enclosed (`enclose`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from braess.domains.road.equilibrium import AnyState, CapacityRelaxation, Relaxed
from braess.domains.road.network import Demand, Floats, Ints, RoadNetwork
from braess.domains.road.problems import enclosure
from braess.domains.road.problems.enclosure import Enclosure, enclose
from braess.domains.road.problems.value_function import integral, integral_bound
from braess.problem import Bound

# Undecided links up to which the bound on the integral is tried, where flows that use them do not exist in all designs.
_FEW = 3
# Undecided candidates up to which all sums of their costs are looked at.
_MANY = 12
# Sums of costs that differ by less, relative, are the same: they are added up in another order elsewhere.
_SAME = 1e-11
# By how much the share shrinks as long as that raises the bound.
_SHRINK = 0.4
# Prices of the budget tried, at first, from the price of a larger box, and for each further share; two of them need not be
# nearer to each other than this share.
_FIRST_PRICES, _PRICES, _FURTHER_PRICES = 16, 2, 2
_NEAR = 0.02
# The first price, as a share of all the travel time over the cost of all candidates.
_HIGH = 0.05


class Start(NamedTuple):
    """What bounding part of a box starts from: the best multipliers found, and flows."""

    price: float
    """Of a unit of the budget."""
    share: float
    """Weight of the travel time."""
    equilibrium: Floats | None
    """``[links]`` flows that bound the integral."""
    flows: AnyState | None


class _Trial(NamedTuple):
    """A bound, where it is taken, and with which price."""

    value: float
    relaxed: Relaxed
    price: float


class SelectionBounds:
    """Bounds for designs that pick candidates under a budget, prepared for many boxes.

    Parameters
    ----------
    network, demand
        The roads, candidates included, with BPR functions, and who wants to use them.
    candidates
        ``[k]`` link of each candidate.
    without, picked
        ``[k]`` capacity of the candidate's link where it is not picked (0: it does not exist) and where it is.
    cost
        ``[k]`` cost of each candidate.
    budget
        Most that a design may cost.

    Raises
    ------
    InputError
        Some link has no BPR function.
    """

    def __init__(
        self,
        network: RoadNetwork,
        demand: Demand,
        *,
        candidates: Ints,
        without: Floats,
        picked: Floats,
        cost: Floats,
        budget: float,
    ) -> None:
        self.network, self.relaxation = network, CapacityRelaxation(network, demand)
        self.candidates, self.without, self.gain = candidates, without, picked - without
        self.cost, self._budget = cost, budget

    def bound(self, low: Floats, high: Floats, *, cutoff: float, start: Start | None) -> Bound:
        """Bound the total travel time of all designs between two rows ``[k]``, as `Bounded` asks."""
        left = self._budget - float((self.cost * low).sum())
        if left < 0:
            return Bound(np.inf, low, low, low)
        high = np.where((low < high) & (self.cost > left), low, high)
        left = _spendable(self.cost[low < high], left)
        if (low == high).all():
            return Bound(self.enclose(low, cutoff, start.flows if start else None).low, low, low, low)
        box = _Box(self, low, high, left, cutoff)
        dual = start or Start(0.0, 1.0, None, None)
        best = box.priced(dual, _PRICES if start else _FIRST_PRICES)
        if best is None:
            return Bound(np.inf, low, high, high)
        dual = Start(best.price, dual.share, dual.equilibrium, best.relaxed.state)
        if best.value < cutoff and box.has_common_flows:
            best, dual = box.nearer(best, dual)
        size = 0 if dual.flows is None else dual.flows.nbytes
        return Bound(best.value, low, high, box.picked(best.relaxed), dual, size)

    def enclose(self, design: Floats, cutoff: float = np.inf, flows: AnyState | None = None) -> Enclosure:
        """Enclose the exact total travel time of a design ``[k]``; above the cutoff it need not be known closely."""
        return enclose(self.relaxation, self.capacity(design), cutoff=cutoff, start=flows)

    def capacity(self, design: Floats) -> Floats:
        """Return the capacities ``[links]`` of a design ``[k]``."""
        found: Floats = self.network.capacity.copy()
        found[self.candidates] = self.without + design * self.gain
        return found


class _Box:
    """A box of designs at work.

    Parameters
    ----------
    bounds
        Of all designs.
    low, high
        ``[k]`` its corners.
    left
        Of the budget, after what all designs of the box cost.
    cutoff
        Value from which on a bound need not be better.
    """

    def __init__(self, bounds: SelectionBounds, low: Floats, high: Floats, left: float, cutoff: float) -> None:
        self._of = bounds
        self._left, self._cutoff, self._design = left, cutoff, low
        self._low, self._high = bounds.capacity(low), bounds.capacity(high)
        self._cost = np.zeros(self._low.size)
        gains = bounds.gain > 0
        self._cost[bounds.candidates[gains]] = bounds.cost[gains] / bounds.gain[gains]  # of a unit of capacity
        undecided = bounds.candidates[low < high]
        self.has_common_flows = undecided.size <= _FEW or bool((self._low[undecided] > 0).all())

    def priced(self, dual: Start, prices: int) -> _Trial | None:
        """Return the best bound of some prices of the budget; ``None`` where some trips have no path in any design."""
        network, share = self._of.network, dual.share
        base, slope = 0.0, np.zeros(self._low.size)
        if dual.equilibrium is not None:
            base, slope = integral_bound(network, dual.equilibrium, self._low, self._high)
        best, flows, price, search = None, dual.flows, dual.price, Prices()
        for _ in range(prices):
            charge = share * price * self._cost + (1.0 - share) * slope
            found = self._of.relaxation.solve(
                self._low, self._high, charge, share=share, start=flows, relative_gap=enclosure.BOX_GAP
            )
            flows = found.state
            if flows is None:
                return None
            value = (found.bound - share * price * self._left - (1.0 - share) * base) / share
            if best is None or value > best.value:
                best = _Trial(value, found, price)
            over = float((self._cost * (found.capacity - self._low)).sum()) - self._left
            following = search.after(price, over, _HIGH * abs(found.value) / max(float(self._of.cost.sum()), 1e-300))
            if value >= self._cutoff or following is None:
                break
            price = following
        return best

    def nearer(self, best: _Trial, dual: Start) -> tuple[_Trial, Start]:
        """Go nearer to equilibrium as long as that raises the bound."""
        exists = self._low > 0
        capacity = np.where(exists, best.relaxed.capacity, 0.0)
        nothing = np.zeros_like(capacity)
        settled = self._of.relaxation.solve(
            capacity, capacity, nothing, share=0.0, start=dual.flows, relative_gap=enclosure.BOX_GAP
        )
        if settled.state is None or not self._can_gain(best.relaxed, settled.flow):
            return best, dual
        share = dual.share if dual.share < 1.0 else _SHRINK
        while best.value < self._cutoff:
            dual_there = Start(dual.price, share, settled.flow, dual.flows)
            trial = self.priced(dual_there, _FURTHER_PRICES)
            if trial is None or trial.value <= best.value:
                break
            best, dual = trial, Start(trial.price, share, settled.flow, trial.relaxed.state)
            share *= _SHRINK
        return best, dual

    def _can_gain(self, relaxed: Relaxed, flow: Floats) -> bool:
        """Tell whether relaxed flows exceed the bound on the integral: only then does it cut them off."""
        network = self._of.network
        most = integral_bound(network, flow, self._low, self._high).at(relaxed.capacity - self._low)
        return float(integral(network, relaxed.flow, relaxed.capacity).sum()) > most

    def picked(self, relaxed: Relaxed) -> Floats:
        """Return the design ``[k]`` of relaxed capacities, fractions included."""
        bounds = self._of
        beyond = (relaxed.capacity - self._low)[bounds.candidates]
        return self._design + np.divide(beyond, bounds.gain, out=np.zeros_like(beyond), where=bounds.gain > 0)


def _spendable(cost: Floats, left: float) -> float:
    """Return the most that some of the candidates can cost together within what is left; that itself where they are many."""
    if cost.size > _MANY or cost.sum() <= left:
        return min(left, float(cost.sum()))
    sums = np.zeros(1)
    for each in cost:
        sums = np.concatenate([sums, sums + each])
    return float(sums[sums <= left * (1.0 + _SAME)].max())


class Prices:
    """Looks for the price (a multiplier) at which a limit is just kept: by halves and doubles, then by straight lines."""

    def __init__(self) -> None:
        self._low: tuple[float, float] | None = None
        self._high: tuple[float, float] | None = None

    def after(self, price: float, over: float, unit: float) -> float | None:
        """Return the next price to try after one at which so much was over the limit; ``None`` where none is better.

        ``unit`` is what to try after a price of 0.
        """
        if over > 0:
            self._low = price, over
        else:
            self._high = price, over
        if self._high is None:
            return 2.0 * price if price > 0.0 else unit
        if self._low is None:
            return None if price == 0.0 else 0.0
        (low, more), (high, less) = self._low, self._high
        if high - low <= _NEAR * high:
            return None
        return low + (high - low) * more / (more - less)
