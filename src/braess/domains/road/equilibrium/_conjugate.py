"""Linear equations over the cycles of all bushes (compiled): what Newton steps and derivatives of the equilibrium solve."""

from __future__ import annotations

import numpy as np

from braess.domains.road.equilibrium._cycles import Cycles, around, spread_over
from braess.domains.road.equilibrium._kernel import Floats, kernel


@kernel
def conjugate(
    cycles: Cycles,
    slope: Floats,
    gain: Floats,
    brake: Floats,
    scale: Floats,
    least: float,
    most: int,
    amount: Floats,
    along: Floats,
) -> None:
    """Improve the amounts by preconditioned conjugate gradients on ``(C' diag(slope) C + diag(brake)) amount = gain``.

    ``C`` is the signed incidence of links and cycles.

    Parameters
    ----------
    cycles
        What spans the movements of flow.
    slope
        ``[links]`` derivatives of the costs.
    gain, brake
        ``[cycles]`` right-hand side and further diagonal.
    scale
        ``[cycles]`` the preconditioner; cycles of scale 0 keep their amount.
    least
        Squared norm of the residual, in terms of ``scale``, at which to stop.
    most
        Steps at most.
    amount
        ``[cycles]`` start and result.
    along
        Working memory ``[links]``.
    """
    count = amount.size
    residual, product, ahead = np.empty(count), np.empty(count), np.empty(count)
    spread_over(cycles, cycles.link, amount, along)
    along *= slope
    around(cycles, along, product)
    rho = 0.0
    for cycle in range(count):
        residual[cycle] = gain[cycle] - product[cycle] - brake[cycle] * amount[cycle]
        ahead[cycle] = scale[cycle] * residual[cycle]
        rho += residual[cycle] * ahead[cycle]
    for _ in range(most):
        if rho <= least:
            return
        spread_over(cycles, cycles.link, ahead, along)
        bend = 0.0
        for link in range(slope.size):
            bend += along[link] * along[link] * slope[link]
            along[link] *= slope[link]
        for cycle in range(count):
            bend += ahead[cycle] * ahead[cycle] * brake[cycle]
        if bend <= 0.0:
            return
        around(cycles, along, product)
        step = rho / bend
        before, rho = rho, 0.0
        for cycle in range(count):
            amount[cycle] += step * ahead[cycle]
            residual[cycle] -= step * (product[cycle] + brake[cycle] * ahead[cycle])
            rho += residual[cycle] * residual[cycle] * scale[cycle]
        for cycle in range(count):
            ahead[cycle] = scale[cycle] * residual[cycle] + rho / before * ahead[cycle]
