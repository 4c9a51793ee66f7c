"""How much the features of a node depend on the readings of distant ones, after each block of a network."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from braess.learn._wavenet import WaveNet

Floats = NDArray[np.float64]


def hops(adjacency: Floats) -> Floats:
    """Return over how many edges, either way, each node is from each other ``[v, v]``; infinite where no path leads."""
    found: Floats = shortest_path(csr_array(adjacency > 0.0), directed=False, unweighted=True)
    return found


def layer_sensitivity(network: WaveNet, x: torch.Tensor, targets: NDArray[np.int64], far: NDArray[np.bool_]) -> Floats:
    """Return the mean norm of the derivatives of the features of nodes by the readings of others, after each block.

    Parameters
    ----------
    network
        In evaluation, so that inputs do not touch each other.
    x
        ``[v, 1, t, 3]`` the window at which to differentiate.
    targets
        ``[p]`` nodes whose features are differentiated, in the last step.
    far
        ``[p, v]`` the nodes whose readings count for each target, at least one.
    """
    width = network.start.out_features
    copies = x.expand(-1, width, -1, -1).clone().requires_grad_()  # one for each feature
    hidden = network.hidden(copies)
    found = np.empty((len(hidden), len(targets)))
    for block, features in enumerate(hidden):
        for at, target in enumerate(targets):
            total = features[target, :, -1].diagonal().sum()
            (slope,) = torch.autograd.grad(total, copies, retain_graph=True)
            norms = slope[..., 0].square().sum(dim=(1, 2)).sqrt().cpu().numpy()
            found[block, at] = norms[far[at]].mean()
    means: Floats = found.mean(axis=1)
    return means
