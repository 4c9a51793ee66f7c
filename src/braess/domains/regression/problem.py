"""Least squares as a follower in closed form: which penalties, or which weights of rows, predict held rows best."""

from __future__ import annotations

import math
import time
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from braess.domains.regression.data import Parted
from braess.errors import InputError
from braess.problem import Evaluations, Objective, Problem
from braess.problem.evaluations import Floats
from braess.space import Designs, Real, Space

if TYPE_CHECKING:
    from braess.domains.regression.relaxation import LinearRelaxation


class Fitted(Problem):
    """The follower makes ``mean(weight * (inputs @ c - targets)²) + sum(penalty * c²)`` small over the coefficients ``c``.

    The leader makes the mean squared error of ``c`` on held rows small. A design is one row of numbers, of which `parts` makes
    the weights and penalties.

    Parameters
    ----------
    data
        Rows to fit, and held rows.
    """

    objectives = (Objective("held_error", unit="target²"),)

    def __init__(self, data: Parted) -> None:
        self.data = data

    @abstractmethod
    def parts(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Return weights ``[n, rows]`` and penalties ``[n, p]`` of flat designs ``[n, width]``."""

    @abstractmethod
    def relaxation(self, rng: np.random.Generator) -> LinearRelaxation:
        """Return the problem as two losses to descend, from a random start."""

    def evaluate(self, designs: Designs) -> Evaluations:
        """Fit each design in closed form."""
        began = time.perf_counter()
        _, error, _ = self._solved(self.space.flatten(designs)[0])
        seconds = (time.perf_counter() - began) / max(len(designs), 1)
        return Evaluations.of((error * error).mean(axis=1, keepdims=True), seconds=seconds)

    def coefficients(self, matrix: Floats) -> Floats:
        """Return the coefficients ``[n, p]`` that the follower fits to flat designs ``[n, width]``."""
        return self._solved(matrix)[0]

    def value_and_gradient(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Return held errors ``[n, 1]`` and their gradients ``[n, 1, width]``, by the implicit function theorem."""
        data = self.data
        coefficients, error, systems = self._solved(matrix)
        slope = 2.0 * (error @ data.held_inputs) / len(data.held_targets)
        adjoint = _answers(systems, slope)
        gradient = self._by_design(matrix, coefficients, adjoint)
        return (error * error).mean(axis=1, keepdims=True), gradient[:, None]

    @abstractmethod
    def _by_design(self, matrix: Floats, coefficients: Floats, adjoint: Floats) -> Floats:
        """Return the gradient ``[n, width]``, from what the follower's normal equations answer to the slope, ``[n, p]``."""

    def _solved(self, matrix: Floats) -> tuple[Floats, Floats, Floats]:
        """Return coefficients ``[n, p]``, held errors ``[n, m]`` and normal equations ``[n, p, p]``."""
        data = self.data
        weights, penalties = self.parts(matrix)
        weighted = weights[:, :, None] * data.inputs / len(data.targets)
        systems = np.swapaxes(weighted, 1, 2) @ data.inputs
        diagonal = np.arange(penalties.shape[1])
        systems[:, diagonal, diagonal] += penalties
        right = np.swapaxes(weighted, 1, 2) @ data.targets
        coefficients = _answers(systems, right)
        error: Floats = (coefficients[:, None, :] @ data.held_inputs.T)[:, 0] - data.held_targets
        return coefficients, error, systems

    def check(self, designs: Designs) -> Evaluations:
        """Fit each design by an orthogonal factorisation, with penalties as rows of their own, and sum up plainly."""
        data, found = self.data, []
        for row in self.space.flatten(designs)[0]:
            weights, penalties = (part[0] for part in self.parts(row[None]))
            scale = np.sqrt(weights / len(data.targets))
            rows = np.vstack([scale[:, None] * data.inputs, np.diag(np.sqrt(penalties))])
            right = np.concatenate([scale * data.targets, np.zeros(len(penalties))])
            coefficients = np.linalg.lstsq(rows, right, rcond=None)[0]
            pairs = zip(data.held_inputs, data.held_targets, strict=True)
            squares = [(math.fsum(inputs * coefficients) - target) ** 2 for inputs, target in pairs]
            found.append([math.fsum(squares) / len(squares)])
        return Evaluations.of(np.array(found).reshape(-1, 1))

    def describe(self) -> dict[str, Any]:
        """Describe the problem as plain data."""
        rows, columns = self.data.inputs.shape
        return {"name": self.name, "rows": rows, "held": len(self.data.held_targets), "columns": columns}


class RidgePenalties(Fitted):
    """A penalty for each coefficient: what does not help to predict is to be held down, what helps is to be let free.

    Parameters
    ----------
    data
        Rows to fit, and held rows.
    low, high
        Least and largest penalty, on a logarithmic scale.
    """

    name = "ridge-penalties"

    def __init__(self, data: Parted, low: float = 1e-4, high: float = 10.0) -> None:
        super().__init__(data)
        if not 0.0 < low < high < math.inf:
            raise InputError("impossible penalties", field="low, high", found=(low, high), expected="0 < low < high")
        self.low, self.high = low, high
        self.space = Space({"penalty": Real(low=low, high=high, log=True, size=data.inputs.shape[1])})

    def parts(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Return weights of 1 and the penalties of the designs."""
        return np.ones((len(matrix), len(self.data.targets))), matrix

    def _by_design(self, matrix: Floats, coefficients: Floats, adjoint: Floats) -> Floats:  # noqa: ARG002 -- others need it
        return -coefficients * adjoint

    def relaxation(self, rng: np.random.Generator) -> LinearRelaxation:
        """Return losses of the logarithms of the penalties, which start about the middle."""
        from braess.domains.regression.relaxation import PenaltyRelaxation

        return PenaltyRelaxation(self, rng)


class DataCleaning(Fitted):
    """A weight from 0 to 1 for each row to fit: rows whose targets are wrong are to be left out (hyper-cleaning).

    Parameters
    ----------
    data
        Rows to fit, some of them wrong, and held rows that are right.
    penalty
        Of all coefficients.

    References
    ----------
    Franceschi, Donini, Frasconi and Pontil (2017), "Forward and reverse gradient-based hyperparameter optimization",
    arXiv:1703.01785, section 5.1, with least squares for a follower.
    """

    name = "data-cleaning"

    def __init__(self, data: Parted, penalty: float = 1e-3) -> None:
        super().__init__(data)
        if not 0.0 < penalty < math.inf:
            raise InputError("impossible value", field="penalty", found=penalty, expected="more than 0")
        self.penalty = penalty
        self.space = Space({"weight": Real(low=0.0, high=1.0, size=len(data.targets))})

    def parts(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Return the weights of the designs and the one penalty."""
        return matrix, np.full((len(matrix), self.data.inputs.shape[1]), self.penalty)

    def _by_design(self, matrix: Floats, coefficients: Floats, adjoint: Floats) -> Floats:  # noqa: ARG002 -- others need it
        inputs = self.data.inputs
        missing = self.data.targets - coefficients @ inputs.T
        gradient: Floats = (adjoint @ inputs.T) * missing / len(inputs)
        return gradient

    def relaxation(self, rng: np.random.Generator) -> LinearRelaxation:
        """Return losses of the logits of the weights, which start about 1/2."""
        from braess.domains.regression.relaxation import WeightRelaxation

        return WeightRelaxation(self, rng)


def _answers(systems: Floats, right: Floats) -> Floats:
    """Solve ``n`` systems ``[n, p, p]`` for a right-hand side each, ``[n, p]``."""
    solved: Floats = np.linalg.solve(systems, right[..., None])[..., 0].astype(np.float64, copy=False)
    return solved
