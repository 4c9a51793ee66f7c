"""Test classes that searches and problems must pass, ours and third parties', and toy problems to try searches on."""

from braess.testing.searching import SearchConformance, go_on, trace
from braess.testing.solving import ProblemConformance
from braess.testing.toys import (
    DTLZ2,
    ZDT1,
    Blocks,
    Canyon,
    Cells,
    Census,
    Flaky,
    Forbidden,
    Knapsack,
    Mixed,
    Rastrigin,
    Rosenbrock,
    Sphere,
    Tour,
    Towers,
    Toy,
    Wells,
)

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
    "ProblemConformance",
    "Rastrigin",
    "Rosenbrock",
    "SearchConformance",
    "Sphere",
    "Tour",
    "Towers",
    "Toy",
    "Wells",
    "go_on",
    "trace",
]
