"""The toy of DARTS: a follower that tracks the leader, a loss whose bilevel optimum is known."""

from __future__ import annotations

import torch

from braess.learn.bilevel import SGD, Bilevel, Recipe


class Tracked(Bilevel):
    """``lower = (w - a)²``, ``upper = a w - 2 a + 1``: the follower answers ``w = a``, and the optimum is (1, 1).

    Liu, Simonyan and Yang (2019), arXiv:1806.09055, figure 2.
    """

    def __init__(self, steps: int = 100) -> None:
        self.steps = steps

    def leader(self):
        return {"a": torch.tensor(2.0, dtype=torch.float64)}

    def follower(self):
        return {"w": torch.tensor(-2.0, dtype=torch.float64)}

    def upper(self, leader, follower, batch):
        return leader["a"] * follower["w"] - 2.0 * leader["a"] + 1.0

    def lower(self, leader, follower, batch):
        return (follower["w"] - leader["a"]).square()

    def batches(self, half, generator):
        return iter([None] * self.steps)


def recipe(epochs: int, rate: float, leader_rate: float | None = None, **other) -> Recipe:
    """Plain gradient descent of both."""
    return Recipe(epochs=epochs, leader=SGD(rate=leader_rate or rate), follower=SGD(rate=rate), **other)


def ends(training) -> list[float]:
    """Return where the leader and the copies of the follower are."""
    return [float(mover.leaves[0].detach()) for mover in (training.leader, *training.followers)]
