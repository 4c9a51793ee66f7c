"""The equilibrium in PyTorch: a function of tensors and a module, both differentiable. Needs the extra ``learn``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from braess.domains.road.equilibrium.assignment import Assignment
from braess.domains.road.equilibrium.record import AnyState, CompactState, State
from braess.errors import InputError

try:
    import torch
except ImportError as error:
    raise ImportError("the equilibrium in PyTorch needs the package torch: pip install 'braess[learn]'") from error

from braess.domains.road.equilibrium._autograd import LEVERS, Call, NotDifferentiableWarning, solve

__all__ = ["EquilibriumLayer", "EquilibriumTensors", "NotDifferentiableWarning", "equilibrium_tensors"]


class EquilibriumTensors(NamedTuple):
    """Equilibria as tensors, ``float64``, on the device of what was given; without ``n`` where one design was."""

    flow: torch.Tensor
    """``[n, links]`` flow units."""
    time: torch.Tensor
    """``[n, links]`` travel time at that flow, time units."""
    cost: torch.Tensor
    """``[n, links]`` generalised cost at that flow, time units."""
    total_travel_time: torch.Tensor
    """``[n]`` sum of flow times time."""


def equilibrium_tensors(
    assignment: Assignment,
    *,
    capacity: torch.Tensor | None = None,
    free_flow_time: torch.Tensor | None = None,
    toll: torch.Tensor | None = None,
    demand: torch.Tensor | None = None,
    start: AnyState | Sequence[AnyState | None] | None = None,
    relative_gap: float = 1e-10,
    max_iterations: int = 500,
    threads: int = 2,
    warn_at_kinks: bool = False,
) -> EquilibriumTensors:
    """Solve equilibria whose derivatives autograd takes exactly, by one linear solve a design (see `Sensitivity`).

    Reverse mode (``backward``, ``torch.autograd.grad``) and forward mode (``torch.func.jvp``) are there, second derivatives
    and ``torch.func.vmap`` are not. All designs are solved in double precision on the CPU, whatever is given; gradients come
    back in the precision and on the device of each tensor.

    Parameters
    ----------
    assignment
        Network, trips and principle.
    capacity, free_flow_time, toll
        ``[links]``, or ``[n, links]`` for as many designs, as in `Assignment.solve`. What is not given is the network's own;
        what is given once holds for all designs.
    demand
        ``[zones, zones]`` or ``[n, zones, zones]`` trips in place of those of the assignment; the diagonal does not matter.
        From zones where no trip starts the derivative is given as zero.
    start
        AnyState all solves start from, or one for each design.
    relative_gap, max_iterations
        As in `Assignment.solve`. Derivatives are as precise as the solution: ask for 1e-10 or less.
    threads
        How many designs are solved at the same time.
    warn_at_kinks
        Give a `NotDifferentiableWarning` where a derivative is taken at a design that has none; takes another linear solve.

    Raises
    ------
    InputError
        Nothing was given, or tensors have wrong shapes, kinds, devices or values.
    ConvergenceError
        A design was not solved to the precision asked for.
    NotImplementedError
        A second derivative was asked for.
    """
    given = {"capacity": capacity, "free_flow_time": free_flow_time, "toll": toll, "demand": demand}
    levers = {name: tensor for name, tensor in given.items() if tensor is not None}
    count = _count(assignment, levers)
    starts = [start] * (count or 1) if start is None or isinstance(start, State | CompactState) else list(start)
    if len(starts) != (count or 1):
        raise InputError("not one state per design", field="start", found=len(starts), expected=str(count or 1))
    if threads < 1:
        raise InputError("no threads", field="threads", found=threads, expected="at least 1")
    return _solved(Call(assignment, starts, relative_gap, max_iterations, threads, warn_at_kinks), levers, count)


class EquilibriumLayer(torch.nn.Module):
    """The equilibrium as a layer of a model: `equilibrium_tensors` with its settings, from a state solved beforehand.

    Parameters
    ----------
    assignment
        Network, trips and principle; solved once as they are, when the layer is made.
    relative_gap, max_iterations, threads, warn_at_kinks
        As in `equilibrium_tensors`.
    follow
        Start each solve from where the same row of the call before ended: faster where designs move little from call to call,
        as in gradient descent. Results are then the same to the precision asked for, not to the last bit, whatever was
        called before. Otherwise all start from the network as it is.

    Raises
    ------
    InputError, ConvergenceError
        The network as it is cannot be solved.
    """

    def __init__(
        self,
        assignment: Assignment,
        *,
        relative_gap: float = 1e-10,
        max_iterations: int = 500,
        threads: int = 2,
        follow: bool = False,
        warn_at_kinks: bool = False,
    ) -> None:
        super().__init__()
        if threads < 1:
            raise InputError("no threads", field="threads", found=threads, expected="at least 1")
        self.assignment = assignment
        self.relative_gap = relative_gap
        self.max_iterations = max_iterations
        self.threads = threads
        self.follow = follow
        self.warn_at_kinks = warn_at_kinks
        self._base = assignment.solve(relative_gap=relative_gap, max_iterations=max_iterations).state
        self._last: list[AnyState] = []

    def forward(
        self,
        capacity: torch.Tensor | None = None,
        free_flow_time: torch.Tensor | None = None,
        toll: torch.Tensor | None = None,
        demand: torch.Tensor | None = None,
    ) -> EquilibriumTensors:
        """Solve the equilibria; parameters and errors as in `equilibrium_tensors`."""
        given = {"capacity": capacity, "free_flow_time": free_flow_time, "toll": toll, "demand": demand}
        levers = {name: tensor for name, tensor in given.items() if tensor is not None}
        count = _count(self.assignment, levers)
        known = self.follow and len(self._last) == (count or 1)
        starts = self._last if known else [self._base] * (count or 1)
        call = Call(self.assignment, starts, self.relative_gap, self.max_iterations, self.threads, self.warn_at_kinks)
        result = _solved(call, levers, count)
        if self.follow:
            self._last = [solved.state for solved in call.solved]
        return result


def _count(assignment: Assignment, levers: dict[str, torch.Tensor]) -> int | None:
    """Check the tensors and return how many designs they hold; ``None`` for one without a leading dimension."""
    if not levers:
        raise InputError("nothing to solve for", field="capacity", expected="a tensor")
    links, zones = assignment.network.links, assignment.network.zones
    counts = {}
    for name, tensor in levers.items():
        own = (zones, zones) if name == "demand" else (links,)
        if not isinstance(tensor, torch.Tensor) or not tensor.is_floating_point():
            found = str(getattr(tensor, "dtype", type(tensor).__name__))
            raise InputError("not a tensor of floating-point numbers", field=name, found=found)
        if tensor.shape[-len(own) :] != own or tensor.ndim > len(own) + 1:
            expected = f"[{', '.join(map(str, own))}], or with the number of designs before"
            raise InputError("the tensor has the wrong shape", field=name, found=tuple(tensor.shape), expected=expected)
        if tensor.ndim > len(own):
            counts[name] = len(tensor)
    if len(set(counts.values())) > 1 or 0 in counts.values():
        message = "tensors disagree about the number of designs, or hold none"
        raise InputError(message, field=", ".join(counts), found=tuple(counts.values()))
    if len({tensor.device for tensor in levers.values()}) > 1:
        raise InputError("tensors lie on several devices", field=", ".join(levers))
    return next(iter(counts.values()), None)


def _solved(call: Call, levers: dict[str, torch.Tensor], count: int | None) -> EquilibriumTensors:
    """Bring the levers to double precision on the CPU and one row a design, solve, and bring the outcomes back."""
    rows = []
    for name in LEVERS:
        tensor = levers.get(name)
        if tensor is not None:
            tensor = tensor.to("cpu", torch.float64)
            own = tensor.shape[-2:] if name == "demand" else tensor.shape[-1:]
            tensor = tensor.expand(count or 1, *own)
        rows.append(tensor)
    device = next(iter(levers.values())).device
    outcomes = [outcome.to(device) for outcome in solve(call, *rows)]
    return EquilibriumTensors(*outcomes if count is not None else [outcome[0] for outcome in outcomes])
