"""The loop of a proposer by itself: run, propose, run again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from braess.errors import InputError
from braess.trace.suggestion import Proposer
from braess.trace.workflow import Run, Workflow


@dataclass(frozen=True, eq=False)
class Improvement:
    """What a proposer reached.

    Parameters
    ----------
    best
        The best run: least violation, then the best objective.
    ranks
        Violation and score of each run, in order.
    calls
        Operators called up to each run, those the proposer called among them.
    rejected
        What was rejected of the suggestions.
    """

    best: Run
    ranks: tuple[tuple[float, float], ...]
    calls: tuple[int, ...]
    rejected: tuple[str, ...]


def improve(workflow: Workflow, proposer: Proposer, *, runs: int, start: Mapping[str, Any] | None = None) -> Improvement:
    """Run a workflow, let a proposer read the run, and run what it suggests; it ends when nothing is suggested.

    Parameters
    ----------
    workflow
        What is improved.
    proposer
        Who proposes.
    runs
        Most runs, at least 1.
    start
        Values to begin with in place of the first ones.

    Raises
    ------
    InputError
        There is nothing to run.

    Warns
    -----
    TraceWarning
        The first run did not use a parameter.

    Examples
    --------
    >>> from braess.trace import Adjoint, Parameter, Workflow, improve
    >>> workflow = Workflow(lambda x: (x - 3.0) ** 2, {"x": Parameter(0.0)})
    >>> found = improve(workflow, Adjoint(workflow, rule="line-search"), runs=10)
    >>> round(found.best.values["x"], 6)
    3.0
    """
    if runs < 1:
        raise InputError("nothing to run", field="runs", found=runs, expected="at least 1")
    run = best = workflow.run(start)
    run.trace.warn_unreached(*run.outputs.values())
    ranks, calls, rejected = [run.rank], [run.calls], list[str]()
    while len(ranks) < runs:
        own = getattr(proposer, "calls", 0)
        suggestion = proposer.propose(run)
        rejected += suggestion.rejected
        if not suggestion.values:
            break
        run = workflow.run(run.values | dict(suggestion.values))
        best = run if run.rank < best.rank else best
        ranks.append(run.rank)
        calls.append(calls[-1] + getattr(proposer, "calls", 0) - own + run.calls)
    return Improvement(best, tuple(ranks), tuple(calls), tuple(rejected))
