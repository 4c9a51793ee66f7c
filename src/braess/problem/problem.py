"""What is asked: a space of designs, named objectives and constraints, and the follower's answer to a batch of designs."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from braess.errors import InputError
from braess.problem.evaluations import Evaluations, Floats
from braess.space import Designs, Space


@dataclass(frozen=True)
class Objective:
    """A quantity to make small (``"min"``) or large (``"max"``), with the unit it is stated in."""

    name: str
    sense: Literal["min", "max"] = "min"
    unit: str = ""

    def __post_init__(self) -> None:
        """Check the sense."""
        if self.sense not in ("min", "max"):
            raise InputError("unknown sense", field="sense", found=self.sense, expected="'min' or 'max'")


@dataclass(frozen=True)
class Constraint:
    """A quantity that must not be above 0, with the unit it is stated in."""

    name: str
    unit: str = ""


class Problem(ABC):
    """A leader's problem: which designs there are and how good the follower makes each.

    A subclass sets the four attributes and gives `evaluate`, which must be a pure function of the designs: the same
    design has the same evaluation, bit for bit, whatever was evaluated before and in whichever thread. What more a
    problem can do it declares by the protocols of `braess.problem.capabilities`.

    Attributes
    ----------
    name
        What the problem is called in tables and in the record.
    space
        What may be decided.
    objectives, constraints
        What is measured.
    """

    name: str
    space: Space
    objectives: tuple[Objective, ...]
    constraints: tuple[Constraint, ...] = ()

    @abstractmethod
    def evaluate(self, designs: Designs) -> Evaluations:
        """Let the follower answer to each of ``n`` designs; a design that cannot be evaluated is reported, not raised."""

    @abstractmethod
    def check(self, designs: Designs) -> Evaluations:
        """Recompute objectives and constraints by an independent, plain route (slow, for tests and the careful user)."""

    def describe(self) -> dict[str, Any]:
        """Describe the problem as plain data that JSON can hold, for the record."""
        return {"name": self.name}

    @property
    def signs(self) -> Floats:
        """``[m]``: 1 for objectives to make small, -1 for those to make large; objectives × signs are all to be small."""
        return np.array([1.0 if objective.sense == "min" else -1.0 for objective in self.objectives])


def evaluate_each(
    problem: Problem, designs: Designs, answer: Callable[[int], tuple[Any, Any, Any]], *, keep_states: bool = False
) -> Evaluations:
    """Evaluate designs one by one, timing each and turning what is raised into a recorded error.

    Parameters
    ----------
    problem
        Whose objectives and constraints are measured.
    designs
        ``n`` designs.
    answer
        Called with the row of a design; returns its objectives ``[m]``, constraints ``[k]`` and follower state.
    keep_states
        Whether the states go into the evaluations.
    """
    n, m, k = len(designs), len(problem.objectives), len(problem.constraints)
    objectives, constraints = np.full((n, m), np.nan), np.full((n, k), np.nan)
    seconds = np.zeros(n)
    errors: list[str | None] = [None] * n
    states: list[Any] = [None] * n
    for i in range(n):
        began = time.perf_counter()
        try:
            objectives[i], constraints[i], state = answer(i)
            if keep_states:
                states[i] = state
        except Exception as error:  # noqa: BLE001 -- whatever goes wrong in one evaluation must not end the study
            errors[i] = f"{type(error).__name__}: {error}"
        seconds[i] = time.perf_counter() - began
    return Evaluations.of(objectives, constraints, seconds=seconds, errors=errors, states=states if keep_states else None)
