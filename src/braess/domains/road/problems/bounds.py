"""Lower bounds on the total travel time of selections: what branch and bound prunes with, and what a proof rests on.

Every bound is the least value of a convex problem that holds the equilibria of all designs of a box (`CapacityRelaxation`):
capacities lie anywhere between those without and with the undecided candidates, the budget has a price (a Lagrangian
multiplier), and flows minimise a mixture of total travel time and of what user equilibrium minimises. The latter can be
bounded, since more capacity never makes the least integral of the costs larger: for all designs of the box it is at most that
of the equilibrium without any undecided candidate. With ``share`` the weight of the travel time this gives::

    travel time >= (least mixture - price x budget - (1 - share) least integral without the undecided) / share

A share of 1 is the system optimum. The smaller the share, the nearer the flows are to equilibrium, and the more it costs that
the integral is not that of the design itself; for a single design both vanish together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from braess.domains.road.equilibrium import AnyState, CapacityRelaxation, Relaxed
from braess.domains.road.network import Demand, Floats, Ints, RoadNetwork
from braess.problem import Bound

# Precision of the flows for boxes, and for single designs.
_GAP, _FINE_GAP = 1e-5, 1e-14
# Shares tried one after the other, where few candidates are undecided, and for single designs.
_FEW = 3
_SHARES, _FINE_SHARES = (0.3, 0.1), (0.05, 1e-6)
# Prices of the budget tried, at first and later; two of them need not be nearer to each other than this share.
_FIRST_PRICES, _PRICES = 16, 4
_NEAR = 0.02
# The first price, as a share of all the travel time over the cost of all candidates.
_HIGH = 0.05


class Start(NamedTuple):
    """What bounding part of a box starts from."""

    price: float
    """Of a unit of the budget."""
    flows: AnyState | None


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
        self._relaxation = CapacityRelaxation(network, demand)
        self._capacity, self._candidates = network.capacity, candidates
        self._without, self._gain = without, picked - without
        self._cost, self._budget = cost, budget

    def bound(self, low: Floats, high: Floats, *, cutoff: float, start: Start | None) -> Bound:
        """Bound the total travel time of all designs between two rows ``[k]``, as `Bounded` asks."""
        left = self._budget - float((self._cost * low).sum())
        if left < 0:
            return Bound(np.inf, low, low, low)
        high = np.where((low < high) & (self._cost > left), low, high)
        return self._of_one(low, cutoff, start) if (low == high).all() else self._of_many(low, high, left, cutoff, start)

    def _solve(self, low: Floats, high: Floats, price: float, share: float, flows: AnyState | None, gap: float) -> Relaxed:
        """Solve the relaxation over a box, at a price of the budget; infinite where some trips have no path in any design."""
        least, most, each = self._capacity.copy(), self._capacity.copy(), np.zeros(self._capacity.size)
        least[self._candidates] = self._without + low * self._gain
        most[self._candidates] = self._without + high * self._gain
        each[self._candidates] = np.divide(price * self._cost, self._gain, out=np.zeros(low.size), where=self._gain > 0)
        return self._relaxation.solve(least, most, each, share=share, start=flows, relative_gap=gap)

    def _of_one(self, design: Floats, cutoff: float, start: Start | None) -> Bound:
        flows = start.flows if start else None
        value, integral = -np.inf, self._solve(design, design, 0.0, 0.0, flows, _FINE_GAP).value
        if integral == np.inf:
            return Bound(np.inf, design, design, design)
        for share in _FINE_SHARES:
            found = self._solve(design, design, 0.0, share, flows, _FINE_GAP)
            flows = found.state
            value = max(value, (found.bound - (1.0 - share) * integral) / share)
            if value >= cutoff:
                break
        return Bound(value, design, design, design)

    def _of_many(self, low: Floats, high: Floats, left: float, cutoff: float, start: Start | None) -> Bound:
        price, flows = (start.price, start.flows) if start else (0.0, None)
        value, best, relaxed, prices = -np.inf, 0.0, high, Prices()
        for _ in range(_PRICES if start else _FIRST_PRICES):
            found = self._solve(low, high, price, 1.0, flows, _GAP)
            flows = found.state
            if flows is None:
                return Bound(np.inf, low, high, high)
            picked = low + self._share_of(found, low)
            if found.bound - price * left > value:
                value, relaxed, best = found.bound - price * left, picked, price
            over = float((self._cost * (picked - low)).sum()) - left
            following = prices.after(price, over, _HIGH * found.value / max(float(self._cost.sum()), 1e-300))
            if value >= cutoff or following is None:
                break
            price = following
        if value < cutoff and int((low < high).sum()) <= _FEW:
            value = max(value, self._nearer(low, high, left, best, cutoff, flows))
        return Bound(value, low, high, relaxed, Start(best, flows), 0 if flows is None else flows.nbytes)

    def _share_of(self, found: Relaxed, low: Floats) -> Floats:
        """Return how much of each candidate is picked beyond ``low``, ``[k]``."""
        beyond = found.capacity[self._candidates] - self._without - low * self._gain
        return np.divide(beyond, self._gain, out=np.zeros_like(low), where=self._gain > 0)

    def _nearer(self, low: Floats, high: Floats, left: float, price: float, cutoff: float, flows: AnyState | None) -> float:
        """Return the best bound with flows nearer to equilibrium."""
        value, integral = -np.inf, self._solve(low, low, 0.0, 0.0, flows, _GAP).value
        for share in _SHARES:
            found = self._solve(low, high, share * price, share, flows, _GAP)
            flows = found.state
            value = max(value, (found.bound - share * price * left - (1.0 - share) * integral) / share)
            if value >= cutoff:
                break
        return value


class Prices:
    """Looks for the price at which what is picked costs just the budget: by halves and doubles, then by straight lines."""

    def __init__(self) -> None:
        self._low: tuple[float, float] | None = None
        self._high: tuple[float, float] | None = None

    def after(self, price: float, over: float, unit: float) -> float | None:
        """Return the next price to try after one at which so much too much was spent; ``None`` where none is better.

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
