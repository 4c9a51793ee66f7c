"""How the domain of sequences makes itself known to studies and the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from braess.study.domain import Domain, ProblemKind


def _settings(name: str) -> Callable[[], type[Any]]:
    def load() -> type[Any]:
        from braess.domains.sequence import settings

        found: type[Any] = getattr(settings, name)
        return found

    return load


SEQUENCE = Domain(
    name="sequence",
    summary="Sequences of letters and grids: measured tables and tasks whose exact fronts are known; no follower.",
    problems=(
        ProblemKind(
            "tf-binding",
            "Words of DNA that some proteins bind and others do not, all measured.",
            _settings("BindingSettings"),
        ),
        ProblemKind("gb1", "The fittest variant of protein GB1 at four sites, nearly all measured.", _settings("GB1Settings")),
        ProblemKind("n-grams", "Sequences in which each of some words occurs often.", _settings("NGramsSettings")),
        ProblemKind("grid", "Cells of a square that are high in each of some landscapes.", _settings("GridSettings")),
    ),
)
