"""Equilibration within one bush (compiled): Newton shifts from longest used to shortest paths."""

from __future__ import annotations

from braess.domains.road.equilibrium._curve import ELASTIC, LOGARITHM, Curve, price
from braess.domains.road.equilibrium._kernel import Bush, Indices, Labels, Links
from braess.kernels import lean

# Differences of path costs below this share of the cost are rounding.
_ROUNDING = 1e-15
# Where costs have kinks, the flow moved is searched for until this share of the difference is left, in so many trials.
_LEFT = 0.1
_TRIALS = 20


@lean
def _move(curve: Curve, links: Links, link: int, change: float) -> None:
    flow = max(links.flow[link] + change, 0.0)
    cost, slope = price(curve, link, flow)
    links.flow[link] = flow
    links.cost[link] = cost
    links.slope[link] = slope


@lean
def _any_elastic(curve: Curve, link: Indices, path: Indices, cheap: int, dear: int) -> bool:
    for at in range(path.size):  # noqa: SIM110 -- compiled
        if (at < cheap or at >= dear) and curve.kind[link[path[at]]] == ELASTIC:
            return True
    return False


@lean
def _saved(
    curve: Curve, links: Links, link: Indices, path: Indices, cheap: int, dear: int, change: float
) -> tuple[float, float]:
    """Return what a unit moved saves after link flows have changed by so much, and how fast that falls."""
    gain, slope = 0.0, 0.0
    for at in range(cheap):
        cost, bend = price(curve, link[path[at]], links.flow[link[path[at]]] + change)
        gain -= cost
        slope += bend
    for at in range(dear, path.size):
        cost, bend = price(curve, link[path[at]], max(links.flow[link[path[at]]] - change, 0.0))
        gain += cost
        slope += bend
    return gain, slope


@lean
def _amount(
    curve: Curve,
    links: Links,
    link: Indices,
    path: Indices,
    cheap: int,
    dear: int,
    gain: float,
    first: float,
    room: float,
    weight: float,
) -> float:
    """Search, from a first guess, for the flow to move, at most ``room``, after which the segments cost nearly the same."""
    low, high, trial = 0.0, room, first
    for _ in range(_TRIALS):
        left, slope = _saved(curve, links, link, path, cheap, dear, weight * trial)
        if left >= 0.0 and (left <= _LEFT * gain or trial >= room):
            return trial
        if left > 0.0:
            low = trial
        else:
            high = trial
        slope *= weight
        trial = trial + left / slope if slope > 0.0 else high
        if not low < trial < high:
            trial = 0.5 * (low + high) if high < room or left < 0.0 else high
    return low


@lean
def _shift_at(place: int, bush: Bush, curve: Curve, links: Links, labels: Labels, path: Indices, weight: float) -> None:
    """Move flow between the two segments that part at the last common node before ``place``."""
    link, tail, flow = bush.link, bush.tail, bush.flow
    entry, other = labels.lowest[place], labels.highest[place]
    gain = links.cost[link[other]] - links.cost[link[entry]]
    slope = links.slope[link[other]] + links.slope[link[entry]]
    room = flow[other]
    cheap, dear = 1, path.size - 1  # the segments fill the path from both ends
    path[0], path[dear] = entry, other
    left, right = tail[entry], tail[other]
    while left != right:
        if left > right:
            entry = labels.lowest[left]
            left = tail[entry]
            path[cheap] = entry
            cheap += 1
            gain -= links.cost[link[entry]]
        else:
            entry = labels.highest[right]
            right = tail[entry]
            dear -= 1
            path[dear] = entry
            gain += links.cost[link[entry]]
            room = min(room, flow[entry])
        slope += links.slope[link[entry]]
    if gain <= _ROUNDING * labels.high[place] or room <= 0.0:
        return
    onto = link[path[0]]
    if curve.kind[onto] >= LOGARITHM:  # rises to infinity: a Newton step could end where the way back takes very long
        room = min(room, 0.5 * (curve.base[onto] - links.flow[onto]) / weight)
    slope *= weight
    amount = room if gain >= room * slope else gain / slope
    if curve.kinked and _any_elastic(curve, link, path, cheap, dear):
        amount = _amount(curve, links, link, path, cheap, dear, gain, amount, room, weight)
    for at in range(cheap):
        flow[path[at]] += amount
        _move(curve, links, link[path[at]], weight * amount)
    for at in range(dear, path.size):
        flow[path[at]] -= amount
        _move(curve, links, link[path[at]], -weight * amount)


@lean
def shift(bush: Bush, curve: Curve, links: Links, labels: Labels, path: Indices, weight: float) -> None:
    """Equalise path costs once at every merge of a bush, from the last in its order to the first.

    What moves changes the flows of links ``weight`` times, to stand for others that do the same at the same time.
    """
    for at in range(bush.merge.size - 1, -1, -1):
        place = bush.merge[at]
        if labels.lowest[place] != labels.highest[place]:
            _shift_at(place, bush, curve, links, labels, path, weight)
