"""The running state of `linas`: learn what was measured, search on predictions, choose what to measure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import moocore
import numpy as np
from numpy.typing import NDArray
from pymoo.operators.survival.rank_and_crowding.metrics import get_crowding_function
from scipy.stats import kendalltau, norm, rankdata

from braess.learn.predictors import Predicted, Predictor
from braess.problem import Canonical, Evaluations, Problem, capability
from braess.problem.evaluations import Floats
from braess.search._first import graded
from braess.search._model_based import ModelBased, Told
from braess.search._new import new_rows
from braess.space import Designs

if TYPE_CHECKING:
    from braess.search.linas import LINAS

_ASKED = 1000  # predicted designs that the inner search is asked for at a time, at most


class LINASRun(ModelBased):
    """A search at work.

    Parameters
    ----------
    problem, rng
        As in `Generations`.
    settings
        The hyper-parameters.
    predictor
        What learns.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, settings: LINAS, predictor: Predictor) -> None:
        super().__init__(problem, rng, initial=settings.population, batch=settings.population)
        self._inner, self._most = settings.proposer(len(problem.objectives)), settings.predicted
        self._same = capability(problem, Canonical)  # type: ignore[type-abstract]
        self._predictor = predictor
        self._problem = Predicted.of(problem, predictor.reader(problem))
        self._believed: Predicted | None = None
        self._taus: list[Floats] = []

    def monitor(self) -> dict[str, Floats]:
        """Say how well each objective of the designs of each round was ranked before they were measured: Kendall's tau.

        It is 0 for the first round, which nobody predicted. What counts is the rank among designs that all seemed good: it is
        far lower than among random ones.
        """
        names = [f"tau_{objective.name}" for objective in self._problem.objectives]
        return {name: np.array([taus[i] for taus in self._taus]) for i, name in enumerate(names)}

    def repaired(self, designs: Designs) -> Designs:
        """Let the problem repair designs, and of those that are the same return the one that stands for all."""
        sound = super().repaired(designs)
        return sound if self._same is None or not len(sound) else self._same.canonical(sound)

    def _spread(self, n: int) -> Floats:
        several = len(self.signs) > 1 and "binary" in self.space.kinds
        return self.space.to_unit(graded(self.space, n, self.rng)) if several else super()._spread(n)

    def _proposed(self, told: Told, n: int) -> Floats:
        if self._predictor.scored:
            told = told._replace(objectives=normal_scores(told.objectives))
        values = np.concatenate([told.objectives, told.constraints], axis=1)
        rows = self._problem.reader(self.space.from_unit(told.points))
        self._believed = self._problem.believing(self._predictor.fit(rows, values, self.rng))
        fresh = new_rows(self.repaired(self._searched(self._believed)), set(self._met))
        chosen = choose(self._believed.values(fresh), told, n)
        return self.space.to_unit(fresh.take(chosen))

    def _searched(self, problem: Predicted) -> Designs:
        """Return every design that the inner search had predicted, those of its last generation first."""
        running, asked, left = self._inner.start(problem, self.rng), [self.space.concatenate([])], self._most
        while left > 0:
            batch = running.ask(min(left, _ASKED))
            if not len(batch):
                break
            running.tell(batch, problem.evaluate(batch))
            asked.append(batch)
            left -= len(batch)
        return self.space.concatenate(asked[::-1])

    def _learn(self, evaluations: Evaluations) -> None:
        super()._learn(evaluations)
        m, taus = len(self.signs), np.zeros(len(self.signs))
        good = ~evaluations.failed
        if self._believed is not None and good.sum() > 1:
            foretold = self._believed.values(self.generation)[good, :m]
            found = (evaluations.objectives * self.signs)[good]
            taus = np.array([kendalltau(foretold[:, i], found[:, i]).statistic for i in range(m)])
        self._taus.append(np.nan_to_num(taus))


def normal_scores(values: Floats) -> Floats:
    """Return for each of ``[n, m]`` values what its rank among those of its column would be worth if they were normal.

    Searches only compare: networks that do not learn at all, or evaluations that failed, must not outweigh the differences
    among good ones (van der Waerden 1952).
    """
    ranks = rankdata(values, axis=0)
    scores: Floats = norm.ppf((ranks - 0.5) / len(values))
    return scores


def choose(values: Floats, told: Told, n: int) -> NDArray[np.int64]:
    """Return which ``n`` predicted designs to measure, the best first.

    Those predicted to keep all constraints come before others, which come by what they violate. One objective: the smallest
    first. Several: by the rank of their front among all predicted and measured feasible designs, and of the front that
    does not fit as a whole those that are left when the most crowded are taken away one by one.

    Parameters
    ----------
    values
        ``[k, m + c]`` predicted objectives to be made small, and constraints.
    told
        What is measured.
    n
        Designs to choose.

    References
    ----------
    Kukkonen and Deb (2006), "Improved pruning of non-dominated solutions based on crowding distance for bi-objective
    optimization problems", doi:10.1109/CEC.2006.1688443, for taking them away one by one.
    """
    m = told.objectives.shape[1]
    objectives, violation = values[:, :m], np.maximum(values[:, m:], 0.0).sum(axis=1)
    if m == 1:
        return np.lexsort((objectives[:, 0], violation))[:n]
    fine = np.flatnonzero(violation <= 0.0)
    others = np.flatnonzero(violation > 0.0)
    ranks = moocore.pareto_rank(np.concatenate([objectives[fine], told.objectives[told.feasible]]))[: len(fine)]
    chosen: list[NDArray[np.int64]] = []
    for rank in np.unique(ranks):
        front, room = fine[ranks == rank], n - sum(map(len, chosen))
        if len(front) > room:
            front = front[_apart(objectives[front], room)]
        chosen.append(front)
    return np.concatenate([*chosen, others[np.argsort(violation[others], kind="stable")]])[:n]


def _apart(objectives: Floats, n: int) -> NDArray[np.int64]:
    """Return ``n`` of the points ``[k, m]`` of a front that lie apart, in their order."""
    if n == 0:
        return np.empty(0, dtype=np.int64)
    crowding = get_crowding_function("pcd").do(objectives, n_remove=len(objectives) - n)
    return np.sort(np.argsort(-crowding, kind="stable")[:n])
