"""From logits back to a design: the likeliest options, draws, the strongest inputs of a node, what hurts most to lose."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Ints = NDArray[np.int64]


def best(logits: Tensor, allowed: Tensor) -> Ints:
    """Return the likeliest allowed option of each choice, ``[choices]``."""
    found: Ints = logits.detach().masked_fill(~allowed, -torch.inf).argmax(dim=1).numpy()
    return found


def likeliest(logits: Tensor, allowed: Tensor, n: int) -> Ints:
    """Return the ``n`` likeliest designs, each choice on its own being as likely as the softmax of its logits, likeliest first.

    Exact: the likeliest ways to take some choices are continued by each option of the next.

    Parameters
    ----------
    logits, allowed
        ``[choices, options]``.
    n
        Most designs wanted; there may be fewer.

    Returns
    -------
    Ints
        ``[n, choices]``.
    """
    scores = torch.log_softmax(logits.detach().double().masked_fill(~allowed, -torch.inf), dim=1).numpy()
    designs, total = np.empty((1, 0), dtype=np.int64), np.zeros(1)
    for row in scores:
        grown = total[:, None] + row
        order = np.argsort(-grown, axis=None, kind="stable")[: min(n, int(np.isfinite(grown).sum()))]
        before, option = np.unravel_index(order, grown.shape)
        designs, total = np.hstack([designs[before], option[:, None]]), grown[before, option]
    return designs


def drawn(logits: Tensor, allowed: Tensor, n: int, generator: torch.Generator) -> Ints:
    """Draw ``n`` designs, each option as likely as the softmax of the logits says, ``[n, choices]``."""
    shares = torch.softmax(logits.detach().masked_fill(~allowed, -torch.inf), dim=1)
    found: Ints = torch.multinomial(shares, n, replacement=True, generator=generator).T.numpy()
    return found


def strongest_inputs(
    strengths: NDArray[np.float64], targets: Sequence[int], keep: int = 2, none: int | None = None
) -> tuple[Ints, Ints]:
    """Return the options of each choice and which choices are kept where a node has more inputs than it may have.

    The strength of an edge is that of its best option other than ``none``; each node keeps its strongest edges (DARTS,
    arXiv:1806.09055, section 2.4; PC-DARTS multiplies by the share of the edge, arXiv:1907.05737, section 3.2).

    Parameters
    ----------
    strengths
        ``[edges, options]``, such as softmaxes of logits, times the shares of the edges where there are such.
    targets
        Node each edge leads to, ``[edges]``.
    keep
        Edges each node keeps.
    none
        The option that passes nothing on; it is never chosen.

    Returns
    -------
    options
        ``[edges]``.
    kept
        Edges that stay, in order.
    """
    seen = np.array(strengths, dtype=np.float64)
    if none is not None:
        seen[:, none] = -np.inf
    options = seen.argmax(axis=1)
    strength = seen.max(axis=1)
    nodes = np.asarray(targets)
    kept = [edge for node in np.unique(nodes) for edge in _largest(strength, np.flatnonzero(nodes == node), keep)]
    return options.astype(np.int64), np.sort(np.array(kept, dtype=np.int64))


def decided(allowed: Tensor, choice: int, losses: Sequence[float]) -> Tensor:
    """Return what is allowed ``[choices, options]`` once a choice keeps the option without which the loss is largest.

    Parameters
    ----------
    allowed
        ``[choices, options]``, boolean.
    choice
        To decide.
    losses
        Without each option of it that is allowed, in order.
    """
    options = torch.nonzero(allowed[choice]).ravel()
    still = allowed.clone()
    still[choice] = False
    still[choice, options[int(np.argmax(losses))]] = True
    return still


def project(
    allowed: Tensor,
    order: Sequence[int],
    loss: Callable[[Tensor, int, int], float],
    settle: Callable[[Tensor], None] | None = None,
) -> Ints:
    """Decide choice after choice for the option whose loss hurts most, and let the rest settle after each decision.

    Perturbation-based selection (Wang et al. 2021, arXiv:2108.04392, algorithm 1).

    Parameters
    ----------
    allowed
        ``[choices, options]``, boolean.
    order
        Choices in the order in which they are decided.
    loss
        Of the relaxation of what is still allowed (``[choices, options]``), without one option of one choice.
    settle
        Trains on after a decision, given what is still allowed.

    Returns
    -------
    Ints
        ``[choices]`` options.
    """
    for choice in order:
        losses = [loss(allowed, choice, option) for option in torch.nonzero(allowed[choice]).ravel().tolist()]
        allowed = decided(allowed, choice, losses)
        if settle is not None:
            settle(allowed)
    found: Ints = allowed.int().argmax(dim=1).numpy()
    return found


def _largest(strength: NDArray[np.float64], edges: NDArray[np.intp], keep: int) -> NDArray[np.intp]:
    return edges[np.argsort(-strength[edges], kind="stable")[:keep]]
