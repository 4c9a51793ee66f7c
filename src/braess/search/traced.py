"""Search that reads the trace: which steps led from a design to what it is worth tells how to change it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from braess.errors import InputError
from braess.problem import Problem, capability
from braess.problem import Traced as Recorded
from braess.search._validate import at_least, between, one_of
from braess.search.base import Running, Search

_PROPOSERS = ("auto", "adjoint", "replay", "structure")
_RULES = ("auto", "adam", "line-search")


@dataclass(frozen=True)
class Traced(Search):
    """Improve the parameters of a recorded workflow by what its trace says, from many starts.

    Needs a problem that shows its runs (`braess.problem.Traced`), such as a workflow (`braess.trace.WorkflowProblem`). The
    first start is at the first values of the parameters, the others are at random, as is a new one wherever one ends.
    ``adjoint`` follows exact derivatives, ``replay`` differences for which only the steps below a changed parameter are
    repeated (both for reals, others stay where a start drew them), and ``structure`` tries moves of all kinds of parameters
    in all independent parts at once. Where a run fails, or a violated constraint leaves nothing to follow, only the
    parameters behind that are repaired.

    ``structure`` moves one parameter of a part at a time, and may come to rest where constraints meet; ``gradient`` and the
    evolutionary searches do not. The work of the search itself (backward passes, replays) is in the seconds of a study, not in
    its evaluations.

    Parameters
    ----------
    proposer
        ``"adjoint"``, ``"replay"``, ``"structure"``; ``"auto"``: ``adjoint`` where all parameters are real and every step has a
        derivative, ``replay`` where all are real, else ``structure``.
    rule
        How a gradient is followed: ``"adam"`` or ``"line-search"``; ``"auto"``: Adam where there are constraints, along which
        a line search would come to rest too early.
    step
        Step of Adam, first step of the line search; of ``structure`` too: a share of the range of each parameter.
    starts
        Starts that are carried on side by side.
    patience
        Designs without improvement after which Adam starts anew; the others end by themselves.

    References
    ----------
    Cheng, Nie and Swaminathan (2024), "Trace is the next AutoDiff: generative optimization with rich feedback, execution
    traces, and LLMs", arXiv:2406.16218, for the traces; the proposers need no language model and are ours.
    """

    name: ClassVar[str] = "traced"
    summary: ClassVar[str] = (
        "improves recorded workflows by their traces: derivatives, partial replays, independent blocks, repair"
    )
    reference: ClassVar[str] = "Cheng, Nie and Swaminathan (2024), arXiv:2406.16218"
    kinds: ClassVar[frozenset[str]] = frozenset({"binary", "integer", "categorical", "real"})
    conditional: ClassVar[bool] = False
    objectives: ClassVar[Literal["one", "many", "any"]] = "one"

    proposer: str = "auto"
    rule: str = "auto"
    step: float = 0.1
    starts: int = 1
    patience: int = 50

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        one_of("proposer", self.proposer, _PROPOSERS)
        one_of("rule", self.rule, _RULES)
        between("step", self.step, 1e-5, 1.0)
        at_least("starts", self.starts, 1)
        at_least("patience", self.patience, 1)

    @classmethod
    def refusal(cls, problem: Problem) -> str | None:
        """Say why the method cannot handle a problem, or ``None`` if it can."""
        reason = super().refusal(problem)
        if reason is not None:
            return reason
        if capability(problem, Recorded) is None:  # type: ignore[type-abstract]
            return "needs a recorded workflow (`traced`)"
        return None

    def require_fit(self, problem: Problem) -> None:
        """Refuse a problem that the search, or its proposer, cannot handle."""
        super().require_fit(problem)
        if self.proposer in ("adjoint", "replay") and "real" not in problem.space.kinds:
            found = ", ".join(sorted(problem.space.kinds))
            raise InputError("follows derivatives of reals", field="proposer", found=found, expected="structure, or auto")

    def _start(self, problem: Problem, rng: np.random.Generator) -> Running:
        from braess.search._traced import TracedRun

        return TracedRun(problem, rng, self)
