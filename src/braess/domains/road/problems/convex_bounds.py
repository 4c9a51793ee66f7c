"""Lower bounds on designs that move capacities in proportion: what branch and bound prunes with, and what a proof rests on.

Let ``Z`` be what user equilibrium minimises, ``T`` the total travel time, and ``x`` a design, on which capacities depend in
proportion. The least ``F(x)`` of ``T + weight Z`` over all flows is convex in ``x`` and smooth, and flows found for one ``x``,
however roughly, give a plane that is nowhere above it. With ``U(x)`` a bound on the integral of all equilibria of a box
(`integral_bound`), a straight line in the capacities, all its designs have::

    travel time >= F(x) - weight U(x)

A quasi-Newton method looks for the least of the right-hand side. The planes it meets bound that from below, whatever it finds.
A weight of 0 is the system optimum. The larger the weight, the nearer the flows are to equilibrium, and the more it costs that
``U`` is above the integral. Across a box of width ``w`` that is some ``w**2``, and what a finite weight costs goes with its
inverse: the best weight is about ``1 / w``, and the bound is short by about ``w``. A budget has a price (a Lagrangian
multiplier). Single designs are enclosed (`enclose`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from braess.domains.road.equilibrium import AnyState, CapacityRelaxation, Relaxed
from braess.domains.road.network import Floats
from braess.domains.road.problems.bounds import Prices
from braess.domains.road.problems.enclosure import bounds_precision, enclose
from braess.domains.road.problems.smooth import SmoothRoadProblem
from braess.domains.road.problems.value_function import IntegralBound, integral, integral_bound
from braess.problem import Bound
from braess.search._quasi_newton import QuasiNewton

# Precision of the flows for boxes, and of those whose integral bounds that of equilibria, relative to the share of the travel
# time in the mixture, which is 1 / (1 + weight): what they miss counts with the weight. Ceilings serve larger weights too.
_GAP, _CEILING_GAP = 1e-6, 1e-8
# What a minimum may be missed by: a share of its distance to the cutoff, but relative to itself this at most and at least; the
# least without a cutoff.
_MISSED, _COARSE, _FINE = 0.1, 1e-2, 1e-6
# Weights, and prices with each, tried for boxes inside no other, and for others; more weights as long as they raise the bound.
_FIRST_TRIES, _TRIES, _MOST_TRIES = 8, 2, 12
# Weights grow and fall by this factor until the best is between two, which need not be nearer to each other than the other.
_FACTOR, _CLOSE = 4.0, 1.5
# The least weight above 0, about, and the first.
_LIGHTEST, _HEAVY = 0.05, 1.0
# The first price, as a share of the objective over the cost of the dearest design.
_DEAR = 0.05
# Steps of a minimisation, and the relative improvement that counts as none.
_STEPS, _IDLE = 60, 1e-10
# Sums of costs and integrals are right to this share at least.
_ROUNDING = 1e-12


class Start(NamedTuple):
    """What bounding part of a box starts from."""

    weight: float
    """Of what equilibrium minimises."""
    price: float
    """Of a unit of the budget."""
    point: Floats
    """``[width]`` where the bound was taken."""
    flows: AnyState


class _Least(NamedTuple):
    """The end of a minimisation."""

    bound: float
    value: float
    start: Start
    excess: float
    """Of the integral above its bound."""
    over: float
    """Spent above the budget."""


class ConvexBounds:
    """Bounds for designs that move capacities in proportion, prepared for many boxes.

    Parameters
    ----------
    problem
        A problem whose lever is capacity, with BPR functions; its construction cost is convex and rises with the flat design.
    cost_weight
        What the objective counts a unit of construction cost for, besides the total travel time; at least 0.

    Raises
    ------
    InputError
        Some link has no BPR function.
    """

    def __init__(self, problem: SmoothRoadProblem, *, cost_weight: float) -> None:
        self.problem = problem
        self.relaxation = CapacityRelaxation(problem.network, problem.demand)
        self.cost_weight = cost_weight
        self.budget = np.inf if problem.budget is None else problem.budget * (1.0 + _ROUNDING)

    def bound(self, low: Floats, high: Floats, *, cutoff: float, start: Start | None) -> Bound:
        """Bound the objective of all designs between two rows ``[width]``, as `Bounded` asks."""
        if self.at(low)[1] > self.budget:
            return Bound(np.inf, low, low, low)
        if (low == high).all():
            return Bound(self.enclose(low, cutoff, start.flows if start else None)[0], low, low, low)
        return _Box(self, low, high, cutoff).bound(start)

    def at(self, point: Floats) -> tuple[Floats, float, Floats]:
        """Return the capacities ``[links]``, cost and marginal cost ``[width]`` of a flat design, integral or not."""
        designs = self.problem.relaxed_designs(point[None])
        capacity = self.problem.levers(designs).capacity
        assert capacity is not None  # the lever is capacity
        cost, marginal = self.problem.construction_cost(designs), self.problem.marginal_construction_cost(designs)
        return capacity[0], float(cost[0]), marginal[0]

    def flows(self, capacity: Floats, share: float, start: AnyState | None, gap: float) -> Relaxed:
        """Solve for the flows that minimise the mixture of travel time, with its share, and integral."""
        return self.relaxation.solve(capacity, capacity, np.zeros(capacity.size), share=share, start=start, relative_gap=gap)

    def enclose(self, design: Floats, cutoff: float = np.inf, flows: AnyState | None = None) -> tuple[float, float]:
        """Enclose the exact objective of a design ``[width]``; above the cutoff it need not be known closely."""
        capacity, cost, _ = self.at(design)
        found = enclose(self.relaxation, capacity, cutoff=cutoff - self.cost_weight * cost, start=flows)
        return found.low + self.cost_weight * cost, found.high + self.cost_weight * cost


def convex_bounds_precision() -> dict[str, Any]:
    """Say as plain data to which precision these bounds are solved, and how they account for it."""
    account = (
        "the value less all the gap leaves open is the bound; the gap asked for is this times the share of the travel time"
    )
    return bounds_precision() | {"relaxations": {"relative_gap": _GAP, "account": account}}


class _Ceiling(NamedTuple):
    """What no equilibrium of a box has a larger integral than."""

    integral: IntegralBound
    least: Floats
    """``[links]`` capacities that it counts from."""
    flows: AnyState


class _Box:
    """Bounds one box."""

    def __init__(self, bounds: ConvexBounds, low: Floats, high: Floats, cutoff: float) -> None:
        self._bounds, self._cutoff = bounds, cutoff
        self._low, self._high = low, high
        one, _, _ = bounds.at(low)
        other, self._dearest, _ = bounds.at(high)
        self._least, self._most = np.minimum(one, other), np.maximum(one, other)

    def bound(self, start: Start | None) -> Bound:
        """Try weights, from the one that was best around this box."""
        point = np.clip(start.point, self._low, self._high) if start else 0.5 * (self._low + self._high)
        ceiling = self._ceiling(start)
        if ceiling is None:
            return Bound(np.inf, self._low, self._high, point)
        tried = start._replace(point=point) if start else Start(0.0, 0.0, point, ceiling.flows)
        best, weights, tries = None, _Weights(), _TRIES if start else _FIRST_TRIES
        for tried_before in range(_MOST_TRIES):
            found = self._at_best_price(tried, ceiling, tries)
            better = best is None or found.bound > best.bound
            best = found if best is None or better else best
            following = weights.after(tried.weight, found.excess)
            if best.bound >= self._cutoff or following is None or (tried_before + 1 >= tries and not better):
                break
            tried = found.start._replace(weight=following)
        assert best is not None  # there was a try
        kept = best.start
        return Bound(best.bound, self._low, self._high, kept.point, kept, kept.flows.nbytes + kept.point.nbytes)

    def _ceiling(self, start: Start | None) -> _Ceiling | None:
        """Bound the integral best in the middle of the box; ``None`` where trips have no path.

        What bounds it there is the integral at capacities that crowd as much as the ends of their ranges do on average, so the
        equilibrium flows of these bound best.
        """
        bounds, network = self._bounds, self._bounds.problem.network
        power = np.where(network.power > 0, network.power, 1.0)
        between = self._least * (0.5 + 0.5 * (self._least / self._most) ** power) ** (-1.0 / power)
        flows, weight = (start.flows, start.weight) if start else (None, 0.0)
        found = bounds.flows(between, 0.0, flows, _CEILING_GAP / (1.0 + weight))
        if found.state is None:
            return None
        base, slope = integral_bound(network, found.flow, self._least, self._most)
        return _Ceiling(IntegralBound(base + _ROUNDING * abs(base), slope), self._least, found.state)

    def _at_best_price(self, start: Start, ceiling: _Ceiling, tries: int) -> _Least:
        """Return the best bound with one weight, at several prices of the budget where there is one."""
        prices, best = Prices(), self._minimise(start, ceiling)
        if self._bounds.budget == np.inf:
            return best
        found = best
        for _ in range(tries - 1):
            unit = _DEAR * abs(found.value) / max(self._dearest, 1e-300)
            following = prices.after(found.start.price, found.over, unit)
            if best.bound >= self._cutoff or following is None:
                break
            found = self._minimise(found.start._replace(price=following), ceiling)
            best = found if found.bound > best.bound else best
        return best

    def _minimise(self, start: Start, ceiling: _Ceiling) -> _Least:
        """Look for the least of what bounds the box, by a quasi-Newton method, until the bound is near enough."""
        descent = _Descent(self._bounds, self._low, self._high, ceiling, start)
        steps = QuasiNewton(descent.unit(start.point), descent.last, tolerance=_IDLE)
        for _ in range(_STEPS):
            value = descent.look(steps.point)
            if self._near(descent.best) or not steps.advance(value):
                break
        return descent.best

    def _near(self, found: _Least) -> bool:
        """Tell whether a bound is over the cutoff, or so near to the least value that a better one hardly matters."""
        enough = _FINE
        if self._cutoff < np.inf:
            enough = float(np.clip(_MISSED * abs(self._cutoff - found.value) / max(abs(found.value), 1e-300), _FINE, _COARSE))
        return found.bound >= self._cutoff or found.value - found.bound <= enough * abs(found.value)


class _Descent:
    """Looks at points of a box; every look bounds the whole box."""

    def __init__(self, bounds: ConvexBounds, low: Floats, high: Floats, ceiling: _Ceiling, start: Start) -> None:
        self._bounds, self._low, self._high, self._ceiling = bounds, low, high, ceiling
        self._free = high > low
        self._width = (high - low)[self._free]
        self._flows = start.flows
        self._weight, self._price = start.weight, start.price
        self._share = 1.0 / (1.0 + start.weight)
        self._last = 0.0, np.zeros_like(self._width)
        self.best = _Least(-np.inf, np.inf, start, 0.0, 0.0)

    def unit(self, point: Floats) -> Floats:
        """Return the free decisions of a point as shares of their ranges."""
        share: Floats = (point - self._low)[self._free] / self._width
        return share

    def last(self, _: Floats) -> tuple[float, Floats]:
        """Return value and derivatives where the last look was."""
        return self._last

    def look(self, unit: Floats) -> float:
        """Return the value where the free decisions are such shares of their ranges."""
        bounds, ceiling, share = self._bounds, self._ceiling, self._share
        point = self._low.copy()
        point[self._free] += unit * self._width
        point = np.minimum(point, self._high)
        capacity, cost, marginal = bounds.at(point)
        found = bounds.flows(capacity, share, self._flows, _GAP * share)
        assert found.state is not None  # as for the ceiling
        self._flows = found.state
        by_capacity = bounds.relaxation.by_capacity(found.flow, capacity, share) / share
        per_cost = bounds.cost_weight + self._price
        slope = bounds.problem.by_design(by_capacity + self._weight * ceiling.integral.slope) + per_cost * marginal
        most = ceiling.integral.at(capacity - ceiling.least)
        besides = per_cost * cost - self._weight * most - (self._price * bounds.budget if self._price > 0 else 0.0)
        value = found.value / share + besides
        below = np.minimum(slope * (self._low - point), slope * (self._high - point))
        bound = max(self.best.bound, found.bound / share + besides + float(below.sum()))
        self._last = value, slope[self._free] * self._width
        if value < self.best.value:
            excess = float(integral(bounds.problem.network, found.flow, capacity).sum()) - most
            at = Start(self._weight, self._price, point, found.state)
            self.best = _Least(bound, value, at, excess, cost - bounds.budget)
        else:
            self.best = self.best._replace(bound=bound)
        return value


class _Weights:
    """Looks for the best weight: that at which flows have just the integral that bounds those of equilibria."""

    def __init__(self) -> None:
        self._low: float | None = None
        self._high: float | None = None

    def after(self, weight: float, excess: float) -> float | None:
        """Return the next weight to try after one with an integral that is so much too high; ``None`` where none is better."""
        if excess > 0:
            self._low = weight
        else:
            self._high = weight
        low, high = self._low, self._high
        if high is None:
            return max(_FACTOR * weight, _HEAVY)
        if not low:
            return high / _FACTOR if high > _LIGHTEST else None
        return None if high <= _CLOSE * low else float(np.sqrt(low * high))
