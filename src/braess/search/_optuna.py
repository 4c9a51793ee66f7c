"""The one place that speaks to Optuna: suggests designs leaf by leaf, and tells trials what they were worth."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState

from braess.errors import InputError
from braess.problem import Evaluations, Problem
from braess.problem.evaluations import Floats
from braess.search._generations import Generations
from braess.space import Designs, Leaf

# Samplers that look at constraints.
_CONSTRAINED = frozenset({"TPESampler", "GPSampler", "NSGAIISampler", "NSGAIIISampler"})
_ATTEMPTS, _DRAWS = 20, 200  # suggestions, then random designs, until one that was not met


class OptunaRun(Generations):
    """A study of Optuna at work.

    Parameters
    ----------
    problem, rng
        As in `Generations`.
    sampler
        Class of the sampler.
    options
        What it is built with.
    batch
        Designs suggested before any of them is told.
    """

    def __init__(
        self, problem: Problem, rng: np.random.Generator, sampler: type[Any], options: dict[str, Any], batch: int
    ) -> None:
        super().__init__(problem, rng)
        self._batch = batch
        self._constraints = [constraint.name for constraint in problem.constraints]
        self._constrained = any(kind.__name__ in _CONSTRAINED for kind in sampler.__mro__)
        self._study = optuna.create_study(
            sampler=self._built(sampler, options),
            directions=["minimize"] * len(problem.objectives),
        )
        self._trials: list[optuna.Trial | None] = []
        self._worth: dict[bytes, tuple[Floats, Floats] | None] = {}

    def _built(self, sampler: type[Any], options: dict[str, Any]) -> Any:
        known = inspect.signature(sampler).parameters
        given = dict(options)
        if "seed" in known:
            given.setdefault("seed", int(self.rng.integers(2**31)))
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                return sampler(**given)
        except (TypeError, ValueError, ImportError) as error:
            message = f"the sampler cannot be built so: {error}"
            raise InputError(message, field="options", found=options, expected=f"some of {', '.join(known)}") from None

    def _next(self) -> Designs:
        self._trials, batches = [], []
        for _ in range(self._batch):
            found = self._suggested() or self._drawn()
            if found is None:
                break
            trial, design = found
            self._worth[design.pack()[0]] = None
            self._trials.append(trial)
            batches.append(design)
        return self.space.concatenate(batches)

    def _suggested(self) -> tuple[optuna.Trial | None, Designs] | None:
        """Return a suggestion that was not met; those that were are told what they were worth."""
        for _ in range(_ATTEMPTS):
            trial = self._study.ask()
            suggested = self._decided(trial)
            design = self.repaired(suggested)
            key = design.pack()[0]
            if key not in self._worth:
                if suggested.same_as(design).all():
                    return trial, design
                self._study.tell(trial, state=TrialState.FAIL)  # what it was repaired to is told instead
                return None, design
            self._tell(trial, self._worth[key])
        return None

    def _drawn(self) -> tuple[None, Designs] | None:
        for _ in range(_DRAWS):
            design = self.repaired(self.space.sample(1, self.rng))
            if design.pack()[0] not in self._worth:
                return None, design
        return None

    def _decided(self, trial: optuna.Trial) -> Designs:
        """Let a trial decide one design."""
        row, decided = np.zeros(self.space.width), dict[str, bool]()
        for leaf in self.space.leaves:
            condition = leaf.condition
            decided[leaf.path] = condition is None or (
                decided[condition.parent]
                and condition.low <= row[self.space.leaf(condition.parent).columns][0] <= condition.high
            )
            if decided[leaf.path]:
                names = _names(leaf)
                values = np.array([[self._suggest(trial, name, leaf) for name in names]])
                row[leaf.columns] = (leaf.variable.from_unit(values) if leaf.variable.kind == "permutation" else values)[0]
            else:
                row[leaf.columns] = leaf.variable.default()
        return self.space.unflatten(row[None])

    def _suggest(self, trial: optuna.Trial, name: str, leaf: Leaf) -> float:
        kind: Any = _distribution(leaf)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a sampler that falls back on independent draws for some kinds says so each time
            if isinstance(kind, FloatDistribution):
                return trial.suggest_float(name, kind.low, kind.high, log=kind.log)
            if isinstance(kind, IntDistribution):
                return trial.suggest_int(name, kind.low, kind.high)
            return int(trial.suggest_categorical(name, kind.choices))

    def _learn(self, evaluations: Evaluations) -> None:
        for i, trial in enumerate(self._trials):
            design = self.generation.take([i])
            worth = None
            if not evaluations.failed[i]:
                worth = evaluations.objectives[i] * self.signs, evaluations.constraints[i]
            self._worth[design.pack()[0]] = worth
            if trial is not None:
                self._tell(trial, worth)
            elif worth is not None and self._allowed(worth[1]):
                self._study.add_trial(self._as_trial(design, *worth))

    def _tell(self, trial: optuna.Trial, worth: tuple[Floats, Floats] | None) -> None:
        if worth is None or not self._allowed(worth[1]):
            self._study.tell(trial, state=TrialState.FAIL)
            return
        if self._constrained:
            for name, value in zip(self._constraints, worth[1].tolist(), strict=True):
                trial.set_constraint(name, value)
        self._study.tell(trial, worth[0].tolist())

    def _allowed(self, constraints: Floats) -> bool:
        return self._constrained or bool((constraints <= 0.0).all())

    def _as_trial(self, design: Designs, objectives: Floats, constraints: Floats) -> FrozenTrial:
        """Describe a design that no trial decided as a trial."""
        (row,), (active,) = self.space.flatten(design)
        unit = self.space.to_unit(design)[0]
        params: dict[str, Any] = {}
        distributions: dict[str, BaseDistribution] = {}
        for leaf in self.space.leaves:
            if not active[leaf.columns].any():
                continue
            values = unit[leaf.columns] if leaf.variable.kind == "permutation" else row[leaf.columns]
            for name, value in zip(_names(leaf), values.tolist(), strict=True):
                distributions[name] = _distribution(leaf)
                params[name] = value if isinstance(distributions[name], FloatDistribution) else int(value)
        told = dict(zip(self._constraints, constraints.tolist(), strict=True)) if self._constrained else {}
        return optuna.trial.create_trial(
            params=params, distributions=distributions, values=objectives.tolist(), constraints=told
        )


def _names(leaf: Leaf) -> list[str]:
    return [leaf.path] if leaf.variable.size is None else [f"{leaf.path}[{i}]" for i in range(leaf.variable.width)]


def _distribution(leaf: Leaf) -> BaseDistribution:
    variable: Any = leaf.variable
    if variable.kind == "real":
        return FloatDistribution(variable.low, variable.high, log=variable.log)
    if variable.kind == "permutation":
        return FloatDistribution(0.0, 1.0)
    low, high = (int(bound[0]) for bound in variable.bounds())
    return CategoricalDistribution(range(low, high + 1)) if variable.kind == "categorical" else IntDistribution(low, high)
