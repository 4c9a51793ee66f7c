"""How the engineering domain makes itself known to studies and the command line."""

from __future__ import annotations

from typing import Any

from braess.study.domain import Domain, ProblemKind


def _settings() -> type[Any]:
    from braess.domains.engineering.settings import EngineeringSettings

    return EngineeringSettings


ENGINEERING = Domain(
    name="engineering",
    summary="Parts and test functions in closed form, of least cost under constraints; no follower.",
    problems=(
        ProblemKind(
            "engineering",
            "One of 17 constrained design problems in closed form, by name: jlh1, jlh2, gkxwc1, gkxwc2, ackley-2, ackley-6, "
            "ackley-10, three-bar-truss, compression-spring, concrete-beam, pressure-vessel, welded-beam, speed-reducer, "
            "heat-exchanger, keane-bump, cantilever, car-side-impact.",
            _settings,
        ),
    ),
)
