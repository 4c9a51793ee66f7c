"""The run: budget, loop, record, result; study files; how domains make themselves known."""

from pathlib import Path

from braess.study.budget import Budget
from braess.study.pareto import HypervolumeTrace
from braess.study.result import Result, open_result
from braess.study.status import Status
from braess.study.study import Study
from braess.study.tracker import Snapshot
from braess.study.verification import Verification, verify


def list_studies(store: str | Path) -> list[str]:
    """Name the studies in a record, oldest first; `StoreError` where it cannot be read."""
    from braess.study.store import list_studies as listed

    return listed(store)


__all__ = [
    "Budget",
    "HypervolumeTrace",
    "Result",
    "Snapshot",
    "Status",
    "Study",
    "Verification",
    "list_studies",
    "open_result",
    "verify",
]
