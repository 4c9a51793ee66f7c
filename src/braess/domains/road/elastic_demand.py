"""Demand functions: how many trips are made between two zones at what cost, and what they are worth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

import numpy as np

from braess.domains.road.network import Bools, Demand, Floats
from braess.errors import InputError, nearest

DemandFunction: TypeAlias = Literal["linear", "exponential", "power"]


@dataclass(frozen=True, eq=False)
class ElasticDemand:
    """Trips between zones as a function of what they cost.

    With ``d`` the reference trips at the reference cost ``c``, and elasticity ``e``: the trips at cost ``u`` are
    ``d (1 - e (u / c - 1))`` and at least 0 (``"linear"``), ``d exp(-e (u / c - 1))`` (``"exponential"``) or
    ``d (u / c)**-e`` (``"power"``, constant elasticity). At the reference each loses ``e`` % of the trips per % of cost.

    Parameters
    ----------
    demand
        Reference trips, flow units.
    cost
        ``[zones, zones]`` reference costs, time units, positive where there are trips: usually those of an equilibrium of
        the reference trips.
    elasticity
        One positive number, or ``[zones, zones]``.
    function
        ``"linear"``, ``"exponential"`` or ``"power"``.

    Raises
    ------
    InputError
        Wrong shapes, costs or elasticities that are not positive, an unknown function.
    """

    demand: Demand
    cost: Floats = field(repr=False)
    elasticity: float | Floats = field(repr=False)
    function: DemandFunction = "exponential"

    def __post_init__(self) -> None:
        """Check all numbers where there are trips."""
        if self.function not in get_args(DemandFunction):
            known = get_args(DemandFunction)
            raise InputError(
                f"unknown demand function{nearest(str(self.function), known)}",
                field="function",
                found=self.function,
                expected=f"one of {', '.join(known)}",
            )
        shape = self.demand.matrix.shape
        for name in ("cost", "elasticity"):
            values = np.asarray(getattr(self, name), dtype=np.float64)
            if values.shape != shape and not (name == "elasticity" and values.ndim == 0):
                raise InputError("does not match the demand", field=name, found=values.shape, expected=str(shape))
            values = np.broadcast_to(values, shape)
            wrong = np.argwhere(self._wanted & ~((values > 0) & np.isfinite(values)))
            if wrong.size:
                origin, end = wrong[0]
                raise InputError(
                    f"impossible for {len(wrong)} pairs of zones with trips",
                    field=name,
                    found=f"zone {origin + 1} to {end + 1}: {values[origin, end]:g}",
                    expected="finite and more than 0",
                )
            object.__setattr__(self, name, values)

    @property
    def _wanted(self) -> Bools:
        return np.asarray((self.demand.matrix > 0) & ~np.eye(len(self.demand.matrix), dtype=np.bool_))

    def trips(self, cost: Floats) -> Floats:
        """Return the trips ``[zones, zones]`` at given costs, those within a zone left out."""
        wanted = self._wanted
        ratio = np.divide(cost, self.cost, out=np.ones(wanted.shape), where=wanted)
        elasticity = np.where(wanted, self.elasticity, 1.0)
        if self.function == "linear":
            share = np.maximum(1.0 - elasticity * (ratio - 1.0), 0.0)
        elif self.function == "exponential":
            share = np.exp(-elasticity * (ratio - 1.0))
        else:
            with np.errstate(divide="ignore"):
                share = ratio**-elasticity
        return np.where(wanted, self.demand.matrix * share, 0.0)

    def surplus(self, cost: Floats) -> Floats:
        """Return what travellers gain over the reference, ``[zones, zones]`` in flow x time units.

        The integral of the demand from the given cost up to the reference cost (negative where costs rose).
        """
        wanted = self._wanted
        ratio = np.divide(cost, self.cost, out=np.ones(wanted.shape), where=wanted)
        elasticity = np.where(wanted, self.elasticity, 1.0)
        if self.function == "linear":
            end = np.minimum(ratio, 1.0 + 1.0 / elasticity)
            gain = (1.0 - end) * (1.0 + elasticity) - 0.5 * elasticity * (1.0 - end**2)
        elif self.function == "exponential":
            gain = np.expm1(-elasticity * (ratio - 1.0)) / elasticity
        else:
            flat = elasticity == 1.0
            rest = np.where(flat, 1.0, 1.0 - elasticity)
            gain = np.where(flat, -np.log(ratio), (1.0 - ratio**rest) / rest)
        return np.where(wanted, self.demand.matrix * self.cost * gain, 0.0)
