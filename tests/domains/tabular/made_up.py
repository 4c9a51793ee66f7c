"""Small made-up tables for the tests of the tabular domain."""

from __future__ import annotations

from typing import Any

import numpy as np

from braess.domains.tabular import Asked, Category, HalfSpaces, Marginals, Number, Prefixes, Table, TableDomain, Whole
from braess.domains.tabular.columns import Floats

PEOPLE = TableDomain((Category("mode", ("car", "bus", "walk")), Whole("hour", 0, 23), Number("km", 0.0, 40.0)))
TINY = TableDomain((Category("mode", ("car", "bus", "walk")), Whole("trips", 1, 4), Category("sex", ("f", "m"))))


def people(n: int = 200, seed: int = 0) -> Table:
    """Draw trips whose columns depend on each other: who walks does not go far, and few travel at night."""
    rng = np.random.default_rng(seed)
    mode = rng.choice(3, size=n, p=[0.6, 0.25, 0.15])
    hour = np.clip(np.rint(rng.normal(np.array([8, 16, 12])[mode], 3.0)), 0, 23)
    km = np.minimum(rng.exponential(np.array([12.0, 6.0, 1.0])[mode]), 40.0)
    return Table(PEOPLE, np.column_stack([mode, hour, km]))


def long_trips(cells: Floats) -> Any:
    """Say how far each trip goes, as a share of 40 km, and whether it goes beyond 10 km at night."""
    night = (cells[:, 1] < 6) & (cells[:, 2] > 10)
    return np.column_stack([cells[:, 2] / 40.0, night])


FAMILIES = {
    "marginals": Marginals(bins=5),
    "three-way": Marginals(way=3, bins=4),
    "half-spaces": HalfSpaces(number=40, seed=3),
    "prefixes": Prefixes(number=30, seed=4),
    "asked": Asked(long_trips, 2),
}
