"""The sixteen links of Harker and Friesz, of which more than one test makes a problem."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from braess.domains.road import CapacityExpansion, Demand, load_design


def harker_friesz(trips: tuple[float, float], largest: float) -> CapacityExpansion:
    """Build the problem for trips there and back; skips where the network is not at hand."""
    path = Path(os.environ.get("BRAESS_DATA", "")) / "dndp" / "HarkerFriesz" / "net.txt"
    if not path.is_file():
        pytest.skip("needs dndp/HarkerFriesz in the folder named by BRAESS_DATA")
    found = load_design(path)
    return CapacityExpansion(
        found.network,
        Demand(np.array([[0.0, trips[0]], [trips[1], 0.0]])),
        links=found.enlargeable.tolist(),
        cost=found.cost[found.enlargeable] / 0.05,  # the file has them scaled
        largest=largest,
    )
