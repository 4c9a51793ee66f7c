"""Newton steps that move the flows of all origins together (compiled): what makes the end of a solve quick.

Equalising one pair of segments after another goes in small steps where pairs share congested links. Over all pairs the sum
of cost integrals is a smooth convex function whose Hessian is ``C' diag(slopes) C`` with the signed incidence ``C`` of links
and pairs, so one Newton step goes where thousands of small ones lead. The step is found by conjugate gradients, never forming
the Hessian. Each pair is scaled by the least flow its cycles could lose, so that of the many equal ways to move flow the one
is taken that is far from emptying links; cycles that would empty one all the same are held there and the others solved for
again.
"""

from __future__ import annotations

import numpy as np

from braess.domains.road.equilibrium._conjugate import conjugate
from braess.domains.road.equilibrium._curve import LOGARITHM, Curve, price, price_all
from braess.domains.road.equilibrium._cycles import Cycles, find_cycles
from braess.domains.road.equilibrium._kernel import Bools, Bushes, Floats, Indices, Int64s, Links
from braess.domains.road.equilibrium._pairs import Pairs, around, pair_up, spread_over
from braess.domains.road.equilibrium._users import Users, curve_for
from braess.kernels import kernel, lean

# Steps in which the linear equations are solved at most.
_MOST_STEPS = 200
# How often the cycles that empty a link are held and the others solved for again.
_TURNS = 8
_TRIALS = 12
# A step below this share of what was solved for is poor: then the step that holds no cycle is taken, to where it empties the
# first link; so many times at most.
_POOR = 0.1
_TRIES = 10
# Detours within the bushes below this share of what is asked for are left to the sweeps.
_ENOUGH = 0.1
# Flows below this share of what they were are empty.
_EMPTY = 1e-12
# The search along the direction ends when its derivative is down to this share of that at the start.
_FLAT = 0.1
# Cost differences around a cycle below this share of the costs themselves are rounding.
_ROUNDING = 1e-15


@lean
def _gains(pairs: Pairs, first: int, last: int, cost: Floats, gain: Floats) -> None:
    """Set ``gain`` to what a unit moved between the segments of some pairs saves."""
    for pair in range(first, last):
        more, less = 0.0, 0.0
        for at in range(pairs.start[pair], pairs.middle[pair]):
            more += cost[pairs.link[at]]
        for at in range(pairs.middle[pair], pairs.start[pair + 1]):
            less += cost[pairs.link[at]]
        gain[pair] = less - more if abs(less - more) > _ROUNDING * (less + more) else 0.0


@lean
def _least(cycles: Cycles, turned: Bools, flow: Floats, onto: Floats, off: Floats) -> None:
    """Set the least flow of each cycle on the segment that gains and on that which loses; zeros where one is empty.

    Rounding may have emptied a link before the path that leads over it: nothing can move around such a cycle.
    """
    for cycle in range(turned.size):
        gains, loses = np.inf, np.inf
        for at in range(cycles.start[cycle], cycles.middle[cycle]):
            gains = min(gains, flow[cycles.entry[at]])
        for at in range(cycles.middle[cycle], cycles.start[cycle + 1]):
            loses = min(loses, flow[cycles.entry[at]])
        if min(gains, loses) <= 0.0:
            gains, loses = 0.0, 0.0
        onto[cycle], off[cycle] = (loses, gains) if turned[cycle] else (gains, loses)


@lean
def _detours(cycles: Cycles, pairs: Pairs, flow: Floats, gain: Floats) -> float:
    """Return what the last links of the dearer segments carry times their detours: about the gap within the bushes."""
    total = 0.0
    for pair in range(gain.size):
        for at in range(pairs.first[pair], pairs.first[pair + 1]):
            cycle = pairs.cycle[at]
            first = pairs.turned[cycle] == (gain[pair] > 0.0)
            loses = cycles.start[cycle] if first else cycles.middle[cycle]
            total += abs(gain[pair]) * flow[cycles.entry[loses]]
    return total


@lean
def _scales(pairs: Pairs, slope: Floats, onto: Floats, off: Floats, gain: Floats, brake: Floats, scale: Floats) -> None:
    """Set the brake of each pair, and ``scale`` to the least flow on its cycles over the second derivative along it.

    With the brake as a further second derivative, a pair on its own would stop short of emptying a link, also where all
    its costs are constant. It fades with the gain, so steps near the solution are pure Newton steps.
    """
    for pair in range(scale.size):
        more, less, least, bend = 0.0, 0.0, 0.0, 0.0
        for at in range(pairs.first[pair], pairs.first[pair + 1]):
            cycle = pairs.cycle[at]
            more += onto[cycle]
            less += off[cycle]
            least += min(onto[cycle], off[cycle])
        for at in range(pairs.start[pair], pairs.start[pair + 1]):
            bend += slope[pairs.link[at]]
        brake[pair], scale[pair] = 0.0, 0.0
        if least > 0.0:
            brake[pair] = gain[pair] / less if gain[pair] > 0.0 else -gain[pair] / more
            bend += brake[pair]
            scale[pair] = least / bend if bend > 0.0 else 0.0


@lean
def _deal(pairs: Pairs, amount: Floats, onto: Floats, off: Floats, own: Floats) -> None:
    """Share the amount of each pair among its cycles that are not held, by the least flow of what loses, into ``own``."""
    for pair in range(amount.size):
        least = off if amount[pair] > 0.0 else onto
        total = 0.0
        for at in range(pairs.first[pair], pairs.first[pair + 1]):
            total += least[pairs.cycle[at]]
        if total > 0.0:
            for at in range(pairs.first[pair], pairs.first[pair + 1]):
                cycle = pairs.cycle[at]
                if least[cycle] > 0.0:
                    own[cycle] = amount[pair] * (least[cycle] / total)


@lean
def _share(bushes: Bushes, curve: Curve, links: Links, entry: int, change: float) -> float:
    """Return the share of a change, up to 1, that a bush link takes: to where it is empty, or half way to an infinite cost."""
    share: float = 1.0
    link = bushes.link[entry]
    if change < 0.0:
        share = bushes.flow[entry] / -change
    elif curve.kind[link] >= LOGARITHM and change > 0.0:
        share = 0.5 * (curve.base[link] - links.flow[link]) / change
    return min(share, 1.0)


@lean
def _reach_of(bushes: Bushes, curve: Curve, links: Links, cycles: Cycles, cycle: int, amount: float, change: Floats) -> float:
    """Return the share of a change that every link takes which one cycle, moving so much, pushes on."""
    reach: float = 1.0
    for at in range(cycles.start[cycle], cycles.start[cycle + 1]):
        entry = cycles.entry[at]
        push = amount if at < cycles.middle[cycle] else -amount
        if push * change[entry] > 0.0:
            reach = min(reach, _share(bushes, curve, links, entry, change[entry]))
    return reach


@lean
def _hold(
    bushes: Bushes,
    curve: Curve,
    links: Links,
    cycles: Cycles,
    pairs: Pairs,
    change: Floats,
    onto: Floats,
    off: Floats,
    amount: Floats,
    own: Floats,
    held: Floats,
) -> bool:
    """Shorten what cycles move that push a link further than it goes, and hold them there; tell if any.

    Their flows move from ``amount`` to ``held`` ``[pairs]``, and they have nothing left to lose.
    """
    any_held = False
    for pair in range(amount.size):
        for at in range(pairs.first[pair], pairs.first[pair + 1]):
            cycle = pairs.cycle[at]
            if onto[cycle] <= 0.0 or own[cycle] == 0.0:
                continue
            turn = -1.0 if pairs.turned[cycle] else 1.0
            reach = _reach_of(bushes, curve, links, cycles, cycle, turn * own[cycle], change)
            if reach < 1.0:
                amount[pair] -= own[cycle]
                own[cycle] *= reach
                held[pair] += own[cycle]
                onto[cycle] = off[cycle] = 0.0
                any_held = True
    return any_held


@kernel
def _touched(cycles: Cycles, change: Floats) -> tuple[Indices, Int64s]:
    """List the bush links that cycles go through, each once, and the first of each row ``[rows + 1]``.

    Leaves zeros in ``change`` ``[bush links]`` at these places; nobody ever looks at the others.
    """
    touched, first = np.empty(cycles.entry.size, np.uint32), np.zeros(cycles.row.size, np.int64)
    for at in range(cycles.entry.size):
        change[cycles.entry[at]] = 0.0
    count = 0
    for row in range(cycles.row.size - 1):
        for at in range(cycles.start[cycles.row[row]], cycles.start[cycles.row[row + 1]]):
            entry = cycles.entry[at]
            if change[entry] == 0.0:
                change[entry] = 1.0
                touched[count] = entry
                count += 1
        first[row + 1] = count
    change[touched[:count]] = 0.0
    return touched[:count], first


@lean
def _spread(cycles: Cycles, turned: Bools, touched: Indices, own: Floats, change: Floats) -> None:
    """Set ``change`` to what the amounts ``[cycles]`` add to the flows of the bushes."""
    for entry in touched:
        change[entry] = 0.0
    for cycle in range(own.size):
        value = -own[cycle] if turned[cycle] else own[cycle]
        for at in range(cycles.start[cycle], cycles.middle[cycle]):
            change[cycles.entry[at]] += value
        for at in range(cycles.middle[cycle], cycles.start[cycle + 1]):
            change[cycles.entry[at]] -= value


@lean
def _reach(bushes: Bushes, curve: Curve, links: Links, touched: Indices, change: Floats) -> float:
    """Return the share of the change, up to 1, that every link takes."""
    reach = 1.0
    for entry in touched:
        reach = min(reach, _share(bushes, curve, links, entry, change[entry]))
    return reach


@lean
def _direction(
    bushes: Bushes,
    curve: Curve,
    users: Users,
    links: Links,
    touched: Indices,
    first: Int64s,
    change: Floats,
    direction: Floats,
    apart: bool,
) -> float:
    """Shorten the change to what every link takes, that of each row ``apart`` or all alike; sum over the rows.

    Returns
    -------
    What the change costs all user classes more than it would cost the first.
    """
    direction[:] = 0.0
    user, tilt = 0, 0.0
    reach = 1.0 if apart else _reach(bushes, curve, links, touched, change)
    for row in range(first.size - 1):
        if row >= users.start[user + 1]:
            user += 1
        own = touched[first[row] : first[row + 1]]
        if apart:
            reach = _reach(bushes, curve, links, own, change)
        for entry in own:
            link = bushes.link[entry]
            change[entry] *= reach
            direction[link] += change[entry]
            if user > 0:
                tilt += change[entry] * (users.free[user, link] - users.free[0, link])
    return tilt


@lean
def _step(curve: Curve, links: Links, direction: Floats, tilt: float) -> float:
    """Return a step up to 1 along which the sum of cost integrals falls all the way, nearly the best.

    ``tilt`` is what a whole step costs besides the costs by the curve.
    """
    low, high, step, first = 0.0, 1.0, 1.0, -tilt
    for link in range(direction.size):
        first -= direction[link] * links.cost[link]
    if first <= 0.0:
        return 0.0
    for _ in range(_TRIALS):
        fall = -tilt
        bend = 0.0
        for link in range(direction.size):
            if direction[link] != 0.0:
                cost, slope = price(curve, link, max(links.flow[link] + step * direction[link], 0.0))
                fall -= direction[link] * cost
                bend += direction[link] * direction[link] * slope
        if abs(fall) <= _FLAT * first or (step == 1.0 and fall > 0.0):
            return step
        if fall > 0.0:
            low = step
        else:
            high = step
        step = step + fall / bend if bend > 0.0 else 0.5 * (low + high)
        if not low < step < high:
            step = 0.5 * (low + high)
    return low


@lean
def _apply(
    bushes: Bushes, curve: Curve, links: Links, touched: Indices, change: Floats, direction: Floats, step: float
) -> None:
    """Change the flows by a share of the change, and with them the costs; what is nearly emptied is emptied."""
    for entry in touched:
        before = bushes.flow[entry]
        after = before + step * change[entry]
        bushes.flow[entry] = after if after > _EMPTY * before else 0.0
    for link in range(direction.size):
        if direction[link] != 0.0:
            links.flow[link] = max(links.flow[link] + step * direction[link], 0.0)
            links.cost[link], links.slope[link] = price(curve, link, links.flow[link])


@lean
def _left(pairs: Pairs, slope: Floats, gain: Floats, held: Floats, along: Floats, left: Floats) -> None:
    """Set ``left`` ``[pairs]`` to the gains that are left when what is held has moved."""
    spread_over(pairs, held, along)
    for link in range(along.size):
        along[link] *= slope[link]
    around(pairs, along, left)
    for pair in range(left.size):
        left[pair] = gain[pair] - left[pair]


@kernel
def _move(bushes: Bushes, curve: Curve, users: Users, links: Links, parent: Indices, accuracy: float, gap: float) -> bool:
    """Make one Newton step; tell whether the next is due at once, since this one only went to where a link is empty."""
    cycles = find_cycles(bushes, parent)
    pairs = pair_up(cycles, users.start)
    count = pairs.middle.size
    gain, brake, scale, amount = np.empty(count), np.empty(count), np.empty(count), np.zeros(count)
    onto, off, own = np.empty(cycles.middle.size), np.empty(cycles.middle.size), np.zeros(cycles.middle.size)
    for user in range(users.start.size - 2, -1, -1):
        price_all(curve_for(curve, users, user), links)
        _gains(pairs, pairs.user[user], pairs.user[user + 1], links.cost, gain)
    if _detours(cycles, pairs, bushes.flow, gain) <= _ENOUGH * gap * (links.flow * links.cost).sum():
        return False
    _least(cycles, pairs.turned, bushes.flow, onto, off)
    _scales(pairs, links.slope, onto, off, gain, brake, scale)
    least = (gain * gain * scale).sum() * accuracy**2
    direction, change = np.empty(links.flow.size), np.empty(bushes.link_start[-1])
    touched, start_of = _touched(cycles, change)
    free, held, left = own, np.zeros(count), gain
    for turn in range(_TURNS):
        conjugate(pairs, links.slope, left, brake, scale, least, _MOST_STEPS, amount, direction)
        _deal(pairs, amount, onto, off, own)
        if turn == 0:
            free, left = own.copy(), gain.copy()
        _spread(cycles, pairs.turned, touched, own, change)
        if not _hold(bushes, curve, links, cycles, pairs, change, onto, off, amount, own, held):
            break
        _spread(cycles, pairs.turned, touched, own, change)
        _left(pairs, links.slope, gain, held, direction, left)
        _scales(pairs, links.slope, onto, off, left, brake, scale)
    first = curve_for(curve, users, 0)
    tilt = _direction(bushes, curve, users, links, touched, start_of, change, direction, True)
    step = _step(first, links, direction, tilt)
    blocked = step < _POOR
    if blocked:  # holding has spoilt the direction
        _spread(cycles, pairs.turned, touched, free, change)
        tilt = _direction(bushes, curve, users, links, touched, start_of, change, direction, False)
        step = _step(first, links, direction, tilt)
    if step > 0.0:
        _apply(bushes, first, links, touched, change, direction, step)
    return blocked and step > 0.0


@kernel
def newton(bushes: Bushes, curve: Curve, users: Users, links: Links, parent: Indices, accuracy: float, gap: float) -> None:
    """Move flow around all cycles by a Newton step, as far as flows stay positive and the sum of cost integrals falls.

    The linear equations are solved to the share ``accuracy`` of their right-hand side. Nothing moves where the detours within
    the bushes are well below ``gap``, the relative gap asked for: such a step would follow rounding. Leaves in ``links`` the
    costs of the first user class. ``parent`` is working memory ``[nodes]``.
    """
    for _ in range(_TRIES):
        if not _move(bushes, curve, users, links, parent, accuracy, gap):
            return
