"""The equilibrium as an operation that PyTorch's autograd differentiates, from both sides. Needs the extra ``learn``."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import numpy as np
import torch

from braess.domains.road.equilibrium._kernel import Floats
from braess.domains.road.equilibrium.assignment import Assignment
from braess.domains.road.equilibrium.record import AnyState, Equilibrium
from braess.domains.road.equilibrium.sensitivity import Change, Gradient, Sensitivity
from braess.domains.road.network import Demand

LEVERS = ("capacity", "free_flow_time", "toll", "demand")
OUTCOMES = ("flow", "time", "cost", "total_travel_time")
Row = TypeVar("Row")
Apply = Callable[..., tuple[torch.Tensor, ...]]


class NotDifferentiableWarning(UserWarning):
    """A derivative was taken at a kink: a road is just about to come into use, or flows are not unique."""


@dataclass
class Call:
    """How one call solves its designs, one from each start; the solutions, once found; their derivatives, once asked for."""

    assignment: Assignment
    starts: Sequence[AnyState | None]
    relative_gap: float
    max_iterations: int
    threads: int
    warn_at_kinks: bool
    solved: list[Equilibrium] = field(default_factory=list)
    _sensitivities: dict[int, Sensitivity] = field(default_factory=dict)

    def solve(self, levers: dict[str, Floats]) -> None:
        """Solve the designs ``[n, ...]`` of the levers that are moved."""

        def one(row: int) -> Equilibrium:
            given: dict[str, Any] = {name: array[row] for name, array in levers.items()}
            if "demand" in given:
                given["demand"] = Demand(given["demand"])
            return self.assignment.solve(
                **given, start=self.starts[row], relative_gap=self.relative_gap, max_iterations=self.max_iterations
            )

        self.solved = _on_threads(one, len(self.starts), self.threads)

    def gradients(self, weights: dict[str, Floats]) -> list[Gradient]:
        """Return the gradients of each design from the derivatives by its outcomes ``[n, ...]``: one linear solve each."""

        def one(row: int) -> Gradient:
            given = {name: array[row] for name, array in weights.items()}
            total = float(given.pop("total_travel_time", 0.0))
            return self._sensitivity(row).gradient(**given, total_travel_time=total)

        return self._warned(_on_threads(one, len(self.solved), self.threads))

    def changes(self, directions: dict[str, Floats]) -> list[Change]:
        """Return how each design's outcomes change along directions ``[n, ...]`` of its levers: one linear solve each."""

        def one(row: int) -> Change:
            return self._sensitivity(row).along(**{name: array[row] for name, array in directions.items()})

        return self._warned(_on_threads(one, len(self.solved), self.threads))

    def _sensitivity(self, row: int) -> Sensitivity:
        if row not in self._sensitivities:
            self._sensitivities[row] = Sensitivity(self.assignment, self.solved[row])
        return self._sensitivities[row]

    def _warned(self, results: list[Row]) -> list[Row]:
        kinks = [row for row in range(len(results)) if self.warn_at_kinks and not self._sensitivity(row).differentiable]
        if kinks:
            where = ", ".join(map(str, kinks))
            warnings.warn(f"the derivative is that of one side of a kink at designs {where}", NotDifferentiableWarning, 2)
        return results


def _on_threads(one: Callable[[int], Row], count: int, threads: int) -> list[Row]:
    if count == 1 or threads == 1:
        return [one(row) for row in range(count)]
    with ThreadPoolExecutor(threads, thread_name_prefix="equilibrium") as pool:
        return list(pool.map(one, range(count)))


class _FirstDerivative(torch.autograd.Function):
    """A derivative computed outside autograd, which refuses to be differentiated again.

    Among its inputs are the levers it depends on: else autograd would take their part in a second derivative for zero.
    """

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[torch.Tensor, ...]) -> None:
        """Keep nothing."""

    @staticmethod
    def backward(ctx: Any, *weights: Any) -> Any:
        """Refuse."""
        raise NotImplementedError("an equilibrium has first derivatives only: no double backward, no Hessian")

    @staticmethod
    def jvp(ctx: Any, *directions: Any) -> Any:
        """Refuse."""
        raise NotImplementedError("an equilibrium has first derivatives only: no derivative of a derivative")


class _Backward(_FirstDerivative):
    """Derivatives by the levers in question ``[n, ...]`` from those by the outcomes; ``None`` for other levers."""

    @staticmethod
    def forward(call: Call, needed: Sequence[bool], *levers_and_weights: torch.Tensor | None) -> tuple[Any, ...]:
        found = call.gradients(_arrays(OUTCOMES, levers_and_weights[len(LEVERS) :]))
        asked = zip(LEVERS, needed, strict=True)
        return tuple(_tensor([getattr(one, name) for one in found]) if need else None for name, need in asked)


class _Forward(_FirstDerivative):
    """Changes of the outcomes ``[n, ...]`` along directions of the levers."""

    @staticmethod
    def forward(call: Call, *levers_and_directions: torch.Tensor | None) -> tuple[torch.Tensor, ...]:
        found = call.changes(_arrays(LEVERS, levers_and_directions[len(LEVERS) :]))
        return tuple(_tensor([getattr(one, name) for one in found]) for name in OUTCOMES)


class _Solve(torch.autograd.Function):
    """From the levers ``[n, ...]`` (``None``: the network's own) to the outcomes, both in the order of their names above."""

    @staticmethod
    def forward(call: Call, *levers: torch.Tensor | None) -> tuple[torch.Tensor, ...]:
        call.solve(_arrays(LEVERS, levers))
        return tuple(_tensor([getattr(solved, name) for solved in call.solved]) for name in OUTCOMES)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], _output: tuple[torch.Tensor, ...]) -> None:
        """Keep what the call solved, and the levers it did so for."""
        ctx.call, *levers = inputs
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*levers)
        ctx.save_for_forward(*levers)

    @staticmethod
    def backward(ctx: Any, *weights: torch.Tensor | None) -> tuple[torch.Tensor | None, ...]:
        """Solve the adjoint equations of each design once."""
        if all(weight is None for weight in weights):
            return (None,) * (1 + len(LEVERS))
        return None, *cast("Apply", _Backward.apply)(ctx.call, ctx.needs_input_grad[1:], *ctx.saved_tensors, *weights)

    @staticmethod
    def jvp(ctx: Any, _: None, *directions: torch.Tensor | None) -> tuple[torch.Tensor, ...]:
        """Solve the tangent equations of each design once."""
        return cast("Apply", _Forward.apply)(ctx.call, *ctx.saved_tensors, *directions)


def _arrays(names: Sequence[str], tensors: Sequence[torch.Tensor | None]) -> dict[str, Floats]:
    return {name: one.detach().numpy() for name, one in zip(names, tensors, strict=True) if one is not None}


def _tensor(rows: Sequence[Floats | float]) -> torch.Tensor:
    return torch.from_numpy(np.array(rows, dtype=np.float64))


solve = cast("Apply", _Solve.apply)
