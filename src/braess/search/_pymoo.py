"""Runs algorithms of pymoo that we build ourselves, by ask and tell on braess designs; `_pymoo_any` runs those of users.

Blank and Deb (2020), "pymoo: Multi-objective optimization in Python", doi:10.1109/ACCESS.2020.2990567.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pymoo.core.population import Population
from pymoo.core.problem import Problem as PymooProblem
from pymoo.core.termination import NoTermination
from pymoo.operators.selection.tournament import TournamentSelection

from braess.problem import Evaluations, Problem
from braess.search._first import graded
from braess.search._generations import Generations, scores
from braess.search._new import new_rows
from braess.search._variation import Variation
from braess.space import Designs, Space
from braess.space._vector import Floats

FAILED = 1e30  # stands for an objective that could not be evaluated; the violation beside it decides
_ATTEMPTS = 50  # rounds of mating for offspring that are not yet in the population


class Evolution(Generations):
    """A pymoo algorithm at work on flat designs, with every random choice from our generator.

    Constraints are one number to pymoo, the violation, and its feasibility rules decide; a failed evaluation has an
    infinite one.

    Parameters
    ----------
    problem, rng
        As in `Generations`.
    algorithm
        The pymoo algorithm, built without a seed.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, algorithm: Any) -> None:
        super().__init__(problem, rng)
        low, high = self._limits()
        outside = PymooProblem(n_var=self.space.width, n_obj=len(problem.objectives), n_ieq_constr=1, xl=low, xu=high)
        algorithm.setup(outside, termination=NoTermination())
        algorithm.random_state = rng
        self._algorithm = algorithm
        self._population: Any = None

    def _limits(self) -> tuple[Floats, Floats]:
        return self.space.bounds

    def _decode(self) -> Designs:
        """Turn the positions of the population into designs."""
        return self.space.unflatten(self._population.get("X"))

    def _next(self) -> Designs:
        self._population = self._algorithm.ask()
        if self._population is None or len(self._population) == 0:
            return self.space.concatenate([])
        return self._decode()

    def _learn(self, evaluations: Evaluations) -> None:
        violations, objectives = scores(evaluations, self.signs)
        objectives = np.where(np.isfinite(objectives), objectives, FAILED)
        for individual, violation, objective in zip(self._population, violations, objectives, strict=True):
            individual.F, individual.G, individual.CV = objective, np.array([violation]), np.array([violation])
        self._algorithm.tell(infills=self._population)


class UnitEvolution(Evolution):
    """A pymoo algorithm in the unit cube: positions are rounded to designs, repaired ones move to their design."""

    def _limits(self) -> tuple[Floats, Floats]:
        return np.zeros(self.space.width), np.ones(self.space.width)

    def _decode(self) -> Designs:
        return settled(self, self._population)


def settled(running: Generations, population: Any) -> Designs:
    """Round a population in the unit cube to designs; where the problem repairs one, its position moves there."""
    plain = running.space.from_unit(population.get("X"))
    designs = running.repaired(plain)
    moved = np.flatnonzero(~plain.same_as(designs))
    for row, position in zip(moved, running.space.to_unit(designs.take(moved)), strict=True):
        population[row].X = position
    return designs


class Mating:
    """Chooses parents and makes offspring that are canonical, repaired and not yet in the population.

    Parameters
    ----------
    host
        The running search; gives the space and the repair.
    variation
        Crossover and mutation.
    winner
        Winner of each tournament of two, as pymoo's ``TournamentSelection`` wants it.
    """

    def __init__(self, host: Native, variation: Variation, winner: Any) -> None:
        self._host = host
        self._variation = variation
        self._selection = TournamentSelection(func_comp=winner)

    def do(self, problem: Any, pop: Any, n_offsprings: int, *, algorithm: Any, random_state: np.random.Generator) -> Any:
        """Return a population of at most ``n_offsprings``; an empty one when nothing new was found."""
        space = self._host.space
        known = set(space.unflatten(pop.get("X")).pack())
        batches, missing = [], n_offsprings
        for _ in range(_ATTEMPTS):
            parents = self._selection.do(problem, pop, missing, 2, to_pop=False, algorithm=algorithm, random_state=random_state)
            first, second = (pop[parents[:, side]].get("X") for side in (0, 1))
            children = space.unflatten(self._variation.offspring(space, first, second, random_state))
            fresh = new_rows(self._host.repaired(children), known)
            batches.append(fresh)
            missing -= len(fresh)
            if missing == 0:
                break
        return Population.new(X=space.flatten(space.concatenate(batches))[0])


class Native(Evolution):
    """A genetic algorithm of pymoo whose individuals are flat designs of any space.

    Parameters
    ----------
    problem, rng, algorithm
        As in `Evolution`.
    variation
        Crossover and mutation.
    winner
        Decides tournaments.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, algorithm: Any, variation: Variation, winner: Any) -> None:
        super().__init__(problem, rng, algorithm)
        known: set[bytes] = set()
        draw = graded if len(problem.objectives) > 1 else Space.sample
        batches = [new_rows(self.repaired(draw(self.space, algorithm.pop_size, rng)), known) for _ in range(_ATTEMPTS)]
        first = self.space.concatenate(batches).take(slice(0, algorithm.pop_size))
        algorithm.initialization.sampling = self.space.flatten(first)[0]
        algorithm.mating = Mating(self, variation, winner)


def feasible_then_random(pop: Any, pairs: Any, random_state: np.random.Generator, **_: Any) -> Any:
    """Let the smaller violation win a tournament, chance where they are equal (``[t, 2]`` to ``[t, 1]`` indices)."""
    return _play(pop, pairs, random_state, objective=False)


def feasible_then_better(pop: Any, pairs: Any, random_state: np.random.Generator, **_: Any) -> Any:
    """Let the smaller violation win a tournament, then the smaller objective, then chance."""
    return _play(pop, pairs, random_state, objective=True)


def _play(pop: Any, pairs: Any, rng: np.random.Generator, *, objective: bool) -> Any:
    violation = pop.get("CV")[:, 0]
    worth = pop.get("F")[:, 0] if objective else np.zeros(len(pop))
    left, right = pairs[:, 0], pairs[:, 1]
    chance = rng.random(len(pairs)) < 0.5
    wins = np.where(violation[left] == violation[right], worth[left] < worth[right], violation[left] < violation[right])
    equal = (violation[left] == violation[right]) & (worth[left] == worth[right])
    return np.where(np.where(equal, chance, wins), left, right)[:, None]
