"""What a study came to: why it ended, the best designs, and every evaluation on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, count
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from braess.errors import InputError
from braess.problem import Artifact, Constraint, Evaluations, Objective
from braess.space import Designs, Space
from braess.study.certificate import proven_gap
from braess.study.monitor import Watched, brief, read_monitor
from braess.study.pareto import HypervolumeTrace, first_of_each, hypervolume_trace, nondominated
from braess.study.predictions import read_predictions
from braess.study.status import Status

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from matplotlib.figure import Figure

    from braess.study.store import Recorded, StudyRecord

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Result:
    """What a study came to; made by `Study.run` or read from a record by `open_result`.

    Parameters
    ----------
    record
        Name, seed, settings and provenance of the study.
    status, message
        Why it ended; ``message`` also says where no feasible design was found.
    space, objectives, constraints
        Of the problem.
    designs, evaluations
        ``[n]`` in the order in which the search asked.
    elapsed
        ``[n]`` seconds into the study at which each was recorded.
    spent
        Seconds spent, all sittings together.
    artifacts
        What the problem keeps of its best designs, by name.
    gap
        Proven relative distance to the optimum, or ``None`` where the search proves none.
    """

    record: StudyRecord
    status: Status
    message: str
    space: Space
    objectives: tuple[Objective, ...]
    constraints: tuple[Constraint, ...]
    designs: Designs
    evaluations: Evaluations
    elapsed: Floats
    spent: float
    artifacts: dict[str, Artifact]
    gap: float | None = None

    @cached_property
    def signed(self) -> Floats:
        """``[n, m]`` objectives with those to make large negated; infinite where infeasible or failed."""
        signs = np.array([1.0 if objective.sense == "min" else -1.0 for objective in self.objectives])
        with np.errstate(invalid="ignore"):  # there are not-a-numbers that signal
            return np.where(self.evaluations.feasible[:, None], self.evaluations.objectives * signs, np.inf)

    @cached_property
    def best(self) -> int | None:
        """Row of the best feasible design (one objective; the first of equals), or ``None``."""
        if len(self.objectives) > 1 or not self.evaluations.feasible.any():
            return None
        return int(np.argmin(self.signed[:, 0]))

    @property
    def best_design(self) -> Designs:
        """The best design as a batch of one; empty where there is none."""
        return self.designs.take([] if self.best is None else [self.best])

    @cached_property
    def front(self) -> Ints:
        """Rows of the feasible designs that no other one beats in every objective; of equal designs the first."""
        feasible = np.flatnonzero(self.evaluations.feasible)
        if not feasible.size:
            return np.empty(0, dtype=np.int64)
        kept = feasible[nondominated(self.signed[feasible])]
        return kept[first_of_each(self.designs.take(kept).hashes())]

    @cached_property
    def spread(self) -> Ints:
        """Rows of the front, the best compromises first: nearest to the best of every objective, each by its range."""
        values = self.signed[self.front]
        if not len(values):
            return self.front
        low, high = values.min(axis=0), values.max(axis=0)
        scaled = (values - low) / np.where(high > low, high - low, 1.0)
        return self.front[np.argsort(np.linalg.norm(scaled, axis=1), kind="stable")]

    @property
    def exact_share(self) -> float:
        """Share of evaluations whose follower was solved, not predicted."""
        return float(self.evaluations.exact.mean()) if len(self.evaluations) else 1.0

    @cached_property
    def predictions(self) -> dict[str, Any] | None:
        """What the search predicted, by the names of `braess.search.capabilities.Predictions`; ``None`` where nothing."""
        return read_predictions(self.artifacts)

    @cached_property
    def monitor(self) -> Watched:
        """What the search watched of itself, by name, one number for each of its generations; empty where nothing."""
        return read_monitor(self.artifacts)

    def history(self) -> Floats:
        """Return the best feasible value of each objective after each evaluation, ``[n, m]``; NaN before the first."""
        best = np.minimum.accumulate(self.signed, axis=0) if len(self.signed) else self.signed
        signs = np.array([1.0 if objective.sense == "min" else -1.0 for objective in self.objectives])
        return np.where(np.isfinite(best), best * signs, np.nan)

    def hypervolume_trace(self, reference: Sequence[float] | None = None) -> HypervolumeTrace:
        """Return the hypervolume of the front as it grew, at no more than 200 points of the study.

        Parameters
        ----------
        reference
            ``[m]`` in the objectives' own senses; left out: the worst feasible value of each, moved away by a tenth
            of its range.

        Raises
        ------
        InputError
            The reference is not ``m`` numbers.
        """
        signs = np.array([1.0 if objective.sense == "min" else -1.0 for objective in self.objectives])
        given = None if reference is None else np.asarray(reference, dtype=np.float64)
        if given is not None and (given.shape != signs.shape or np.isnan(given).any()):
            expected = f"{len(signs)} numbers"
            raise InputError("not a reference point", field="reference", found=given.tolist(), expected=expected)
        point = None if given is None else given * signs
        return hypervolume_trace(self.signed, point)

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each evaluation: position, decisions, objectives, constraints, feasibility, times, error.

        Where names meet, a decision, constraint or objective says in brackets which it is; what is not decided is NaN.
        """
        import pandas as pd

        evaluations = self.evaluations
        matrix, decided = self.space.flatten(self.designs)
        position = {"position": np.arange(len(self.designs))}
        facts: dict[str, Any] = {
            "feasible": evaluations.feasible,
            "exact": evaluations.exact,
            "seconds": evaluations.seconds,
            "elapsed": self.elapsed,
            "error": pd.Series(evaluations.errors, dtype=object),
        }
        taken = {*position, *facts}
        objectives = distinct([o.name for o in self.objectives], "objective", taken)
        constraints = distinct([c.name for c in self.constraints], "constraint", taken)
        decisions = distinct(self.space.column_labels(), "decision", taken)
        columns: dict[str, Any] = position | dict(zip(decisions, np.where(decided, matrix, np.nan).T, strict=True))
        columns |= dict(zip(objectives, evaluations.objectives.T, strict=True))
        columns |= dict(zip(constraints, evaluations.constraints.T, strict=True))
        frame: pd.DataFrame = pd.DataFrame(columns | facts)
        return frame

    def figures(self) -> dict[str, Figure]:
        """Draw how the study went: convergence, and for several objectives the front and its hypervolume."""
        from braess.study.figures import figures

        return figures(self)

    def summary(self) -> dict[str, Any]:
        """Return the main facts as plain data."""
        evaluations = self.evaluations
        facts: dict[str, Any] = {
            "study": self.record.name,
            "status": self.status.name.lower(),
            "message": self.message,
            "evaluations": len(evaluations),
            "feasible": int(evaluations.feasible.sum()),
            "failed": int(evaluations.failed.sum()),
            "seconds": self.spent,
            "gap": self.gap,
            "exact_share": self.exact_share,
            "predictions": self.predictions,
            "monitor": brief(self.monitor),
        }
        if len(self.objectives) == 1:
            best = self.best
            value = None if best is None else float(evaluations.objectives[best, 0])
            return facts | {
                "objective": self.objectives[0].name,
                "best": value,
                "best_position": best,
                "best_design": None if best is None else self.best_design.rows()[0],
            }
        names = [objective.name for objective in self.objectives]
        values = [dict(zip(names, evaluations.objectives[row].tolist(), strict=True)) for row in self.front]
        return facts | {"front": values, "front_positions": self.front.tolist()}


def distinct(names: Sequence[str], kind: str, taken: set[str]) -> list[str]:
    """Return names that are not taken yet, with the kind and a number in brackets where they were; takes them."""
    given = []
    for name in names:
        choices = chain([name, f"{name} ({kind})"], (f"{name} ({kind} {i})" for i in count(2)))
        given.append(next(choice for choice in choices if choice not in taken))
        taken.add(given[-1])
    return given


def result_of(recorded: Recorded) -> Result:
    """Make a result of a study as recorded."""
    message = recorded.message
    if recorded.status is not Status.UNFINISHED and not recorded.evaluations.feasible.any():
        message += " No feasible design was found."
    result = Result(
        record=recorded.record,
        status=recorded.status,
        message=message,
        space=recorded.space,
        objectives=recorded.objectives,
        constraints=recorded.constraints,
        designs=recorded.designs,
        evaluations=recorded.evaluations,
        elapsed=recorded.elapsed,
        spent=recorded.spent,
        artifacts=recorded.artifacts,
    )
    return with_artifacts(result, recorded.artifacts)


def with_artifacts(result: Result, artifacts: dict[str, Artifact]) -> Result:
    """Return a result with its artifacts and with the gap that a certificate among them proves."""
    return replace(result, artifacts=artifacts, gap=proven_gap(artifacts))


def open_result(store: str | Path, name: str | None = None) -> Result:
    """Read what a study came to, or how far it is; nothing in the record is executed.

    Parameters
    ----------
    store
        Path or URL of a record.
    name
        The study; may be left out where the record holds one.

    Raises
    ------
    StoreError
        The record cannot be read or is damaged.
    InputError
        It holds no study of that name, or several and no name is given.
    """
    from braess.study.store import load_study

    return result_of(load_study(store, name))
