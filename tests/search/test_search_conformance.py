"""Every search passes the public conformance tests."""

from __future__ import annotations

from typing import ClassVar

from braess.problem import Problem
from braess.search.branch_and_bound import BranchAndBound
from braess.search.cbo import CBO
from braess.search.cma_es import CMAES
from braess.search.differential_evolution import DifferentialEvolution
from braess.search.genetic import Genetic
from braess.search.gradient import Gradient
from braess.search.local import Local
from braess.search.mcts import MCTS
from braess.search.nsga2 import NSGA2
from braess.search.nsga3 import NSGA3
from braess.search.private_gsd import PrivateGSD
from braess.search.random import Random
from braess.search.regularised_evolution import RegularisedEvolution
from braess.search.smbo import SMBO
from braess.testing import (
    DTLZ2,
    ZDT1,
    Blocks,
    Canyon,
    Cells,
    Census,
    Knapsack,
    Mixed,
    Rosenbrock,
    SearchConformance,
    Sphere,
    Tour,
    Wells,
)


class TestRandomConformance(SearchConformance):
    search = Random(block=32)
    problems: ClassVar = (Knapsack(), Mixed(), Tour(), Cells(), ZDT1(), Blocks())


class TestGeneticConformance(SearchConformance):
    search = Genetic(population=20, offspring=20)
    problems: ClassVar = (Knapsack(20), Mixed(), Tour(9), Cells(), Sphere())
    unfit: ClassVar = (ZDT1(),)


class TestNSGA2Conformance(SearchConformance):
    search = NSGA2(population=20)
    problems: ClassVar = (ZDT1(), DTLZ2())
    unfit: ClassVar = (Sphere(),)


class TestNSGA3Conformance(SearchConformance):
    search = NSGA3(population=20)
    problems: ClassVar = (DTLZ2(), ZDT1())
    unfit: ClassVar = (Sphere(),)


class TestCMAESConformance(SearchConformance):
    search = CMAES()
    problems: ClassVar = (Sphere(), Sphere(1), Knapsack(20))
    unfit: ClassVar = (Tour(), Cells(), Mixed(), ZDT1())


class TestDifferentialEvolutionConformance(SearchConformance):
    search = DifferentialEvolution(population=20)
    problems: ClassVar = (Sphere(), Sphere(1), Knapsack(20))
    unfit: ClassVar = (Tour(), Cells(), Mixed(), ZDT1())


class TestLocalConformance(SearchConformance):
    search = Local(candidates=10)
    problems: ClassVar = (Knapsack(20), Tour(9), Cells(), Blocks())
    unfit: ClassVar[tuple[Problem, ...]] = (Sphere(), Mixed(), ZDT1())


class TestGradientConformance(SearchConformance):
    search = Gradient(descents=3)
    problems: ClassVar = (Wells(), Sphere(1), Rosenbrock(), Knapsack(20))
    unfit: ClassVar[tuple[Problem, ...]] = (Tour(), Cells(), Mixed(), ZDT1())


class TestBranchAndBoundConformance(SearchConformance):
    search = BranchAndBound(first=20)
    problems: ClassVar = (
        Knapsack(12),
        Knapsack(12, seed=2, share=0.3),
    )
    unfit: ClassVar[tuple[Problem, ...]] = (Sphere(), Tour(), Cells(), Mixed(), ZDT1())


class TestCBOConformance(SearchConformance):
    search = CBO(particles=20)
    problems: ClassVar = (Sphere(), Knapsack(20), Canyon())
    unfit: ClassVar = (ZDT1(), Tour(), Cells(), Mixed())


class TestHoppingConformance(SearchConformance):
    search = CBO(particles=20, noise="hopping")
    problems: ClassVar = (Sphere(), Canyon())
    unfit: ClassVar = (ZDT1(),)


class TestPrivateGSDConformance(SearchConformance):
    search = PrivateGSD(candidates=8, block=60, tolerance=0.0)
    problems: ClassVar = (Census(), Census(12, seed=1))
    unfit: ClassVar[tuple[Problem, ...]] = (Knapsack(20), Tour(), Cells(), Mixed(), ZDT1())
    evaluations = 40


class TestRandomOverDesignsConformance(SearchConformance):
    search = Random(block=32, over="designs")
    problems: ClassVar = (Cells(), Blocks())


class TestMCTSConformance(SearchConformance):
    search = MCTS()
    problems: ClassVar = (Knapsack(20), Cells(), Tour(6), Blocks(), Mixed())
    unfit: ClassVar = (ZDT1(),)


class TestHalvedMCTSConformance(SearchConformance):
    search = MCTS(bisect=True, batch=4, resolution=8)
    problems: ClassVar = (Cells(), Blocks(), Mixed())
    unfit: ClassVar = (ZDT1(),)


class TestSMBOConformance(SearchConformance):
    search = SMBO(batch=3)
    problems: ClassVar = (Knapsack(20), Cells(), Tour(6), Blocks(), Mixed())
    unfit: ClassVar = (ZDT1(),)
    evaluations = 100


class TestSMBOOnNGramsConformance(SearchConformance):
    search = SMBO(features="n-grams")
    problems: ClassVar = (Cells(), Blocks(), Mixed())
    unfit: ClassVar = (ZDT1(),)
    evaluations = 60


class TestRegularisedEvolutionConformance(SearchConformance):
    search = RegularisedEvolution(batch=3)
    problems: ClassVar = (Knapsack(20), Cells(), Tour(9), Blocks(), Mixed())
    unfit: ClassVar = (ZDT1(),)
