"""The running state of `traced`: starts side by side, each with a proposer that reads the runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from braess.problem import Evaluations, Problem, capability
from braess.problem import Traced as Recorded
from braess.search._generations import Generations, scores
from braess.space import Designs
from braess.trace import Adjoint, Proposer, Repair, ReplayDifference, Run, Structure, Workflow
from braess.trace.backward import differentiable
from braess.trace.problem import design_of
from braess.trace.proposers.gradient import Downhill

if TYPE_CHECKING:
    from braess.search.traced import Traced

_REPAIRS = 20  # in a row, then a start is given up


class _Start:
    """One start: its proposer, what it suggested, and how long ago it last improved."""

    def __init__(self, design: Designs) -> None:
        self.design = design
        self.proposer: Proposer | None = None
        self.repair: Repair | None = None
        self.rank = (np.inf, np.inf)
        self.waiting = self.repairs = 0


class TracedRun(Generations):
    """Asks for the next design of each start.

    Parameters
    ----------
    problem, rng
        As in `Generations`.
    settings
        The hyper-parameters.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, settings: Traced) -> None:
        super().__init__(problem, rng)
        recorded = capability(problem, Recorded)  # type: ignore[type-abstract]
        assert recorded is not None
        self._recorded = recorded
        self._settings = settings
        self._rule = settings.rule
        if settings.rule == "auto":
            self._rule = "adam" if problem.constraints else "line-search"
        self._starts: list[_Start] = []
        self._warned = False

    def _next(self) -> Designs:
        if not self._starts:
            drawn = self.space.sample(self._settings.starts - 1, self.rng)
            self._starts = [_Start(self._recorded.first()), *(_Start(design) for design in drawn)]
        return self.space.concatenate([start.design for start in self._starts])

    def _learn(self, evaluations: Evaluations) -> None:
        violations, objectives = scores(evaluations, self.signs)
        for i, start in enumerate(self._starts):
            rank = (float(violations[i]), float(objectives[i, 0]))
            following = None if self._waits(start, rank) else self._following(start, bool(evaluations.failed[i]))
            if following is None:
                self._starts[i] = _Start(self.space.sample(1, self.rng))
            else:
                start.design = following

    def _waits(self, start: _Start, rank: tuple[float, float]) -> bool:
        """Tell whether Adam, which does not end by itself, has waited too long."""
        start.waiting = 0 if rank < start.rank else start.waiting + 1
        start.rank = min(start.rank, rank)
        endless = self._rule == "adam" and isinstance(start.proposer, Downhill)
        return endless and start.waiting > self._settings.patience

    def _following(self, start: _Start, failed: bool) -> Designs | None:
        """Return what is to be run after the design of a start, ``None`` where it is over."""
        run: Run = self._recorded.traced(start.design)
        if failed and not run.failed:  # why it failed is not in the trace
            return None
        workflow = _decided(run.workflow)
        if start.repair is None:
            start.repair = Repair(workflow, self.rng)
        repaired = start.repair.propose(run)
        found = {} if run.failed and start.proposer is None else self._proposed(start, run, workflow)
        start.repairs = 0 if found else start.repairs + 1
        if not found and start.repairs <= _REPAIRS:
            found = dict(repaired.values)
        return design_of(self.space, run.workflow, run.values | found) if found else None

    def _proposed(self, start: _Start, run: Run, workflow: Workflow) -> dict[str, Any]:
        if start.proposer is None or (self._settings.proposer == "auto" and self._lacks(start.proposer, run)):
            start.proposer = self._proposer(run, workflow)
        if not self._warned:
            run.trace.warn_unreached(*run.outputs.values())
            self._warned = True
        return dict(start.proposer.propose(run).values)

    def _lacks(self, proposer: Proposer, run: Run) -> bool:
        """Tell whether a run went where there are no derivatives."""
        return isinstance(proposer, Adjoint) and not run.failed and not differentiable(run.trace, *run.outputs.values())

    def _proposer(self, run: Run, workflow: Workflow) -> Proposer:
        settings = self._settings
        kind = settings.proposer
        if kind == "auto":
            kind = "structure"
            if self.space.kinds == {"real"}:
                kind = "adjoint" if differentiable(run.trace, *run.outputs.values()) else "replay"
        if kind == "structure":
            return Structure(workflow, step=settings.step)
        made = Adjoint if kind == "adjoint" else ReplayDifference
        return made(workflow, rule=self._rule, step=settings.step)


def _decided(workflow: Workflow) -> Workflow:
    """Leave out the parameters that designs do not decide."""
    return replace(workflow, parameters={name: one for name, one in workflow.parameters.items() if one.variable is not None})
