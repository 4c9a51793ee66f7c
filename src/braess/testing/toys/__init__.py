"""Small problems in closed form, with known optima."""

from braess.testing.toys.base import Toy
from braess.testing.toys.discrete import Cells, Knapsack, Mixed, Tour
from braess.testing.toys.flaky import Flaky, Forbidden
from braess.testing.toys.growing import Towers
from braess.testing.toys.program import Blocks
from braess.testing.toys.real import DTLZ2, ZDT1, Rosenbrock, Sphere, Wells
from braess.testing.toys.rugged import Canyon, Rastrigin
from braess.testing.toys.table import Census

__all__ = [
    "DTLZ2",
    "ZDT1",
    "Blocks",
    "Canyon",
    "Cells",
    "Census",
    "Flaky",
    "Forbidden",
    "Knapsack",
    "Mixed",
    "Rastrigin",
    "Rosenbrock",
    "Sphere",
    "Tour",
    "Towers",
    "Toy",
    "Wells",
]
