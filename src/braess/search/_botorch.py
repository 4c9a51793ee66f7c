"""The one place that speaks to BoTorch: fits processes to what was told, and finds the points that promise most."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import gpytorch
import numpy as np
import torch
from botorch.acquisition.analytic import LogConstrainedExpectedImprovement, LogExpectedImprovement, LogProbabilityOfFeasibility
from botorch.acquisition.logei import qLogExpectedImprovement, qLogProbabilityOfFeasibility
from botorch.acquisition.multi_objective.logei import qLogExpectedHypervolumeImprovement
from botorch.acquisition.multi_objective.objective import IdentityMCMultiOutputObjective
from botorch.acquisition.objective import LinearMCObjective
from botorch.fit import fit_gpytorch_mll
from botorch.generation import gen_candidates_scipy
from botorch.models import ModelListGP, SingleTaskGP
from botorch.sampling import SobolQMCNormalSampler
from botorch.utils.multi_objective.box_decompositions import FastNondominatedPartitioning
from botorch.utils.multi_objective.hypervolume import infer_reference_point
from botorch.utils.multi_objective.pareto import is_non_dominated

from braess.problem import Problem
from braess.problem.evaluations import Floats
from braess.search._encoding import Encoding
from braess.search._model_based import ModelBased, Told
from braess.search._promising import Box, promising
from braess.search._standard import Standard

if TYPE_CHECKING:
    from braess.search.botorch import BoTorch

_SAMPLES = 128  # of acquisitions without a closed form
_AT_ONCE = 256  # points whose promise is computed at a time
_ELITE = 5  # of the best designs, which others are made from


class BoTorchRun(ModelBased):
    """Bayesian optimisation at work.

    Parameters
    ----------
    problem, rng
        As in `Generations`.
    settings
        The hyper-parameters.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, settings: BoTorch) -> None:
        super().__init__(problem, rng, initial=settings.initial, batch=settings.batch)
        self._settings = settings
        self._encoding = Encoding(self.space)

    def _proposed(self, told: Told, n: int) -> Floats:
        limits = [Standard.of(values) for values in told.constraints.T]
        merits = np.column_stack([-Standard.of(values)(values) for values in told.objectives.T])
        constraints = [limit(values) for limit, values in zip(limits, told.constraints.T, strict=True)]
        with warnings.catch_warnings(record=True), torch.random.fork_rng(devices=[]), gpytorch.settings.cholesky_max_tries(8):
            warnings.simplefilter("ignore")  # numerical advice; BoTorch tells some of it whatever is ignored
            torch.manual_seed(int(self.rng.integers(2**31)))
            model = self._fitted(told.points, [*merits.T, *constraints])
            highest = [float(limit(np.zeros(1))[0]) for limit in limits]
            return self._best_points(_acquisition(model, merits[told.feasible], highest, n), told, n)

    def _fitted(self, points: Floats, columns: list[Floats]) -> ModelListGP:
        """Return a process for each of these columns of values."""
        rows, models = self._encoding(torch.tensor(points)), []
        for values in columns:
            models.append(SingleTaskGP(rows, torch.tensor(values[:, None]), outcome_transform=None))
            fit_gpytorch_mll(gpytorch.mlls.ExactMarginalLogLikelihood(models[-1].likelihood, models[-1]))
        return ModelListGP(*models)

    def _best_points(self, acquisition: Any, told: Told, n: int) -> Floats:
        """Return the most promising points: the best of each round first, then what came close in the last one."""
        chosen: list[Floats] = []
        for _ in range(n):
            if chosen:
                acquisition.set_X_pending(self._encoding(torch.tensor(np.array(chosen))))
            points = self._promising(acquisition, told)
            chosen.append(points[0])
        return np.concatenate([np.array(chosen), points[1:]])

    def _promising(self, acquisition: Any, told: Told) -> Floats:
        """Return points, the best first, those that have a slope to follow after having followed it."""

        def promise_of(points: torch.Tensor) -> torch.Tensor:
            return acquisition(self._encoding(points))  # type: ignore[no-any-return]

        def promise(points: Floats) -> Floats:
            with torch.no_grad():
                parts = torch.split(torch.tensor(points)[:, None], _AT_ONCE)
                found: Floats = torch.cat([promise_of(part) for part in parts]).numpy()
            return found

        settings = self._settings
        points = promising(
            self.space,
            promise,
            told.best(_ELITE),
            box=Box.unit(self.space.width),
            starts=settings.starts,
            kept=settings.restarts,
            repair=self.repaired,
            rng=self.rng,
        )
        fixed = None
        if not self.sloped.any():
            return points
        if not self.sloped.all():
            points, fixed = points[:1], {int(column): float(points[0, column]) for column in np.flatnonzero(~self.sloped)}
        climbed, values = gen_candidates_scipy(torch.tensor(points)[:, None], promise_of, 0.0, 1.0, fixed_features=fixed)
        order = values.argsort(descending=True, stable=True)
        return np.concatenate([climbed[order, 0].detach().numpy(), points])


def _acquisition(model: ModelListGP, merits: Floats, highest: list[float], n: int) -> Any:
    """Return what is to be made large.

    Parameters
    ----------
    model
        Of merits, which are to be large, and constraints.
    merits
        ``[n, m]`` of the feasible designs.
    highest
        What the constraints may be.
    n
        Points to look for at a time.
    """
    several = merits.shape[1]
    limits = {several + i: (None, most) for i, most in enumerate(highest)}
    constraints = [lambda values, i=i, most=most: values[..., i] - most for i, (_, most) in limits.items()]
    sampler = SobolQMCNormalSampler(torch.Size([_SAMPLES]))
    if len(merits) == 0:
        if n == 1:
            return LogProbabilityOfFeasibility(model, limits)
        return qLogProbabilityOfFeasibility(model, constraints, sampler)
    if several > 1:
        front = torch.tensor(merits)
        front = front[is_non_dominated(front)]
        reference = infer_reference_point(front)
        parts = FastNondominatedPartitioning(reference, front)
        chosen = IdentityMCMultiOutputObjective(outcomes=list(range(several)))
        return qLogExpectedHypervolumeImprovement(
            model, reference, parts, sampler, objective=chosen, constraints=constraints or None
        )
    best = float(merits.max())
    if n > 1:
        first = LinearMCObjective(torch.eye(several + len(limits), dtype=torch.float64)[0])
        return qLogExpectedImprovement(model, best, sampler, first, constraints=constraints or None)
    return LogConstrainedExpectedImprovement(model, best, 0, limits) if limits else LogExpectedImprovement(model, best)
