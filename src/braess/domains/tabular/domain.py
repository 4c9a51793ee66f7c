"""How the tabular domain makes itself known to studies and the command line."""

from __future__ import annotations

from typing import Any

from braess.study.domain import Domain, ProblemKind


def _settings() -> type[Any]:
    from braess.domains.tabular.settings import PrivateTableSettings

    return PrivateTableSettings


TABULAR = Domain(
    name="tabular",
    summary="Tables of people, trips or packets whose counts are to be published without giving any row away.",
    problems=(
        ProblemKind(
            "private-table",
            "Synthetic table that answers counting queries as a secret one does, under differential privacy; for research.",
            _settings,
        ),
    ),
)
