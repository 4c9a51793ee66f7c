"""Road problems with derivatives: exact gradients of every objective by implicit differentiation of the equilibrium."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np

from braess.domains.road.equilibrium import Sensitivity
from braess.domains.road.network import Floats
from braess.domains.road.objectives import Partials
from braess.domains.road.problems.learnable import LearnableRoadProblem
from braess.errors import InputError
from braess.space import Designs, Real, Space

_GAP = 1e-11  # a gradient is as precise as the equilibrium it is taken at


class SmoothRoadProblem(LearnableRoadProblem):
    """A road problem whose flat design moves a lever on each of some links, in proportion.

    `levers` and `construction_cost` must mean what they say of fractions too, where the design is discrete.
    """

    lever: ClassVar[Literal["capacity", "toll"]]
    """What the design moves."""

    @abstractmethod
    def by_design(self, by_lever: Floats) -> Floats:
        """Turn derivatives by the lever on each link, ``[links]``, into those by the flat design, ``[width]``."""

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
            The matrix has the wrong shape, or a design lies outside the bounds.
        ConvergenceError
            An equilibrium is not found.
        """
        designs = self.relaxed_designs(matrix)
        n = len(designs)
        values = np.empty((n, len(self.objectives)))
        gradients = np.empty((n, len(self.objectives), self.space.width))
        levers, cost, marginal = self.levers(designs), self.construction_cost(designs), self.marginal_construction_cost(designs)
        for i in range(n):
            changes = levers.row(i)
            solved = self._assignment.solve(**changes, start=self._nearest_state(changes), relative_gap=_GAP)
            outcome = self.outcome(solved.flow, changes, float(cost[i]))
            sensitivity = Sensitivity(self._assignment, solved)
            for j, found in enumerate(self._measures):
                values[i, j] = found.compute(outcome)
                partials = found.partials(outcome)
                by_lever = self._by_lever(sensitivity, partials)
                gradients[i, j] = partials.construction_cost * marginal[i] + self.by_design(by_lever)
        return values, gradients

    def constraint_and_gradient(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Return by how much designs are over the budget, and the derivatives; no equilibrium is solved.

        Parameters
        ----------
        matrix
            ``[n, width]`` flat designs between the bounds, integral or not.

        Returns
        -------
        Constraints ``[n, k]`` and gradients ``[n, k, width]``; ``k`` is 0 where there is no budget.

        Raises
        ------
        InputError
            The matrix has the wrong shape, or a design lies outside the bounds.
        """
        designs = self.relaxed_designs(matrix)
        over = self._over_budget(self.construction_cost(designs))
        marginal = self.marginal_construction_cost(designs)[:, None, :]
        return over, marginal[:, : over.shape[1]]

    @cached_property
    def _relaxed(self) -> Space:
        """The space with every decision between its bounds."""
        parts = {}
        for leaf in self.space.leaves:
            low, high = (tuple(end.tolist()) for end in leaf.variable.bounds())
            parts[leaf.path] = Real(low=low, high=high, size=leaf.variable.width)
        return Space(parts)

    def relaxed_designs(self, matrix: Floats) -> Designs:
        """Return designs with fractions of discrete decisions, from flat rows ``[n, width]`` between the bounds."""
        matrix = np.asarray(matrix, dtype=np.float64)
        if matrix.ndim != 2 or matrix.shape[1] != self.space.width:
            raise InputError("not flat designs", field="matrix", found=matrix.shape, expected=f"[n, {self.space.width}]")
        return self._relaxed.unflatten(matrix)

    def _by_lever(self, sensitivity: Sensitivity, partials: Partials) -> Floats:
        """Differentiate one objective by the lever on each link, ``[links]``."""
        total = np.zeros(self.network.links)
        direct = getattr(partials, self.lever)
        if direct is not None:
            total += direct
        if partials.flow is not None or partials.time is not None:
            total += getattr(sensitivity.gradient(flow=partials.flow, time=partials.time), self.lever)
        return total
