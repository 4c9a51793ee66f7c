"""Electric currents: a follower in closed form, to try models on that predict flows."""

from __future__ import annotations

import numpy as np

from braess.learn import Examples
from braess.problem import Graph


def currents(n: int, *, seed: int = 0, nodes: int = 8, terminals: int = 3) -> Examples:
    """Return graphs of resistors and the currents on their edges, by Kirchhoff's laws.

    A ring with chords, an edge each way; each terminal sends current to each other one.

    Parameters
    ----------
    n
        Number of examples: conductances and currents sent differ, the graph is the same.
    seed
        Of the examples.
    nodes, terminals
        Size of the graph.

    Returns
    -------
    Edge features are conductances, weights too; answers are the currents on the edges along which they flow, 0 on the others.
    """
    one, other = np.arange(nodes), (np.arange(nodes) + 1) % nodes
    chords = np.arange(0, nodes - 3, 2)
    tail, head = np.concatenate([one, chords]), np.concatenate([other, chords + 3])
    edges = np.stack([np.concatenate([tail, head]), np.concatenate([head, tail])])
    at = np.linspace(0, nodes, terminals, endpoint=False).astype(np.int64)
    rng = np.random.default_rng(seed)
    conductance = rng.uniform(0.5, 2.0, (n, tail.size))
    sent = np.zeros((n, nodes, terminals))
    sent[:, at] = rng.uniform(0.5, 1.5, (n, terminals, terminals)) * (1.0 - np.eye(terminals))
    balance = sent.sum(axis=2)
    balance[:, at] -= sent.sum(axis=1)
    incidence = np.zeros((nodes, tail.size))
    incidence[tail, np.arange(tail.size)] = 1.0
    incidence[head, np.arange(tail.size)] = -1.0
    laplacian = np.einsum("ve,ne,we->nvw", incidence, conductance, incidence)
    potential = np.einsum("nvw,nw->nv", np.linalg.pinv(laplacian, hermitian=True), balance)
    current = conductance * (potential[:, tail] - potential[:, head])
    both = np.concatenate([conductance, conductance], axis=1)[:, :, None].astype(np.float32)
    target = np.maximum(np.concatenate([current, -current], axis=1), 0.0)
    return Examples(Graph(edges, at, sent.astype(np.float32), both, both[:, :, 0]), target)
