"""Positions for the nodes of a network whose coordinates nobody knows: a layout in which distance mimics road length."""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from braess.domains.road.network import Floats, Ints, RoadNetwork

_PIVOTS = 100  # enough that more of them do not change the start visibly
_REFINED = 1500  # nodes up to which all pairs fit in memory and a refinement takes seconds
_SWEEPS = 100  # the stress of city networks changes by less than 0.1 % a sweep long before
_GOLDEN_ANGLE = np.pi * (3.0 - np.sqrt(5.0))  # spreads coinciding nodes evenly in all directions


def stress_layout(network: RoadNetwork) -> Floats:
    """Place the nodes so that distances on paper resemble distances along the links; the same input, the same places.

    Starts from pivot multidimensional scaling (Brandes and Pich, 2007, doi:10.1007/978-3-540-70904-6_6) and, up to
    1500 nodes, refines it by stress majorisation (Gansner, Koren and North, 2005, doi:10.1007/978-3-540-31843-9_25).
    The result says nothing about where the nodes really are.

    Parameters
    ----------
    network
        Link lengths count where all are positive, otherwise free-flow times, otherwise every link counts the same.

    Returns
    -------
    ``[nodes, 2]`` positions within the square from 0 to 1.
    """
    n = network.nodes
    if n < 2:
        return np.full((n, 2), 0.5)
    graph = _undirected(network)
    pivots = np.unique(np.linspace(0, n - 1, min(n, _REFINED if n <= _REFINED else _PIVOTS)).astype(np.int64))
    distances = _finite(dijkstra(graph, directed=False, indices=pivots))
    positions = _pivot_scaling(distances)
    if n <= _REFINED:
        positions = _majorise(positions, distances)
    return _into_unit_square(_level(positions))


def _undirected(network: RoadNetwork) -> coo_array:
    for weight in (network.length, network.free_flow_time):
        if weight.size and bool(np.all(weight > 0)):
            break
    else:
        weight = np.ones(network.links)
    tail, head, shortest = _shortest_of_parallel(network.tail, network.head, weight)
    return coo_array((shortest, (tail, head)), shape=(network.nodes, network.nodes))


def _shortest_of_parallel(tail: Ints, head: Ints, weight: Floats) -> tuple[Ints, Ints, Floats]:
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    order = np.lexsort((weight, high, low))
    order = order[low[order] != high[order]]
    first = np.ones(order.size, dtype=np.bool_)
    first[1:] = (np.diff(low[order]) != 0) | (np.diff(high[order]) != 0)
    kept = order[first]
    return low[kept], high[kept], weight[kept]


def _finite(distances: Floats) -> Floats:
    """Put parts that no road connects a little farther apart than the farthest connected nodes."""
    reached = np.isfinite(distances)
    farthest = float(distances[reached].max()) or 1.0
    return np.where(reached, distances, 1.2 * farthest) / farthest


def _pivot_scaling(distances: Floats) -> Floats:
    """Place ``[nodes]`` by the two leading directions of their squared distances ``[pivots, nodes]`` to the pivots."""
    squared = (distances**2).T
    centred = squared - squared.mean(axis=0) - squared.mean(axis=1, keepdims=True) + squared.mean()
    _, directions = np.linalg.eigh(centred.T @ centred)
    positions: Floats = centred @ directions[:, :-3:-1]
    positions *= distances.max() / (np.abs(positions).max() or 1.0)
    steps = np.arange(len(positions))
    nudge = 1e-3 * np.sqrt(steps / len(steps))[:, None]
    if positions.shape[1] < 2:
        positions = np.column_stack([positions[:, 0], np.zeros(len(positions))])
    positions += nudge * np.column_stack([np.cos(_GOLDEN_ANGLE * steps), np.sin(_GOLDEN_ANGLE * steps)])
    return positions


def _majorise(positions: Floats, distances: Floats) -> Floats:
    """Lower the stress of ``[nodes, 2]`` against all distances ``[nodes, nodes]``; each sweep solves one linear system."""
    n = len(positions)
    shortest = distances[distances > 0].min() if np.any(distances > 0) else 1.0
    apart = np.maximum(distances, shortest)
    np.fill_diagonal(apart, 1.0)
    weights = apart**-2.0
    np.fill_diagonal(weights, 0.0)
    system = np.diag(weights.sum(axis=1)) - weights + 1.0 / n
    factor = cho_factor(system)
    for _ in range(_SWEEPS):
        drawn = np.sqrt(((positions[:, None] - positions[None]) ** 2).sum(axis=2))
        ratio = np.divide(weights * apart, drawn, out=np.zeros_like(drawn), where=drawn > 0)
        target = np.diag(ratio.sum(axis=1)) - ratio
        positions = cho_solve(factor, target @ positions)
    return positions


def _level(positions: Floats) -> Floats:
    """Turn the longest extent sideways, with a fixed choice among the mirror images."""
    centred = positions - positions.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    turned: Floats = centred @ axes[:, ::-1]
    skew = np.sign((turned**3).sum(axis=0))
    turned *= np.where(skew == 0, 1.0, skew)
    return turned


def _into_unit_square(positions: Floats) -> Floats:
    low = positions.min(axis=0)
    extent = float((positions.max(axis=0) - low).max()) or 1.0
    placed: Floats = (positions - low) / extent
    return placed
