"""How the domain of linear models makes itself known to studies and the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from braess.study.domain import Domain, ProblemKind


def _settings(name: str) -> Callable[[], type[Any]]:
    def load() -> type[Any]:
        from braess.domains.regression import settings

        found: type[Any] = getattr(settings, name)
        return found

    return load


REGRESSION = Domain(
    name="regression",
    summary="Linear models: penalties and weights of rows; the follower fits the coefficients, in closed form.",
    problems=(
        ProblemKind(
            "ridge-penalties",
            "A penalty for each coefficient of a linear model, for the least error on held rows.",
            _settings("RidgePenaltiesSettings"),
        ),
        ProblemKind(
            "data-cleaning",
            "A weight for each row that a linear model is fitted to, some of which are wrong.",
            _settings("DataCleaningSettings"),
        ),
    ),
)
