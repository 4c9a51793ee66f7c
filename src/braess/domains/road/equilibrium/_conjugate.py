"""Linear equations over pairs of alternative segments (compiled), which Newton steps and derivatives solve."""

from __future__ import annotations

import numpy as np

from braess.domains.road.equilibrium._kernel import Floats
from braess.domains.road.equilibrium._pairs import Pairs, around, spread_over
from braess.kernels import kernel


@kernel
def conjugate(
    pairs: Pairs,
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

    ``C`` is the signed incidence of links and pairs.

    Parameters
    ----------
    pairs
        What spans the movements of flow.
    slope
        ``[links]`` derivatives of the costs.
    gain, brake
        ``[pairs]`` right-hand side and further diagonal.
    scale
        ``[pairs]`` the preconditioner; pairs of scale 0 keep their amount.
    least
        Squared norm of the residual, in terms of ``scale``, at which to stop.
    most
        Steps at most.
    amount
        ``[pairs]`` start and result.
    along
        Working memory ``[links]``.
    """
    count = amount.size
    residual, product, ahead = np.empty(count), np.empty(count), np.empty(count)
    spread_over(pairs, amount, along)
    along *= slope
    around(pairs, along, product)
    rho = 0.0
    for pair in range(count):
        residual[pair] = gain[pair] - product[pair] - brake[pair] * amount[pair]
        ahead[pair] = scale[pair] * residual[pair]
        rho += residual[pair] * ahead[pair]
    for _ in range(most):
        if rho <= least:
            return
        spread_over(pairs, ahead, along)
        bend = 0.0
        for link in range(slope.size):
            bend += along[link] * along[link] * slope[link]
            along[link] *= slope[link]
        for pair in range(count):
            bend += ahead[pair] * ahead[pair] * brake[pair]
        if bend <= 0.0:
            return
        around(pairs, along, product)
        step = rho / bend
        before, rho = rho, 0.0
        for pair in range(count):
            amount[pair] += step * ahead[pair]
            residual[pair] -= step * (product[pair] + brake[pair] * ahead[pair])
            rho += residual[pair] * residual[pair] * scale[pair]
        for pair in range(count):
            ahead[pair] = scale[pair] * residual[pair] + rho / before * ahead[pair]
