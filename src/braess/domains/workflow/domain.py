"""How workflows make themselves known to studies and the command line."""

from __future__ import annotations

from typing import Any

from braess.study.domain import Domain, ProblemKind


def _settings() -> type[Any]:
    from braess.domains.workflow.settings import WorkflowSettings

    return WorkflowSettings


WORKFLOW = Domain(
    name="workflow",
    summary="Workflows of one's own, recorded as they run; whatever they call is the follower.",
    problems=(
        ProblemKind(
            "workflow",
            "A workflow that a Python file defines (`braess.trace.Workflow`). The file is executed, so read it first.",
            _settings,
        ),
    ),
)
