"""Newton steps that move the flows of all origins together (compiled): what makes the end of a solve quick.

Shifts within one bush after another follow each other in small steps where origins share congested links. Over the cycles
of all bushes the sum of cost integrals is a smooth convex function whose Hessian is ``C' diag(slopes) C`` with the signed
incidence ``C`` of links and cycles, so one Newton step goes where thousands of shifts lead. The step is found by conjugate
gradients, never forming the Hessian. Each cycle is scaled by the least flow it could lose, so that of the many equal ways to
move flow the one is taken that is far from emptying links; cycles that would empty one all the same are held there and the
others solved for again.
"""

from __future__ import annotations

import numpy as np

from braess.domains.road.equilibrium._conjugate import conjugate
from braess.domains.road.equilibrium._curve import LOGARITHM, Curve, price, price_all
from braess.domains.road.equilibrium._cycles import Cycles, find_cycles
from braess.domains.road.equilibrium._kernel import Bushes, Floats, Indices, Int64s, Links, kernel
from braess.domains.road.equilibrium._users import Users, curve_for

# Steps in which the linear equations are solved at most.
_MOST_STEPS = 200
# How often the cycles that empty a link are held and the others solved for again.
_TURNS = 8
_TRIALS = 12
# A step below this share of what was solved for is poor: then the step that holds no cycle is taken, to where it empties the
# first link; so many times at most.
_POOR = 0.1
_TRIES = 10
# A step that gains less than this share of the total cost would only follow rounding.
_WORTHLESS = 1e-24
# Flows below this share of what they were are empty.
_EMPTY = 1e-12
# The search along the direction ends when its derivative is down to this share of that at the start.
_FLAT = 0.1
# Cost differences around a cycle below this share of the costs themselves are rounding.
_ROUNDING = 1e-15


@kernel
def _gains(cycles: Cycles, first: int, last: int, cost: Floats, gain: Floats) -> None:
    """Set ``gain`` to what a unit moved around each cycle of some rows saves."""
    for cycle in range(cycles.row[first], cycles.row[last]):
        more, less = 0.0, 0.0
        for at in range(cycles.start[cycle], cycles.middle[cycle]):
            more += cost[cycles.link[at]]
        for at in range(cycles.middle[cycle], cycles.start[cycle + 1]):
            less += cost[cycles.link[at]]
        gain[cycle] = less - more if abs(less - more) > _ROUNDING * (less + more) else 0.0


@kernel
def _scales(cycles: Cycles, slope: Floats, flow: Floats, gain: Floats, brake: Floats, scale: Floats) -> None:
    """Set the brake of each cycle, and ``scale`` to the least flow on it over the second derivative along it.

    With the brake as a further second derivative, a cycle on its own would stop short of emptying a link, also where all
    its costs are constant. It fades with the gain, so steps near the solution are pure Newton steps.
    """
    for cycle in range(scale.size):
        onto, off, bend = np.inf, np.inf, 0.0
        for at in range(cycles.start[cycle], cycles.middle[cycle]):
            onto = min(onto, flow[cycles.entry[at]])
            bend += slope[cycles.link[at]]
        for at in range(cycles.middle[cycle], cycles.start[cycle + 1]):
            off = min(off, flow[cycles.entry[at]])
            bend += slope[cycles.link[at]]
        brake[cycle], scale[cycle] = 0.0, 0.0
        if min(onto, off) > 0.0:  # else rounding has emptied a link before the path that leads over it: nothing can move
            brake[cycle] = gain[cycle] / off if gain[cycle] > 0.0 else -gain[cycle] / onto
            bend += brake[cycle]
            scale[cycle] = min(onto, off) / bend if bend > 0.0 else 0.0


@kernel
def _share(bushes: Bushes, curve: Curve, links: Links, entry: int, change: float) -> float:
    """Return the share of a change, up to 1, that a bush link takes: to where it is empty, or half way to an infinite cost."""
    share: float = 1.0
    link = bushes.link[entry]
    if change < 0.0:
        share = bushes.flow[entry] / -change
    elif curve.kind[link] >= LOGARITHM and change > 0.0:
        share = 0.5 * (curve.base[link] - links.flow[link]) / change
    return min(share, 1.0)


@kernel
def _hold(bushes: Bushes, curve: Curve, links: Links, cycles: Cycles, change: Floats, scale: Floats, amount: Floats) -> bool:
    """Shorten the amounts of cycles that push a link further than it goes, and set their scale to 0; tell if any."""
    any_held = False
    for cycle in range(amount.size):
        if scale[cycle] <= 0.0 or amount[cycle] == 0.0:
            continue
        reach = 1.0
        for at in range(cycles.start[cycle], cycles.start[cycle + 1]):
            entry = cycles.entry[at]
            push = amount[cycle] if at < cycles.middle[cycle] else -amount[cycle]
            if push * change[entry] > 0.0:
                reach = min(reach, _share(bushes, curve, links, entry, change[entry]))
        if reach < 1.0:
            amount[cycle] *= reach
            scale[cycle] = 0.0
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


@kernel
def _spread(cycles: Cycles, touched: Indices, amount: Floats, change: Floats) -> None:
    """Set ``change`` to what the amounts ``[cycles]`` add to the flows of the bushes."""
    change[touched] = 0.0
    for cycle in range(cycles.middle.size):
        value = amount[cycle]
        for at in range(cycles.start[cycle], cycles.middle[cycle]):
            change[cycles.entry[at]] += value
        for at in range(cycles.middle[cycle], cycles.start[cycle + 1]):
            change[cycles.entry[at]] -= value


@kernel
def _reach(bushes: Bushes, curve: Curve, links: Links, touched: Indices, change: Floats) -> float:
    """Return the share of the change, up to 1, that every link takes."""
    reach = 1.0
    for entry in touched:
        reach = min(reach, _share(bushes, curve, links, entry, change[entry]))
    return reach


@kernel
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


@kernel
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


@kernel
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


@kernel
def _move(bushes: Bushes, curve: Curve, users: Users, links: Links, parent: Indices, accuracy: float) -> bool:
    """Make one Newton step; tell whether the next is due at once, since this one only went to where a link is empty."""
    cycles = find_cycles(bushes, parent)
    count = cycles.middle.size
    gain, brake, scale, amount = np.empty(count), np.empty(count), np.empty(count), np.zeros(count)
    for user in range(users.start.size - 2, -1, -1):
        price_all(curve_for(curve, users, user), links)
        _gains(cycles, users.start[user], users.start[user + 1], links.cost, gain)
    _scales(cycles, links.slope, bushes.flow, gain, brake, scale)
    worth = (gain * gain * scale).sum()
    if worth <= _WORTHLESS * (links.flow * links.cost).sum():
        return False
    least = worth * accuracy**2
    direction = np.empty(links.flow.size)
    change = np.empty(bushes.link_start[-1])
    touched, start_of = _touched(cycles, change)
    free = amount
    for turn in range(_TURNS):
        conjugate(cycles, links.slope, gain, brake, scale, least, _MOST_STEPS, amount, direction)
        if turn == 0:
            free = amount.copy()
        _spread(cycles, touched, amount, change)
        if not _hold(bushes, curve, links, cycles, change, scale, amount):
            break
        _spread(cycles, touched, amount, change)
    own = curve_for(curve, users, 0)
    tilt = _direction(bushes, curve, users, links, touched, start_of, change, direction, True)
    step = _step(own, links, direction, tilt)
    blocked = step < _POOR
    if blocked:  # holding has spoilt the direction
        _spread(cycles, touched, free, change)
        tilt = _direction(bushes, curve, users, links, touched, start_of, change, direction, False)
        step = _step(own, links, direction, tilt)
    if step > 0.0:
        _apply(bushes, own, links, touched, change, direction, step)
    return blocked and step > 0.0


@kernel
def newton(bushes: Bushes, curve: Curve, users: Users, links: Links, parent: Indices, accuracy: float) -> None:
    """Move flow around all cycles by a Newton step, as far as flows stay positive and the sum of cost integrals falls.

    The linear equations are solved to the share ``accuracy`` of their right-hand side. Leaves in ``links`` the costs of the
    first user class. ``parent`` is working memory ``[nodes]``.
    """
    for _ in range(_TRIES):
        if not _move(bushes, curve, users, links, parent, accuracy):
            return
