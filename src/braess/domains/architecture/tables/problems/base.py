"""What the problems over measured tables share: quantities to choose objectives and budgets among, and exact fronts."""

from __future__ import annotations

import json
import math
import time
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from braess.domains.architecture.tables.files import Ints
from braess.errors import InputError, nearest
from braess.problem import Artifact, Constraint, Evaluations, Objective, Problem, evaluate_each
from braess.problem.evaluations import Floats
from braess.space import Designs, Space
from braess.study.enumeration import enumerated_front

UNMEASURED = "not measured: the table has no such design"


@dataclass(frozen=True)
class Quantity:
    """Something that is known of designs.

    Parameters
    ----------
    sense
        Whether it is to be small or large.
    unit
        It is stated in.
    noise
        By how much repeating what was measured would change it (standard deviation, in that unit), where that is known.
    """

    sense: Literal["min", "max"]
    unit: str
    noise: float | None = None


class QuantityProblem(Problem):
    """A problem whose objectives and budgets are chosen among quantities.

    Parameters
    ----------
    name
        What it is called.
    space
        What may be decided.
    quantities
        By name.
    objectives
        Names of those to make small or large.
    budgets
        Names of those that must keep a limit, with the limit: the most of what is to be small, the least of what is to be
        large.

    Attributes
    ----------
    exact
        Whether evaluations are measured or computed, or predicted.

    Raises
    ------
    InputError
        There is no objective, one twice, no such quantity, or a limit that is not finite.
    """

    exact: ClassVar[bool] = True

    def __init__(
        self,
        name: str,
        space: Space,
        quantities: Mapping[str, Quantity],
        *,
        objectives: Sequence[str],
        budgets: Mapping[str, float] | None = None,
    ) -> None:
        self.name, self.space, self.budgets = name, space, dict(budgets or {})
        if not objectives or len(set(objectives)) != len(objectives):
            raise InputError("objectives must be named once each", field="objectives", found=list(objectives))
        _refuse_unknown("objectives", objectives, quantities)
        _refuse_unknown("budgets", self.budgets, quantities)
        for one, limit in self.budgets.items():
            if not math.isfinite(limit):
                raise InputError("not a limit", field=f"budgets.{one}", found=limit, expected="a finite number")
        self.quantities = {one: quantities[one] for one in (*objectives, *self.budgets)}
        self.objectives = tuple(Objective(one, quantities[one].sense, quantities[one].unit) for one in objectives)
        kept = {one: quantities[one] for one in self.budgets}
        self.constraints = tuple(Constraint(f"{one} {_BEYOND[it.sense]} budget", it.unit) for one, it in kept.items())
        self._limits = np.array(list(self.budgets.values()), dtype=np.float64)
        self._beyond = np.array([1.0 if it.sense == "min" else -1.0 for it in kept.values()])

    @abstractmethod
    def measure(self, designs: Designs) -> Floats:
        """Return objectives and then the quantities with budgets of ``n`` designs, ``[n, m + k]``; NaN where not measured."""

    @abstractmethod
    def recompute(self, design: Designs, quantity: str) -> float:
        """Find a quantity of one design by a plain second route; `LookupError` where it was not measured."""

    @abstractmethod
    def texts(self, designs: Designs) -> list[str]:
        """Return the designs as the benchmark writes them."""

    def evaluate(self, designs: Designs) -> Evaluations:
        """Measure ``n`` designs at once."""
        began = time.perf_counter()
        values = self.measure(designs)
        m = len(self.objectives)
        constraints = (values[:, m:] - self._limits) * self._beyond
        errors = [UNMEASURED if gone else None for gone in np.asarray(np.isnan(values).any(axis=1))]
        seconds = (time.perf_counter() - began) / max(len(designs), 1)
        return Evaluations.of(values[:, :m], constraints, seconds=seconds, errors=errors, exact=self.exact)

    def check(self, designs: Designs) -> Evaluations:
        """Find the quantities of each design by a second route."""
        batches = list(designs)

        def answer(i: int) -> tuple[list[float], list[float], None]:
            objectives = [self.recompute(batches[i], one.name) for one in self.objectives]
            kept = [(self.recompute(batches[i], name), limit, self.quantities[name]) for name, limit in self.budgets.items()]
            return objectives, [value - limit if it.sense == "min" else limit - value for value, limit, it in kept], None

        return evaluate_each(self, designs, answer)

    def held_out(self, designs: Designs) -> dict[str, Floats]:  # noqa: ARG002 -- for those that hold something out
        """Return what no search may see of ``n`` designs, such as accuracies on test data: ``[n]`` each, by name."""
        return {}

    def illustrate(self, designs: Designs) -> list[Artifact]:
        """Return the best designs as the benchmark writes them, with what is measured and what was held out, as JSON."""
        found, held_out = self.evaluate(designs).objectives.tolist(), self.held_out(designs)
        rows = [
            {"design": text}
            | {one.name: value for one, value in zip(self.objectives, found[i], strict=True)}
            | {f"{name}, held out": float(values[i]) for name, values in held_out.items()}
            for i, text in enumerate(self.texts(designs))
        ]
        text = json.dumps({**self.describe(), "designs": rows}, allow_nan=False)
        return [Artifact("measured.json", "application/json", text.encode())]

    def describe(self) -> dict[str, Any]:
        """Describe the problem as plain data, with the noise of what was measured where it is known."""
        noise = {name: it.noise for name, it in self.quantities.items() if it.noise is not None}
        return {"name": self.name, "budgets": self.budgets, "noise": noise}


class TableProblem(QuantityProblem):
    """A problem whose designs were all measured: an evaluation is a row of a table.

    Parameters
    ----------
    name, space, quantities, objectives, budgets
        See `QuantityProblem`.
    columns
        ``[rows]`` values of the quantities, by name.
    """

    def __init__(
        self,
        name: str,
        space: Space,
        quantities: Mapping[str, Quantity],
        columns: Mapping[str, Floats],
        *,
        objectives: Sequence[str],
        budgets: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__(name, space, quantities, objectives=objectives, budgets=budgets)
        self._table = np.column_stack([columns[one] for one in (*objectives, *self.budgets)]).astype(np.float64)

    @abstractmethod
    def places(self, designs: Designs) -> Ints:
        """Return the rows of the table that answer for ``n`` designs, ``[n]``; -1 where there is none."""

    def measure(self, designs: Designs) -> Floats:
        """Look designs up."""
        places = self.places(designs)
        return np.where(places[:, None] < 0, np.nan, self._table[places])

    def front(self) -> Floats:
        """Return the objectives of all feasible designs that none dominates, each once, ``[k, m]``."""
        return enumerated_front(self)


_BEYOND = {"min": "above", "max": "below"}


def _refuse_unknown(field: str, names: Iterable[str], known: Mapping[str, Quantity]) -> None:
    for name in names:
        if name not in known:
            message = f"no such quantity{nearest(name, known)}"
            raise InputError(message, field=field, found=name, expected=f"one of {', '.join(known)}")
