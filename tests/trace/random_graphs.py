"""What the tests of traces share: random workflows of scalars, and their graphs as networkx sees them."""

from __future__ import annotations

import networkx as nx
import numpy as np

from braess.trace import Operator, Parameter, Trace, Workflow
from braess.trace.derivatives import DERIVATIVES

TWO = ("add", "subtract", "multiply")
ONE = ("tanh", "square", "exp")
OPERATORS = {name: Operator(name, getattr(np, name), name, DERIVATIVES[name]) for name in TWO + ONE}


class Recipe:
    """A random graph: each step takes one or two of what came before, the last is the output.

    Parameters
    ----------
    rng
        Where it is drawn from.
    parameters, steps
        How many.
    """

    def __init__(self, rng: np.random.Generator, parameters: int, steps: int) -> None:
        self.names = [f"p{k}" for k in range(parameters)]
        self.first = rng.uniform(-1.0, 1.0, parameters).tolist()
        self.steps = []
        for step in range(steps):
            name = str(rng.choice(TWO + ONE))
            self.steps.append((name, rng.integers(parameters + step, size=2 if name in TWO else 1).tolist()))

    def nodes(self, given, apply):
        """Return all values, parameters first, made by ``apply(name, *values)``."""
        made = list(given)
        for name, sources in self.steps:
            value = made[sources[0]]
            if name in ("exp", "square", "multiply"):  # nothing grows without bounds
                value = apply("tanh", value)
            made.append(apply(name, value, *(made[source] for source in sources[1:])))
        return made

    def function(self, **given):
        """Return the output; nodes in, node out."""
        return self.nodes(list(given.values()), self.apply)[-1]

    @staticmethod
    def apply(name, *values):
        """Apply a function of NumPy, recorded where a value is a node."""
        return getattr(np, name)(*values)

    def workflow(self) -> Workflow:
        return Workflow(self.function, {name: Parameter(value) for name, value in zip(self.names, self.first, strict=True)})


def graph_of(trace: Trace) -> nx.DiGraph:
    """Return parents → children by index."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(trace)))
    graph.add_edges_from((parent, child) for child, entry in enumerate(trace.entries) for parent in entry.parents)
    return graph
