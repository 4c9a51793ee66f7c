"""Fixed points of contracting linear maps on graphs, and their derivatives by the implicit function theorem.

A map takes values of nodes ``h`` to ``gamma A h + b``. Edges go from tail to head; the entry of an edge stands in the row of
its head and the column of its tail, so that a node reads the nodes from which edges come to it: values travel along the edges.
Many graphs with the same edges are solved at once, each with many maps: entries are ``[e, n, m]``, ``b`` is ``[v, n, m]``.
Graphs of different sizes are solved as one graph of several parts, with ``n`` 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch.autograd.function import once_differentiable

# Graphs up to so many nodes may be solved by dense factors.
_DENSE = 300
# Time of dense factors for each squared node over that of a step for each edge, both ways, measured on one core.
_RATIO = 3.0


def contracting(entries: torch.Tensor, edges: torch.Tensor, nodes: int) -> torch.Tensor:
    """Return entries ``[e, n, m]`` with no row that sums to more than 1: kept within 0 and 1, over the edges of their row.

    Parameters
    ----------
    entries
        ``[e, n, m]`` any numbers.
    edges
        ``[2, e]`` tail and head of each edge.
    nodes
        Number of nodes.
    """
    head = edges[1]
    return entries.clamp(0.0, 1.0) / torch.bincount(head, minlength=nodes)[head, None, None]


def fixed_points(
    entries: torch.Tensor, b: torch.Tensor, edges: torch.Tensor, gamma: float, tolerance: float = 1e-6
) -> torch.Tensor:
    """Return the fixed points ``[v, n, m]`` of ``h = gamma A h + b``; derivatives by entries and ``b`` need no iterates.

    Small graphs are factorised, once for the values and their derivatives, where that is faster than as many steps as gamma
    may need: it is exact, and takes the same time for any gamma. Other graphs are solved by iteration.

    Parameters
    ----------
    entries
        ``[e, n, m]`` not negative, with no row that sums to more than 1.
    b
        ``[v, n, m]``.
    edges
        ``[2, e]`` tail and head of each edge.
    gamma
        Above 0 and below 1.
    tolerance
        Largest error over the largest value of ``b``, of each graph and map, where solved by iteration.
    """
    found: torch.Tensor = _FixedPoints.apply(entries, b, edges, gamma, tolerance)  # type: ignore[no-untyped-call]
    return found


class Iterated(NamedTuple):
    """What iteration came to."""

    values: torch.Tensor
    """``[v, n, m]``"""
    steps: int


def iterate(
    entries: torch.Tensor, b: torch.Tensor, edges: torch.Tensor, gamma: float, tolerance: float, *, norm: float = math.inf
) -> Iterated:
    """Apply ``h -> gamma A h + b`` from 0 until the error is surely small.

    The distance to the fixed point is at most ``gamma / (1 - gamma)`` times the last change.

    Parameters
    ----------
    entries, b, edges, gamma
        As in `fixed_points`.
    tolerance
        Largest error over the size of ``b``, of each graph and map.
    norm
        Order of the norm over nodes, in which the map must contract: infinity where no row of ``A`` sums to more than 1, 1
        where no column does.
    """
    tail, head = edges
    scaled, h = gamma * entries, b
    enough = torch.linalg.vector_norm(b, norm, dim=0) * (tolerance * (1.0 - gamma) / gamma)
    most = _most_steps(gamma, tolerance)
    for step in range(2, most + 1):
        h, before = b.index_add(0, head, scaled * h[tail]), h
        if (torch.linalg.vector_norm(h - before, norm, dim=0) <= enough).all():
            return Iterated(h, step)
    return Iterated(h, most)


def _most_steps(gamma: float, tolerance: float) -> int:
    """Return the steps after which the error is small whatever the map, and rounding the only thing that still changes."""
    return max(1, math.ceil(math.log(tolerance * (1.0 - gamma)) / math.log(gamma)))


class _FixedPoints(torch.autograd.Function):
    """Solves for the values forwards, and for the adjoint values backwards."""

    @staticmethod
    def forward(
        ctx: Any, entries: torch.Tensor, b: torch.Tensor, edges: torch.Tensor, gamma: float, tolerance: float
    ) -> torch.Tensor:
        factors: Sequence[torch.Tensor] = ()
        nodes = len(b)
        if nodes <= _DENSE and _RATIO * nodes**2 <= _most_steps(gamma, tolerance) * len(entries):
            factors = _factors(entries, edges, nodes, gamma)
            h = _solved(factors, b, adjoint=False)
        else:
            h = iterate(entries, b, edges, gamma, tolerance).values
        ctx.save_for_backward(entries, h, edges, *factors)
        ctx.gamma, ctx.tolerance = gamma, tolerance
        return h

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, given: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        entries, h, edges, *factors = ctx.saved_tensors
        if factors:
            adjoint = _solved(factors, given, adjoint=True)
        else:  # rows of the transpose are columns: it contracts in the sum, not in the maximum
            adjoint = iterate(entries, given, edges.flip(0), ctx.gamma, ctx.tolerance, norm=1.0).values
        tail, head = edges
        return ctx.gamma * adjoint[head] * h[tail], adjoint, None, None, None


def _factors(entries: torch.Tensor, edges: torch.Tensor, nodes: int, gamma: float) -> Sequence[torch.Tensor]:
    """Return the factors and pivots of ``I - gamma A``, ``[n, m, v, v]`` and ``[n, m, v]``."""
    tail, head = edges
    flat = entries.new_zeros(nodes * nodes, *entries.shape[1:]).index_add_(0, head * nodes + tail, entries)
    matrix = flat.view(nodes, nodes, *entries.shape[1:]).permute(2, 3, 0, 1)
    factors, pivots = torch.linalg.lu_factor(torch.eye(nodes, dtype=entries.dtype, device=entries.device) - gamma * matrix)
    return factors, pivots


def _solved(factors: Sequence[torch.Tensor], b: torch.Tensor, *, adjoint: bool) -> torch.Tensor:
    """Return the solutions ``[v, n, m]`` with the matrix that was factorised, or its transpose."""
    lower_upper, pivots = factors
    solved: torch.Tensor = torch.linalg.lu_solve(lower_upper, pivots, b.permute(1, 2, 0)[..., None], adjoint=adjoint)
    return solved[..., 0].permute(2, 0, 1).contiguous()
