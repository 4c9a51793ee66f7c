"""The array records that all compiled parts of the equilibrium share."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from braess.kernels import kernel

Int32s = NDArray[np.int32]
# Numba checks a signed index for being negative at each access: unsigned ones make the kernels a third faster.
Indices = NDArray[np.uint32]
Int64s = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Graph(NamedTuple):
    """Topology: what a solve never writes to."""

    tail: Indices
    """``[links]`` node where a link starts."""
    head: Indices
    """``[links]`` node where a link ends."""
    out_start: Indices
    """``[nodes + 1]`` first entry of each node in ``out_link``."""
    out_link: Indices
    """``[links]`` links ordered by tail."""
    out_head: Indices
    """``[links]`` their heads."""
    through: Bools
    """``[nodes]`` whether trips may pass."""
    open: Bools
    """``[links]`` whether a link can be used."""
    origin: Indices
    """``[rows]`` node where the trips of each row start: one row for each zone and user class."""
    zone: Indices
    """``[zones]`` node where the trips to each zone end."""


class Links(NamedTuple):
    """Link flows ``[links]`` with the cost and its derivative there."""

    flow: Floats
    cost: Floats
    slope: Floats


class Bushes(NamedTuple):
    """One acyclic sub-network per row (origin of a user class) with its flows, packed one after the other.

    The nodes of a bush stand in a topological order, the links that enter a node stand together in the order of the nodes.
    Behind its links and merges a bush may have room to grow into; what stands there means nothing.
    """

    node_start: Int64s
    """``[rows + 1]`` first node of each bush."""
    link_start: Int64s
    """``[rows + 1]`` first link of each bush."""
    merge_start: Int64s
    """``[rows + 1]`` first merge of each bush."""
    merge_count: Int64s
    """``[rows]`` number of merges of each bush; that of its links is the last of ``end``."""
    node: Indices
    """``[bush nodes]`` node at each position."""
    end: Indices
    """``[bush nodes]`` end of the links that enter the node, counted from the first link of the bush."""
    link: Indices
    """``[bush links]`` link of the network."""
    tail: Indices
    """``[bush links]`` position of the link's tail in the bush."""
    flow: Floats
    """``[bush links]`` flow from the origin of the bush."""
    merge: Indices
    """``[merges]`` positions that several links enter, in order: where paths differ."""


PackedBushes: TypeAlias = tuple[Int64s, Int64s, Int64s, Int64s, Indices, Indices, Indices, Indices, Floats, Indices]
"""The fields of ``Bushes`` as a plain tuple, in which form alone they may leave compiled code: to make a named tuple
Python code must run, and where a signal has come in meanwhile (Ctrl-C) it raises, which compiled code does not survive."""


class Bush(NamedTuple):
    """The part of ``Bushes`` that belongs to one origin, as views."""

    node: Indices
    end: Indices
    link: Indices
    tail: Indices
    flow: Floats
    merge: Indices


class Labels(NamedTuple):
    """Path costs from the origin of one bush by position ``[nodes]``, and the bush links they come through."""

    low: Floats
    """Least cost of a path in the bush."""
    high: Floats
    """Largest cost of a path that carries flow (the least cost where none does)."""
    lowest: Indices
    """Entry through which the least cost comes (meaningless at the origin)."""
    highest: Indices
    """Entry through which the largest cost comes (meaningless at the origin)."""


class Scratch(NamedTuple):
    """Working memory of one solve."""

    out_cost: Floats
    """``[links]`` costs in the order of ``out_link``, infinite where closed."""
    distance: Floats
    """``[nodes]`` shortest path costs in the whole network."""
    parent: Int32s
    """``[nodes]`` link through which the shortest path comes."""
    place: Int32s
    """``[nodes]`` position of a node in the present bush, -1 outside."""
    queue: Indices
    """``[nodes]`` heap or queue of nodes."""
    slot: Int32s
    """``[nodes]`` where a node stands in the queue, -1 outside."""
    order: Indices
    """``[nodes]`` nodes in the order in which they are settled."""
    amount: Floats
    """``[nodes]`` trips by node, or flow through each position."""
    demand: Floats
    """``[nodes]`` trips that end at a node."""
    tally: Indices
    """``[nodes + 1]`` counters of a bucket sort."""
    path: Indices
    """``[nodes + 2]`` bush links of the two path segments between which flow moves."""
    chosen: Indices
    """``[links]`` links of the bush being built."""
    weight: Floats
    """``[links]`` their flows."""
    other: Indices
    """``[links]`` links that may be chosen where there are no better ones."""
    member: Bools
    """``[links]`` whether a link is among the chosen; false for all between two uses."""


@kernel
def make_labels(nodes: int) -> Labels:
    """Allocate labels for bushes of up to so many nodes."""
    return Labels(np.zeros(nodes), np.zeros(nodes), np.zeros(nodes, np.uint32), np.zeros(nodes, np.uint32))


@kernel
def make_scratch(nodes: int, links: int) -> Scratch:
    """Allocate working memory."""
    return Scratch(
        np.zeros(links),
        np.zeros(nodes),
        np.zeros(nodes, np.int32),
        np.full(nodes, -1, np.int32),
        np.zeros(nodes, np.uint32),
        np.full(nodes, -1, np.int32),
        np.zeros(nodes, np.uint32),
        np.zeros(nodes),
        np.zeros(nodes),
        np.zeros(nodes + 1, np.uint32),
        np.zeros(nodes + 2, np.uint32),
        np.zeros(links, np.uint32),
        np.zeros(links),
        np.zeros(links, np.uint32),
        np.zeros(links, np.bool_),
    )


class Work(NamedTuple):
    """What one thread works with: its links, labels and scratch memory."""

    links: Links
    labels: Labels
    scratch: Scratch


@kernel
def make_work(graph: Graph) -> Work:
    """Allocate what one thread needs on a network."""
    nodes, links = graph.through.size, graph.tail.size
    return Work(Links(np.zeros(links), np.zeros(links), np.zeros(links)), make_labels(nodes), make_scratch(nodes, links))
