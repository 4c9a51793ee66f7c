"""Every toy problem passes the public conformance tests, so the tests can be trusted, and searches tried on them."""

from __future__ import annotations

from braess.problem import Cached
from braess.testing import (
    DTLZ2,
    ZDT1,
    Canyon,
    Cells,
    Census,
    Knapsack,
    Mixed,
    ProblemConformance,
    Rastrigin,
    Rosenbrock,
    Sphere,
    Tour,
    Towers,
    Wells,
)


class TestSphere(ProblemConformance):
    problem = Sphere()


class TestRosenbrock(ProblemConformance):
    problem = Rosenbrock()


class TestWells(ProblemConformance):
    problem = Wells()


class TestCanyon(ProblemConformance):
    problem = Canyon()


class TestRastrigin(ProblemConformance):
    problem = Rastrigin()


class TestZDT1(ProblemConformance):
    problem = ZDT1()


class TestDTLZ2(ProblemConformance):
    problem = DTLZ2()


class TestKnapsack(ProblemConformance):
    problem = Knapsack()


class TestTowers(ProblemConformance):
    problem = Towers()


class TestTour(ProblemConformance):
    problem = Tour()


class TestMixed(ProblemConformance):
    problem = Mixed()


class TestCells(ProblemConformance):
    problem = Cells()


class TestCensus(ProblemConformance):
    problem = Census()


class TestCached(ProblemConformance):
    problem = Cached(Knapsack())

    def test_cost_is_counted(self) -> None:
        """What is met for the first time costs; what is remembered is free."""
        fresh = TestKnapsack()
        fresh.problem = Cached(Knapsack())
        fresh.test_cost_is_counted()
        assert fresh.problem.evaluate(fresh.sample()).seconds.sum() == 0.0
