"""Road problems with derivatives: exact gradients of every objective by implicit differentiation of the equilibrium."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Literal

import numpy as np

from braess.domains.road.equilibrium import Sensitivity
from braess.domains.road.network import Floats, Ints
from braess.domains.road.objectives import Partials
from braess.domains.road.problems.base import RoadProblem
from braess.errors import InputError
from braess.space import Designs

_GAP = 1e-11  # a gradient is as precise as the equilibrium it is taken at


class SmoothRoadProblem(RoadProblem):
    """A road problem whose flat design adds one number to a lever on each of some links."""

    lever: ClassVar[Literal["capacity", "toll"]]
    """What the design moves."""
    links: Ints
    """``[width]`` the links it is moved on."""

    @abstractmethod
    def marginal_construction_cost(self, designs: Designs) -> Floats:
        """Return the derivatives of `construction_cost` by the flat design, ``[n, width]``."""

    def value_and_gradient(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Return objectives and their exact derivatives at designs between the bounds, integral or not.

        Where a road is just about to come into use the objectives have a kink, and the gradient is that of one side.

        Parameters
        ----------
        matrix
            ``[n, width]`` flat designs.

        Returns
        -------
        Objectives ``[n, m]`` in their own sense, gradients ``[n, m, width]``.

        Raises
        ------
        InputError
            The matrix has the wrong shape.
        ConvergenceError
            An equilibrium is not found.
        """
        matrix = np.asarray(matrix, dtype=np.float64)
        if matrix.ndim != 2 or matrix.shape[1] != self.space.width:
            raise InputError("not flat designs", field="matrix", found=matrix.shape, expected=f"[n, {self.space.width}]")
        values = np.empty((len(matrix), len(self.objectives)))
        gradients = np.empty((len(matrix), len(self.objectives), self.space.width))
        designs = self.space.unflatten(matrix)
        levers, cost, marginal = self.levers(designs), self.construction_cost(designs), self.marginal_construction_cost(designs)
        for i in range(len(matrix)):
            changes = levers.row(i)
            solved = self._assignment.solve(**changes, start=self._nearest_state(changes), relative_gap=_GAP)
            outcome = self.outcome(solved.flow, changes, float(cost[i]))
            sensitivity = Sensitivity(self._assignment, solved)
            for j, found in enumerate(self._measures):
                values[i, j] = found.compute(outcome)
                partials = found.partials(outcome)
                gradients[i, j] = partials.construction_cost * marginal[i] + self._by_lever(sensitivity, partials)
        return values, gradients

    def _by_lever(self, sensitivity: Sensitivity, partials: Partials) -> Floats:
        total = np.zeros(self.network.links)
        direct = getattr(partials, self.lever)
        if direct is not None:
            total += direct
        if partials.flow is not None or partials.time is not None:
            total += getattr(sensitivity.gradient(flow=partials.flow, time=partials.time), self.lever)
        return total[self.links]
