"""Systems in a stationary state, drawn at random: pressures in pore networks, values of states of a decision process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from scipy.sparse import coo_array, diags_array
from scipy.sparse.linalg import spsolve
from scipy.spatial import Delaunay

DIAMETER, SPREAD = 1e-2, 0.1  # of pores in millimetres, lognormal
GAP = 0.9  # largest diameter over the distance to the nearest pore
DISCOUNT, TOLERANCE = 0.9, 1e-3  # of values


class Drawn(NamedTuple):
    """Graphs side by side as one."""

    x: torch.Tensor
    """``[v, 1, p]`` features of nodes."""
    z: torch.Tensor
    """``[e, 1, q]`` features of edges."""
    edges: torch.Tensor
    """``[2, e]``"""
    target: torch.Tensor
    """``[v]``"""
    asked: torch.Tensor
    """``[v]`` which nodes are to be predicted."""


def pores(size: int, rng: np.random.Generator) -> Drawn:
    """Draw a pore network of so many pores in a cube, at pressure 1 on one side and 0 on the other."""
    at = rng.random((size, 3))
    corners = Delaunay(at).simplices
    pairs = np.concatenate([corners[:, [i, j]] for i in range(4) for j in range(i)])
    one, other = np.unique(np.sort(pairs, axis=1), axis=0).T
    length = np.linalg.norm(at[one] - at[other], axis=1)
    nearest = np.full(size, np.inf)
    for ends in (one, other):
        np.minimum.at(nearest, ends, length)
    diameter = np.minimum(rng.lognormal(np.log(DIAMETER), SPREAD, size), GAP * nearest)
    conductance = np.minimum(diameter[one], diameter[other]) ** 4 / length  # but for factors that all have in common
    count = max(1, round(0.5 * size ** (2 / 3)))  # about as many pores as lie at a side
    order = np.argsort(at[:, 0])
    given = np.full(size, np.nan)
    given[order[:count]], given[order[-count:]] = 1.0, 0.0
    pressure = _pressure(one, other, conductance, given)
    x = np.stack([given == 1.0, given == 0.0, diameter / DIAMETER], axis=1)
    z = np.tile(np.log(conductance / conductance.mean()), 2)[:, None]
    return _drawn(x, z, np.stack([np.r_[one, other], np.r_[other, one]]), pressure, np.isnan(given))


def _pressure(one: np.ndarray, other: np.ndarray, conductance: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Solve Kirchhoff's laws for the pressures that are not given."""
    size, free = len(given), np.isnan(given)
    ends = np.r_[one, other], np.r_[other, one]
    adjacent = coo_array((np.tile(conductance / conductance.mean(), 2), ends), shape=(size, size)).tocsr()
    laplacian = (diags_array(adjacent.sum(axis=1)) - adjacent).tocsr()
    pressure = given.copy()
    pressure[free] = spsolve(laplacian[free][:, free].tocsc(), adjacent[free][:, ~free] @ given[~free])
    return pressure


def values(size: int, rng: np.random.Generator) -> Drawn:
    """Draw a decision process of so many states, each reached by 5 to 10 moves; a state is worth its best move in."""
    moves = int(rng.integers(5, 10, endpoint=True))
    others = np.stack([rng.choice(size - 1, moves, replace=False) for _ in range(size)])
    tail = others + (others >= np.arange(size)[:, None])
    reward = rng.uniform(-1.0, 1.0, tail.shape)
    value, change = np.zeros(size), np.inf
    while change > TOLERANCE:
        before, value = value, (reward + DISCOUNT * value[tail]).max(axis=1)
        change = np.abs(value - before).max()
    edges = np.stack([tail.ravel(), np.repeat(np.arange(size), moves)])
    scaled = (1.0 - DISCOUNT) * value
    return _drawn(np.ones((size, 1)), reward.reshape(-1, 1), edges, scaled, np.ones(size, dtype=bool))


def _drawn(x: np.ndarray, z: np.ndarray, edges: np.ndarray, target: np.ndarray, asked: np.ndarray) -> Drawn:
    single = (torch.from_numpy(array.astype(np.float32)) for array in (x[:, None], z[:, None]))
    return Drawn(*single, torch.from_numpy(edges), torch.from_numpy(target.astype(np.float32)), torch.from_numpy(asked))


def join(graphs: list[Drawn]) -> Drawn:
    """Set graphs side by side."""
    first = np.cumsum([0, *(len(graph.x) for graph in graphs)])
    moved = [graph.edges + int(start) for graph, start in zip(graphs, first, strict=False)]
    whole = [torch.cat(parts) for parts in zip(*(graph[:2] for graph in graphs), strict=True)]
    rest = [torch.cat(parts) for parts in zip(*(graph[3:] for graph in graphs), strict=True)]
    return Drawn(*whole, torch.cat(moved, dim=1), *rest)


@dataclass(frozen=True)
class Task:
    """What is drawn, and how the solver for it is made.

    Parameters
    ----------
    draw
        Function of a size to a graph.
    small, large
        Least and most nodes of the graphs to learn from, and to test on.
    layers, width, heads
        As in `CGS`.
    """

    draw: Callable[[int, np.random.Generator], Drawn]
    small: tuple[int, int]
    large: tuple[int, int]
    layers: int
    width: int
    heads: int

    def batch(self, count: int, sizes: tuple[int, int], rng: np.random.Generator) -> Drawn:
        """Draw graphs, side by side."""
        return join([self.draw(int(rng.integers(*sizes, endpoint=True)), rng) for _ in range(count)])


TASKS = {
    "pores": Task(pores, (13, 40), (150, 200), layers=1, width=32, heads=16),
    "values": Task(values, (20, 50), (100, 150), layers=3, width=32, heads=32),
}
