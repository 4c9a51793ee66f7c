"""Problems whose follower is predicted: all of it (`Surrogate`), or where that says it is not worth solving (`Screened`)."""

from __future__ import annotations

import hashlib
import logging
import time
from dataclasses import replace
from typing import Any, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from braess.errors import InputError
from braess.learn.model import Model
from braess.problem import (
    Bounded,
    Canonical,
    Differentiable,
    Evaluations,
    GraphView,
    Illustrated,
    Problem,
    Relaxable,
    Sampleable,
    WarmStart,
    Wrapper,
    capability,
)
from braess.space import Designs

log = logging.getLogger("braess")

# What says something of the follower that was solved, not of the one that is predicted.
_OF_THE_EXACT: tuple[type[Any], ...] = (Bounded, Canonical, Differentiable, Illustrated, Relaxable, Sampleable, WarmStart)


class Surrogate(Wrapper):
    """A problem whose follower a model predicts, a whole batch at once; no evaluation is exact.

    Parameters
    ----------
    problem
        The problem inside, which can show its designs as graphs.
    model
        That has learned what its follower answers.

    Raises
    ------
    InputError
        The problem has no graphs.
    """

    hides: ClassVar[tuple[type[Any], ...]] = _OF_THE_EXACT

    def __init__(self, problem: Problem, model: Model) -> None:
        super().__init__(problem)
        view = capability(problem, cast("type[Any]", GraphView))
        if view is None:
            raise InputError("this problem shows no graphs to a model", field="problem", found=problem.name)
        self.model = model
        self._warned = False
        self._view: GraphView = view

    def evaluate(self, designs: Designs) -> Evaluations:
        """Predict what the follower answers to each design, and judge that; warns of designs that `predict` distrusts."""
        found, trusted = self.predict(designs)
        if not trusted.all() and not self._warned:
            self._warned = True
            log.warning(
                "%s: %d of %d designs are unlike all that %s learned from: their predictions are guesses",
                self.name,
                int((~trusted).sum()),
                len(designs),
                self.model.name,
            )
        return found

    def predict(self, designs: Designs) -> tuple[Evaluations, NDArray[np.bool_]]:
        """Return what designs are worth by prediction, and ``[n]`` whether the model has learned from anything like them."""
        began = time.perf_counter()
        if not len(designs):
            return self._view.judge(designs, np.empty((0, 0))), np.empty(0, dtype=np.bool_)
        graph = self._view.graph(designs)
        judged = self._view.judge(designs, self.model.predict(graph))
        trusted: NDArray[np.bool_] = ~self.model.outside(graph)
        seconds = (time.perf_counter() - began) / len(designs)
        return replace(judged, seconds=np.full(len(designs), seconds)), trusted

    def describe(self) -> dict[str, Any]:
        """Describe the problem inside and the model."""
        learned = hashlib.blake2b(self.model.state(), digest_size=16).hexdigest()
        model = {"name": self.model.name, "settings": self.model.settings(), "learned": learned}
        return super().describe() | {"surrogate": model}


class Screened(Wrapper):
    """A problem that is solved only for the designs of a batch that another one finds best.

    Parameters
    ----------
    problem
        The exact problem.
    surrogate
        What screens: the same space and the same one objective.
    keep
        Share of a batch that is solved, at least one design.

    Raises
    ------
    InputError
        Several objectives, other spaces, or an impossible share.
    """

    hides: ClassVar[tuple[type[Any], ...]] = (Canonical,)

    def __init__(self, problem: Problem, surrogate: Problem, *, keep: float = 0.1) -> None:
        super().__init__(problem)
        if len(problem.objectives) != 1 or surrogate.objectives != problem.objectives:
            raise InputError("only problems with the same one objective are screened", field="surrogate")
        if surrogate.space.describe() != problem.space.describe():
            raise InputError("the surrogate has another space", field="surrogate")
        if not 0 < keep <= 1:
            raise InputError("impossible share", field="keep", found=keep, expected="more than 0, at most 1")
        self.surrogate, self.keep = surrogate, keep

    def evaluate(self, designs: Designs) -> Evaluations:
        """Predict all designs, and solve the best of them: feasible ones before others, those whose prediction failed last."""
        predicted = self.surrogate.evaluate(designs)
        if not len(designs):
            return predicted
        value = predicted.objectives[:, 0] * self.signs[0]
        order = np.lexsort((np.nan_to_num(value, nan=np.inf), predicted.violation))
        rows = np.sort(order[: max(1, round(self.keep * len(designs)))])
        exact = self.problem.evaluate(designs.take(rows))
        seconds = predicted.seconds.copy()
        seconds[rows] += exact.seconds
        errors = list(predicted.errors)
        for row, error in zip(rows, exact.errors, strict=True):
            errors[row] = error
        objectives, constraints, is_exact = predicted.objectives.copy(), predicted.constraints.copy(), predicted.exact.copy()
        objectives[rows], constraints[rows], is_exact[rows] = exact.objectives, exact.constraints, exact.exact
        return Evaluations(objectives, constraints, seconds, tuple(errors), is_exact)

    def describe(self) -> dict[str, Any]:
        """Describe both problems."""
        return super().describe() | {"screened_by": self.surrogate.describe(), "keep": self.keep}
