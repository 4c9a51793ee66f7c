"""What a comparison came to: values, ranks and how they came about, for each search over all seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from braess.problem import Objective
from braess.study.indicators import hypervolume
from braess.study.ranking import Ranks, ranks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from braess.study.result import Result

Floats = NDArray[np.float64]

_POINTS = 100  # of a course
_MARGIN = 0.1  # of the range of the fronts, between their worst point and the reference


@dataclass(frozen=True, eq=False)
class Course:
    """How good the searches were on the way.

    Parameters
    ----------
    at
        ``[p]`` evaluations, or seconds where the budget is in seconds.
    values
        ``[k, n, p]`` value of each search with each seed by then; not-a-number before there was one.
    unit
        Of ``at``: ``"evaluations"`` or ``"seconds"``.
    """

    at: Floats
    values: Floats
    unit: str


@dataclass(frozen=True, eq=False)
class Compared:
    """Results of several searches with the same seeds.

    Parameters
    ----------
    seeds
        ``n`` of them.
    results
        Of each search by its label, one for each seed.
    seconds
        Whether the budget is in seconds alone.
    """

    seeds: tuple[int, ...]
    results: Mapping[str, Sequence[Result]]
    seconds: bool

    @property
    def labels(self) -> tuple[str, ...]:
        """The searches."""
        return tuple(self.results)

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """Of the problem."""
        return tuple(self.results[self.labels[0]][0].objectives)

    @property
    def measure(self) -> str:
        """What searches are compared by: the objective, or the hypervolume of their fronts where there are several."""
        return self.objectives[0].name if len(self.objectives) == 1 else "hypervolume"

    @cached_property
    def reference(self) -> Floats | None:
        """Point from which hypervolumes are measured, the same for all, objectives to make large negated; or ``None``."""
        if len(self.objectives) == 1:
            return None
        fronts = [result.signed[result.front] for found in self.results.values() for result in found]
        points = np.concatenate(fronts)
        if not len(points):
            return None
        worst, best = points.max(axis=0), points.min(axis=0)
        reference: Floats = worst + _MARGIN * np.where(worst > best, worst - best, 1.0)
        return reference

    @cached_property
    def values(self) -> Floats:
        """What each search came to with each seed ``[n, k]``, in units of `measure`; not-a-number where it found nothing."""
        found = np.full((len(self.seeds), len(self.results)), np.nan)
        for column, results in enumerate(self.results.values()):
            for row, result in enumerate(results):
                found[row, column] = self._value(result)
        return found

    @cached_property
    def ranks(self) -> Ranks | None:
        """Ranks over the seeds; ``None`` with a single search or seed."""
        if min(self.values.shape) < 2:
            return None
        sign = 1.0 if len(self.objectives) == 1 and self.objectives[0].sense == "min" else -1.0
        return ranks(np.nan_to_num(sign * self.values, nan=np.inf))

    def course(self) -> Course:
        """Return how good the searches were on the way."""
        runs = [result for found in self.results.values() for result in found]
        ends = [result.spent if self.seconds else float(len(result.designs)) for result in runs]
        at = np.linspace(0.0, max(ends), _POINTS + 1)[1:]
        values = [[self._on_the_way(result, at) for result in found] for found in self.results.values()]
        return Course(at, np.array(values), "seconds" if self.seconds else "evaluations")

    def figures(self) -> dict[str, Figure]:
        """Draw the course and, with several seeds, the ranks: titles to figures."""
        from braess.study.comparison.figures import figures

        return figures(self)

    def table(self) -> list[dict[str, Any]]:
        """Return one row for each search, as plain data: mean, standard deviation, median, best and worst value, mean rank."""
        rows = []
        for column, (label, results) in enumerate(self.results.items()):
            values = self.values[:, column]
            known = values[np.isfinite(values)]
            best, worst = (np.min, np.max) if self._smaller_is_better else (np.max, np.min)
            rows.append(
                {
                    "search": label,
                    "runs": len(values),
                    "feasible": len(known),
                    "mean": float(known.mean()) if len(known) else None,
                    "deviation": float(known.std(ddof=1)) if len(known) > 1 else None,
                    "median": float(np.median(known)) if len(known) else None,
                    "best": float(best(known)) if len(known) else None,
                    "worst": float(worst(known)) if len(known) else None,
                    "rank": None if self.ranks is None else float(self.ranks.mean[column]),
                    "evaluations": float(np.mean([len(result.designs) for result in results])),
                    "seconds": float(np.mean([result.spent for result in results])),
                }
            )
        return rows

    def summary(self) -> dict[str, Any]:
        """Return the main facts as plain data."""
        found = self.ranks
        return {
            "measure": self.measure,
            "seeds": list(self.seeds),
            "searches": self.table(),
            "reference": None if self.reference is None else self.reference.tolist(),
            "critical_difference": None if found is None else found.difference,
            "p_value": None if found is None else found.p_value,
            "cliques": None if found is None else [[self.labels[i] for i in clique] for clique in found.cliques],
        }

    @property
    def _smaller_is_better(self) -> bool:
        return len(self.objectives) == 1 and self.objectives[0].sense == "min"

    def _value(self, result: Result) -> float:
        if len(self.objectives) == 1:
            history = result.history()[:, 0]
            return float(history[-1]) if len(history) else np.nan
        front = result.signed[result.front]
        return np.nan if self.reference is None or not len(front) else hypervolume(front, self.reference)

    def _on_the_way(self, result: Result, at: Floats) -> Floats:
        places = result.elapsed if self.seconds else np.arange(1, len(result.designs) + 1)
        counts = np.searchsorted(places, at, side="right")
        if self.reference is None:
            history = np.concatenate([[np.nan], result.history()[:, 0]])
        else:
            trace = result.hypervolume_trace(self._in_their_sense(self.reference))
            steps = np.searchsorted(trace.evaluations, np.arange(1, len(result.designs) + 1), side="right")
            history = np.concatenate([[np.nan], np.concatenate([[0.0], trace.hypervolume])[steps]])
        found: Floats = history[counts]
        return found

    def _in_their_sense(self, point: Floats) -> list[float]:
        signs = [1.0 if objective.sense == "min" else -1.0 for objective in self.objectives]
        return [float(value) for value in point * signs]
