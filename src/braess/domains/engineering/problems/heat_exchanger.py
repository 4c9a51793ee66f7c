"""The heat exchangers in a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from braess.domains.engineering.problems.base import Column, EngineeringProblem, Known, reals
from braess.problem import Constraint, Objective
from braess.space import Real


class HeatExchanger(EngineeringProblem):
    """Least area of three heat exchangers in a row: their areas, and five temperatures.

    Also known as problem 106 of Hock and Schittkowski and as G10.
    """

    name = "heat-exchanger"
    objectives = (Objective("area"),)
    constraints = (
        Constraint("first_mixing"),
        Constraint("second_mixing"),
        Constraint("third_mixing"),
        Constraint("first_exchange"),
        Constraint("second_exchange"),
        Constraint("third_exchange"),
    )
    differences = "the second exchange has 1250 x4 (published: 125 x4); x2 and x3 are at most 10000 (published: 10900)"
    reference = (
        "Avriel and Williams (1971), Journal of Engineering Mathematics 5:187; "
        "Hock and Schittkowski (1981), doi:10.1007/978-3-642-48320-2"
    )
    facts: ClassVar[dict[str, Known]] = {
        "published": Known(
            6.6e-6,
            8312.91185773,
            (100.0, 2231.4563, 5981.4574, 121.42862, 260.74175, 278.57137, 260.68685, 360.74174),
            "SLSQP ends there from all of 40 random starts",
        ),
        "corrected": Known(
            5.5e-6,
            7049.24802053,
            (579.30675, 1359.9708, 5109.971, 182.01769, 295.60117, 217.9823, 286.41652, 395.60117),
            "often published; SLSQP ends there from all of 40 random starts",
        ),
    }

    def variables(self) -> dict[str, Real]:
        """Return three areas and five temperatures."""
        area, temperature = (1000.0, 10000.0 if self.corrected else 10900.0), (10.0, 1000.0)
        return reals(x1=(100.0, 10000.0), x2=area, x3=area, **{f"x{i}": temperature for i in range(4, 9)})

    def formulas(self, x: Sequence[Column]) -> tuple[Column, ...]:
        """Return area and constraints, each ``[n]``."""
        x1, x2, x3, x4, x5, x6, x7, x8 = x
        factor = 1250.0 if self.corrected else 125.0
        return (
            x1 + x2 + x3,
            0.0025 * (x4 + x6) - 1.0,
            0.0025 * (x5 + x7 - x4) - 1.0,
            0.01 * (x8 - x5) - 1.0,
            833.33252 * x4 + 100.0 * x1 - x1 * x6 - 83333.333,
            1250.0 * x5 + x2 * x4 - x2 * x7 - factor * x4,
            x3 * x5 - 2500.0 * x5 - x3 * x8 + 1250000.0,
        )

    def recompute(self, x: Sequence[float]) -> tuple[float, ...]:
        """Return the same of one design."""
        a1, a2, a3, t4, t5, t6, t7, t8 = x
        given = t4 / 10 if self.variant == "published" else t4
        return (
            sum((a1, a2, a3)),
            (t4 + t6 - 400) / 400,
            (t5 - t4 + t7 - 400) / 400,
            (t8 - t5 - 100) / 100,
            a1 * (100 - t6) + 833.33252 * t4 - 83333.333,
            1250 * (t5 - given) - a2 * (t7 - t4),
            1250000 - 2500 * t5 - a3 * (t8 - t5),
        )
