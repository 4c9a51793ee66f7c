"""Feedback goes back through a trace: a queue by descending level, and propagators that say what the messages are."""

from __future__ import annotations

import heapq
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, Generic, TypeVar

import numpy as np

from braess.errors import InputError
from braess.problem.evaluations import Bools
from braess.trace.graph import Trace
from braess.trace.node import Node
from braess.trace.operators import plus

M = TypeVar("M")


class Propagator(ABC, Generic[M]):
    """What messages are: how they begin at the output, come together at a node, and go on to its parents."""

    @abstractmethod
    def begin(self, output: Node, feedback: Any) -> M:
        """Return the message at the output."""

    @abstractmethod
    def aggregate(self, messages: Sequence[M]) -> M:
        """Make one message of those that the children of a node sent, at least one."""

    @abstractmethod
    def propagate(self, node: Node, message: M) -> Sequence[M | None]:
        """Return what each parent of a node is sent, ``None`` for nothing."""


@dataclass(frozen=True, eq=False)
class Subgraph:
    """The smallest part of a trace that links a parameter to the output, and what was said of the output.

    Parameters
    ----------
    trace
        The whole.
    nodes
        Indices as bits.
    feedback
        What was said of the output.
    """

    trace: Trace
    nodes: int
    feedback: Any

    def members(self) -> list[int]:
        """Return the indices of the nodes, parents before children."""
        return [index for index in range(self.nodes.bit_length()) if self.nodes >> index & 1]


class SubgraphPropagator(Propagator[Subgraph]):
    """The minimal trace propagator: messages are subgraphs, which grow by the parents of each node they pass.

    References
    ----------
    Cheng, Nie and Swaminathan (2024), "Trace is the next AutoDiff", arXiv:2406.16218, section 4.
    """

    def begin(self, output: Node, feedback: Any) -> Subgraph:
        """Return the output alone."""
        return Subgraph(output.trace, 1 << output.index, feedback)

    def aggregate(self, messages: Sequence[Subgraph]) -> Subgraph:
        """Return the union; all must speak of the same feedback."""
        first = messages[0]
        if any(message.feedback is not first.feedback for message in messages):
            raise InputError("feedback of several outputs meets at a node", expected="one backward pass for each")
        return Subgraph(first.trace, reduce(or_, (message.nodes for message in messages)), first.feedback)

    def propagate(self, node: Node, message: Subgraph) -> Sequence[Subgraph | None]:
        """Return the subgraph with the parents, the same for each."""
        parents = node.entry.parents
        nodes = reduce(or_, (1 << parent for parent in parents), message.nodes)
        return [Subgraph(message.trace, nodes, message.feedback)] * len(parents)


class AdjointPropagator(Propagator[Any]):
    """Reverse-mode differentiation: messages are adjoints, which add up.

    Attributes
    ----------
    calls
        Vector-Jacobian products computed so far.
    """

    def __init__(self) -> None:
        self.calls = 0

    def begin(self, output: Node, feedback: Any) -> Any:  # noqa: ARG002 -- propagators have one signature
        """Return the derivative of what is wanted by the output, which is the feedback."""
        return np.asarray(feedback, dtype=np.float64) if np.shape(feedback) else float(feedback)

    def aggregate(self, messages: Sequence[Any]) -> Any:
        """Return the sum."""
        return reduce(plus, messages)

    def propagate(self, node: Node, message: Any) -> Sequence[Any]:
        """Return the vector-Jacobian products; nothing is computed for parents without parameters behind them.

        Raises
        ------
        InputError
            The operator has no derivative.
        """
        entry, trace = node.entry, node.trace
        if entry.call is None or not trace.roots[node.index]:
            return [None] * len(entry.parents)
        if not entry.call.differentiable:
            expected = "one with a vjp, and nodes in positional arguments only"
            raise InputError("an operator without a derivative", field=entry.name, expected=expected)
        self.calls += 1
        found = entry.call.adjoints(message, node.value, [trace.values[parent] for parent in entry.parents])
        return [part if trace.roots[parent] else None for part, parent in zip(found, entry.parents, strict=True)]


def backward(output: Node, feedback: Any, propagator: Propagator[M], *, retain: bool = False) -> dict[str, M]:
    """Send feedback on an output back to the parameters; each keeps what arrives (`Trace.feedback`).

    Parameters
    ----------
    output
        Where it begins.
    feedback
        What is said of it: a score, text, an error, or the adjoint of the output.
    propagator
        What the messages are.
    retain
        Whether the nodes passed may be passed again by another backward pass.

    Returns
    -------
    dict
        Name of each parameter reached to its message.

    Raises
    ------
    InputError
        A node on the way was passed before and not retained.

    Warns
    -----
    TraceWarning
        A parameter is not among what the output was computed from.
    """
    output.trace.warn_unreached(output.index)
    return send_back(output, feedback, propagator, retain=retain)


def send_back(output: Node, feedback: Any, propagator: Propagator[M], *, retain: bool = False) -> dict[str, M]:
    """Do what `backward` does, without a warning."""
    trace = output.trace
    arrived: dict[int, list[M]] = {output.index: [propagator.begin(output, feedback)]}
    queue = [(-output.level, output.index)]
    found: dict[str, M] = {}
    while queue:
        _, index = heapq.heappop(queue)
        here = Node(trace, index)
        message = propagator.aggregate(arrived.pop(index))
        if here.trainable:
            trace.feedback.setdefault(index, []).append(message)
            found[here.name] = message
        if here.call is None:
            continue
        if index in trace.spent:
            raise InputError("feedback was sent back through this node before", field=here.name, expected="retain=True")
        if not retain:
            trace.spent.add(index)
        for parent, sent in zip(here.entry.parents, propagator.propagate(here, message), strict=True):
            if sent is None:
                continue
            if parent not in arrived:
                arrived[parent] = []
                heapq.heappush(queue, (-trace.entries[parent].level, parent))
            arrived[parent].append(sent)
    return found


def differentiable(trace: Trace, *outputs: int) -> bool:
    """Tell whether every operator between parameters and outputs has a derivative."""
    between = np.flatnonzero(trace.ancestors(*outputs)).tolist()
    calls = [trace.entries[index].call for index in between if trace.roots[index]]
    return all(call is None or call.differentiable for call in calls)


def relevant(trace: Trace, *outputs: int, parameters: int = -1) -> Bools:
    """Tell which nodes the smallest part of a trace has that links parameters to outputs, ``[nodes]``, in one sweep.

    It is what `SubgraphPropagator` finds, for all parameters together: the nodes between them and an output, and the other
    parents of these.

    Parameters
    ----------
    trace
        The whole.
    outputs
        Indices of the outputs.
    parameters
        Bits of the parameters wanted; left out: all.
    """
    below = np.array([bits & parameters != 0 for bits in trace.roots], dtype=np.bool_)
    between = trace.ancestors(*outputs) & below
    kept: Bools = between.copy()
    for index in np.flatnonzero(between).tolist():
        kept[list(trace.entries[index].parents)] = True
    return kept
