"""Newton steps over cycles: what they must withstand."""

from __future__ import annotations

import numpy as np
import pytest

from braess.domains.road.equilibrium import Assignment
from braess.domains.road.equilibrium._conjugate import conjugate
from braess.domains.road.equilibrium._cycles import Cycles
from braess.domains.road.equilibrium._newton import _least, _scales
from braess.domains.road.equilibrium._pairs import pair_up


@pytest.mark.parametrize("gain", [1.0, -1.0])
@pytest.mark.parametrize("flow", [[0.0, 5.0, 2.0, 3.0], [5.0, 0.0, 2.0, 3.0]])
def test_a_link_that_rounding_has_emptied_stops_its_cycle_only(gain, flow):
    """Its least flow divides: one such cycle among thousands once made the whole step not-a-number, and no step was taken."""
    members = np.array([0, 1, 2, 3], np.uint32)
    cycles = Cycles(np.array([0, 2]), np.array([0, 2, 4]), np.array([1, 3]), members, members)
    pairs = pair_up(cycles, np.array([0, 1]))
    slope, gains = np.ones(4), np.array([gain, 0.5])
    onto, off, brake, scale, amount, along = (np.zeros(size) for size in (2, 2, 2, 2, 2, 4))
    _least(cycles, pairs.turned, np.array(flow), onto, off)
    _scales(pairs, slope, onto, off, gains, brake, scale)
    conjugate(pairs, slope, gains, brake, scale, 1e-20, 50, amount, along)
    assert amount[0] == 0.0
    assert amount[1] == pytest.approx(0.5 / (2.0 + 0.5 / 3.0))


@pytest.mark.parametrize("load", [3.0, 10.0])
@pytest.mark.parametrize("seed", [55, 57, 108, 138, 139, 149])
def test_jammed_networks_do_not_stall(random_case, seed, load):
    """Far more trips than roads: constant and steep costs side by side, where steps cut short at rounding once ended early."""
    assignment = Assignment(*random_case(seed, nodes=7 + seed % 20, extra=10 + seed % 40, load=load))
    for threads in (1, 2, 3, 8):
        assert assignment.solve(threads=threads).relative_gap <= 1e-10
