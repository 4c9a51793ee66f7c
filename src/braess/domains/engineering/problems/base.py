"""What the engineering design problems share: two variants, one formula for values and derivatives, a plain second one."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from braess.errors import InputError, nearest
from braess.problem import Evaluations, Problem, evaluate_each
from braess.problem.evaluations import Floats
from braess.space import Designs, Real, Space

VARIANTS = ("published", "corrected")

Column: TypeAlias = NDArray[Any]  # [n] real numbers, or complex ones where derivatives are wanted

_STEP = 1e-100  # nothing is subtracted, so a step may be far below rounding


@dataclass(frozen=True)
class Known:
    """What is known of one variant of a problem.

    Parameters
    ----------
    feasible_share
        Share of the designs, drawn uniformly between the bounds, that keep every constraint.
    objective
        Best objective known of a feasible design; ``None`` where no design is feasible.
    design
        That design as a flat row ``[width]``; empty where there is none.
    source
        Who published the objective, and how it was found again.
    """

    feasible_share: float
    objective: float | None
    design: tuple[float, ...]
    source: str


class EngineeringProblem(Problem):
    """A constrained design problem in closed form, as a benchmark published it or as its sources state it.

    The benchmark is that of Yu, Picard and Ahmed (2024, arXiv:2404.04495). Its code maximises ``f``: that is the objective here
    where it is made large, and minus the objective where it is made small.

    Parameters
    ----------
    variant
        ``"published"``: as in the code of the benchmark, mistakes included; ``"corrected"``: as in the sources.

    Attributes
    ----------
    differences
        What is otherwise in the corrected variant; empty where both variants are the same.
    reference
        Where the problem comes from.
    facts
        What is known of each variant; where both are the same, of the published one.

    Raises
    ------
    InputError
        There is no such variant.
    """

    differences: ClassVar[str] = ""
    reference: ClassVar[str]
    facts: ClassVar[dict[str, Known]]

    def __init__(self, variant: str = "published") -> None:
        if variant not in VARIANTS:
            raise InputError(
                f"no such variant{nearest(str(variant), VARIANTS)}",
                field="variant",
                found=variant,
                expected=f"one of {', '.join(VARIANTS)}",
            )
        self.variant = variant
        self.corrected = variant == "corrected"
        self.space = Space(self.variables())

    @abstractmethod
    def variables(self) -> dict[str, Real]:
        """Return what is decided, between which bounds."""

    @abstractmethod
    def formulas(self, x: Sequence[Column]) -> tuple[Column, ...]:
        """Return the objective and then the constraints, each ``[n]``, from the columns ``[n]`` of flat designs.

        Row by row the same bits in any batch; analytic in each column, so that complex numbers carry derivatives.
        """

    @abstractmethod
    def recompute(self, x: Sequence[float]) -> tuple[float, ...]:
        """Return the objective and then the constraints of one flat design ``[width]``, in plain Python."""

    @property
    def known(self) -> Known:
        """What is known of this variant."""
        return self.facts[self.variant if self.differences else "published"]

    def evaluate(self, designs: Designs) -> Evaluations:
        """Evaluate ``n`` designs at once."""
        began = time.perf_counter()
        matrix, _ = self.space.flatten(designs)
        found = self._measure(matrix)
        return Evaluations.of(found[:, :1], found[:, 1:], seconds=(time.perf_counter() - began) / max(len(designs), 1))

    def check(self, designs: Designs) -> Evaluations:
        """Recompute each design with a second formula in plain Python."""
        rows: list[list[float]] = self.space.flatten(designs)[0].tolist()

        def answer(i: int) -> tuple[Any, Any, None]:
            objective, *constraints = self.recompute(rows[i])
            return objective, constraints, None

        return evaluate_each(self, designs, answer)

    def value_and_gradient(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Return objectives ``[n, 1]`` and gradients ``[n, 1, width]`` at flat designs ``[n, width]``, exact to rounding.

        Raises
        ------
        InputError
            The matrix has the wrong shape, or a design lies outside the bounds.
        """
        values, gradients = self._differentiate(matrix)
        return values[:, :1], gradients[:, :1]

    def constraint_and_gradient(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Return constraints ``[n, k]`` and gradients ``[n, k, width]`` at flat designs ``[n, width]``, exact to rounding.

        Raises
        ------
        InputError
            The matrix has the wrong shape, or a design lies outside the bounds.
        """
        values, gradients = self._differentiate(matrix)
        return values[:, 1:], gradients[:, 1:]

    def describe(self) -> dict[str, Any]:
        """Describe the problem as plain data, with what the corrected variant does otherwise."""
        return {
            "name": self.name,
            "variant": self.variant,
            "differences": self.differences or "none",
            "reference": self.reference,
        }

    def _measure(self, matrix: Column) -> Column:
        """Return objective and constraints ``[n, 1 + k]`` of rows ``[n, width]``."""
        columns = np.ascontiguousarray(matrix.T)
        return np.stack(np.broadcast_arrays(columns[0], *self.formulas(list(columns)))[1:], axis=1)

    def _differentiate(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Return objective and constraints ``[n, 1 + k]`` and their derivatives ``[n, 1 + k, width]``.

        A step along the imaginary axis leaves the derivative in the imaginary part (Squire and Trapp 1998,
        doi:10.1137/S003614459631241X).
        """
        rows, _ = self.space.flatten(self.space.unflatten(matrix))
        n, width = rows.shape
        moved = (rows[:, None, :] + 1j * _STEP * np.eye(width)).reshape(n * width, width)
        found = self._measure(moved).imag / _STEP
        gradients: Floats = found.reshape(n, width, -1).transpose(0, 2, 1)
        return self._measure(rows), gradients


def reals(**bounds: tuple[float, float]) -> dict[str, Real]:
    """Return a real variable for each pair of bounds."""
    return {name: Real(low=low, high=high) for name, (low, high) in bounds.items()}


def at_least(column: Column, floor: float) -> Column:
    """Replace what lies below a floor by the floor."""
    return np.where(column.real > floor, column, floor)


def absolute(column: Column) -> Column:
    """Return absolute values that keep derivatives."""
    return np.asarray(column * np.sign(column.real))
