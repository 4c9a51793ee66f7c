"""The reinforced concrete beam."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from braess.domains.engineering.problems.base import Column, EngineeringProblem, Known, reals
from braess.problem import Constraint, Objective
from braess.space import Real


class ConcreteBeam(EngineeringProblem):
    """Least cost of a reinforced concrete beam: area of the steel (in²), height and width of the beam (in).

    The sources take the steel from a list of bars and the height as a whole number of inches; here, as published, all are real,
    so the optimum is below theirs (359.2080 at 6.32, 34 and 8.5).
    """

    name = "concrete-beam"
    objectives = (Objective("cost", unit="$"),)
    constraints = (Constraint("slenderness"), Constraint("bending", "in³"))
    differences = "the bending constraint has 7.375, with which the optimum of the sources is feasible (published: 7.35)"
    reference = (
        "Amir and Hasegawa (1989), doi:10.1061/(ASCE)0733-9445(1989)115:3(626); "
        "Gandomi, Yang and Alavi (2011), doi:10.1016/j.compstruc.2011.08.002"
    )
    facts: ClassVar[dict[str, Known]] = {
        "published": Known(
            0.1614,
            358.545703435,
            (6.4705217, 33.497499, 8.3743748),
            "SLSQP ends there from all of 30 random starts",
        ),
        "corrected": Known(
            0.1612,
            358.711641259,
            (6.4694176, 33.517236, 8.379309),
            "SLSQP ends there from all of 30 random starts",
        ),
    }

    def variables(self) -> dict[str, Real]:
        """Return steel, height and width."""
        return reals(steel=(0.2, 15.0), height=(28.0, 40.0), width=(5.0, 10.0))

    def formulas(self, x: Sequence[Column]) -> tuple[Column, ...]:
        """Return cost and constraints, each ``[n]``."""
        steel, height, width = x
        factor = 7.375 if self.corrected else 7.35
        return (
            29.4 * steel + 0.6 * height * width,
            height / width - 4.0,
            180.0 + factor * steel * steel / width - steel * height,
        )

    def recompute(self, x: Sequence[float]) -> tuple[float, ...]:
        """Return the same of one design."""
        area, h, b = x
        lever = h - {"published": 7.35, "corrected": 7.375}[self.variant] * area / b
        return 29.4 * area + 0.6 * (b * h), (h - 4 * b) / b, 180 - area * lever
