"""An interval that holds the exact total travel time of one design, however precisely its equilibrium was solved.

Two ways, both from flows ``v`` that are only nearly in equilibrium, with costs ``t(v)``:

- *By the excess.* Exact flows ``v*`` and any feasible flows satisfy ``t(v*) (v - v*) >= 0``, and flows whose drivers spend
  ``excess`` more than on shortest paths satisfy ``t(v) (v* - v) >= -excess``; so ``(t(v*) - t(v)) (v* - v) <= excess``. Where
  delays are convex, the inequality of Cauchy and Schwarz makes of it ``T(v*) >= T(v) - excess - sqrt(excess sum v**2 t'(v))``,
  and from above the same root with the slopes that lie as far to the right as the excess allows.
- *By mixtures.* With ``Z`` the integral of the costs that equilibrium minimises, ``share T(v*) >= (least of
  (1 - share) Z + share T) - (1 - share) Z(v)`` for any share, one below 0 too, by which it is a bound from above. It holds
  with tolls and with delays that are not convex as well.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from braess.domains.road.equilibrium import AnyState, CapacityRelaxation, Relaxed
from braess.domains.road.equilibrium.relaxation import ROUNDING
from braess.domains.road.network import Floats, RoadNetwork

# Relative gap of the flows that bound boxes of several designs.
BOX_GAP = 1e-5
# Those of single designs: one after the other, as long as it does not tell.
GAPS = (1e-5, 1e-9, 1e-14)
# Share of the travel time in mixtures: smaller ones drown in rounding, larger ones are further from equilibrium.
_SHARE = 1e-6


class Enclosure(NamedTuple):
    """Where the exact total travel time lies."""

    low: float
    high: float
    state: AnyState | None
    """Of the flows; ``None`` where some trips have no path and the travel time is infinite."""


def enclose(relaxation: CapacityRelaxation, capacity: Floats, *, cutoff: float, start: AnyState | None) -> Enclosure:
    """Enclose the total travel time at given capacities.

    Parameters
    ----------
    relaxation
        Of the network and its demand.
    capacity
        ``[links]`` flow units; 0 is a link that does not exist.
    cutoff
        What is above it need not be known closely.
    start
        State of an earlier solve.
    """
    nothing = np.zeros_like(capacity)

    def solve(share: float, gap: float, state: AnyState | None) -> Relaxed:
        return relaxation.solve(capacity, capacity, nothing, share=share, start=state, relative_gap=gap)

    low, high = -np.inf, np.inf
    for gap in GAPS:
        solved = solve(0.0, gap, start)
        if solved.state is None:
            return Enclosure(np.inf, np.inf, None)
        nearer_low, nearer_high = by_excess(relaxation.network, solved)
        low, high, start = max(low, nearer_low), min(high, nearer_high), solved.state
        if low >= cutoff:
            return Enclosure(low, high, start)
    mixed_low, mixed_high = (
        (solve(share, GAPS[-1], start).bound - (1.0 - share) * solved.value) / share for share in (_SHARE, -_SHARE)
    )
    return Enclosure(max(low, mixed_low), min(high, mixed_high), start)


def by_excess(network: RoadNetwork, solved: Relaxed) -> tuple[float, float]:
    """Enclose the travel time by the excess; everything where tolls or delays that are not convex forbid it.

    ``solved`` are flows at fixed capacities, at a share of 0.
    """
    rising = network.b > 0
    if network.fixed_cost.any() or ((network.power < 1) & (network.power > 0) & rising).any():
        return -np.inf, np.inf
    excess, volume = solved.value - solved.bound, solved.flow + network.preload
    used = (volume > 0) & (solved.capacity > 0)
    capacity = np.where(used, solved.capacity, 1.0)
    steep = np.where(used & rising, network.free_flow_time * network.b * network.power, 0.0)

    def slope(at: Floats) -> Floats:
        found: Floats = steep * (at / capacity) ** np.maximum(network.power - 1.0, 0.0) / capacity
        return found

    here = slope(volume)
    further = volume + np.sqrt(np.divide(excess, here, out=np.zeros_like(here), where=here > 0))
    time = float((volume * network.travel_time(volume - network.preload, capacity))[used].sum())
    below = excess + float(np.sqrt(excess * (volume**2 * here).sum()))
    above = float(np.sqrt(excess * (volume**2 * slope(further)).sum()))
    return time - below, time + above


def bounds_precision() -> dict[str, Any]:
    """Say as plain data to which precision bounds are solved, and how they account for it."""
    return {
        "relaxations": {"relative_gap": BOX_GAP, "account": "the value less all the gap leaves open is the bound"},
        "single designs": {
            "relative_gap": list(GAPS),
            "account": "the exact travel time is enclosed by the excess of the flows and by mixtures of time and integral",
        },
        "rounding": {"relative": ROUNDING, "account": "taken off every value, so a gap may not be closed further"},
    }
