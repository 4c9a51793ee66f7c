"""The one loop in which leader and follower move in turns; between two epochs it can be kept, bit for bit."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch

from braess.errors import BraessError, InputError
from braess.learn.bilevel._machine import drawing_from, forget_peak, peak
from braess.learn.bilevel.method import Method
from braess.learn.bilevel.mover import Mover
from braess.learn.bilevel.problem import Bilevel, Half, Tensors
from braess.learn.bilevel.recipe import Recipe

_FORMAT = 1  # of states


@dataclass(frozen=True)
class Epoch:
    """What one epoch came to.

    Parameters
    ----------
    lower, upper
        Means, over the steps, of the first value of each loss in a step; not-a-number where a loss was not needed.
    seconds
        It took, hooks included.
    memory
        Most bytes in use so far: of the accelerator in this epoch, else of the whole process; not-a-number where unknown.
    gradients, products
        Gradients of a loss on a batch, and products of its second derivatives with a vector.
    """

    lower: float
    upper: float
    seconds: float
    memory: float
    gradients: int
    products: int


class Hook:
    """What else is to be done as training goes on, such as cooling a temperature or dropping paths.

    What a hook sets in the problem must follow from ``training`` alone: a training that goes on from a state calls
    ``before_epoch`` first. Random numbers it draws from PyTorch's global generator are the training's own.
    """

    def before_epoch(self, training: Training) -> None:
        """Act before epoch number ``len(training.history)``."""

    def before_step(self, training: Training) -> None:
        """Act before each step."""

    def after_epoch(self, training: Training) -> None:
        """Act when an epoch is in the history."""


class Training:
    """A training at work. It pickles between epochs.

    Parameters
    ----------
    problem, method, recipe
        What is trained, and how.
    rng
        Where every random choice comes from.
    hooks
        What else is done; called in order.

    Attributes
    ----------
    leader
        The leader's tensors.
    followers
        Copies of the follower's tensors; the first is the follower.
    history
        Epochs so far.

    Raises
    ------
    InputError
        The method cannot follow the recipe.
    """

    def __init__(
        self, problem: Bilevel[Any], method: Method, recipe: Recipe, rng: np.random.Generator, hooks: Sequence[Hook] = ()
    ) -> None:
        method.require(recipe)
        self.problem, self.method, self.recipe, self.hooks = problem, method, recipe, tuple(hooks)
        self.history: list[Epoch] = []
        self._order, self._noise = (torch.Generator().manual_seed(int(rng.integers(2**62))) for _ in range(2))
        self._begin()

    def _begin(self) -> None:
        problem, recipe = self.problem, self.recipe
        self.leader = Mover(problem.leader(), recipe.leader)
        self.followers = [Mover(problem.follower(), recipe.follower, problem.buffers()) for _ in range(self.method.copies)]
        self._losses: dict[Half, list[torch.Tensor]] = {"lower": [], "upper": []}
        self._fresh: set[Half] = set()  # losses that are still to be noted in this step
        self._gradients = self._products = 0

    @property
    def over(self) -> bool:
        """Whether all epochs are done."""
        return len(self.history) >= self.recipe.epochs

    def advance(self) -> Epoch:
        """Go through one epoch.

        Raises
        ------
        BraessError
            A loss or a tensor of the leader is no finite number any more.
        """
        began, device = time.perf_counter(), self.followers[0].leaves[0].device
        forget_peak(device)
        with drawing_from(self._noise, device):
            self._epoch()
        lower, upper = (_mean(self._losses[half]) for half in ("lower", "upper"))
        seconds, memory = time.perf_counter() - began, peak(device)
        epoch = Epoch(lower, upper, seconds, memory, self._gradients, self._products)
        self._losses, self._gradients, self._products = {"lower": [], "upper": []}, 0, 0
        self._require_finite(epoch)
        self.history.append(epoch)
        for hook in self.hooks:
            hook.after_epoch(self)
        return epoch

    def _epoch(self) -> None:
        number, recipe = len(self.history), self.recipe
        self.leader.rate = recipe.leader.rate_at(number, recipe.epochs)
        for follower in self.followers:
            follower.rate = recipe.follower.rate_at(number, recipe.epochs)
        for hook in self.hooks:
            hook.before_epoch(self)
        move = self.method.follow if number < recipe.warmup else self.method.step
        for lower, upper in self._batches():
            for hook in self.hooks:
                hook.before_step(self)
            self._fresh = {"lower", "upper"}
            move(self, lower, upper)

    def _batches(self) -> Iterator[tuple[list[Any], Any]]:
        """Go once through the lower half, with a batch of the upper half for each few."""
        lower, upper = self._some("lower"), self._endless()
        while chunk := list(islice(lower, self.method.inner)):
            yield chunk, next(upper)

    def _endless(self) -> Iterator[Any]:
        while True:
            yield from self._some("upper")

    def _some(self, half: Half) -> Iterator[Any]:
        """Go once through a half of the data, which must have something."""
        batches = iter(self.problem.batches(half, self._order))
        try:
            yield next(batches)
        except StopIteration:
            raise InputError(f"the {half} half has no batches", field="problem") from None
        yield from batches

    def gradient(
        self, half: Half, follower: Tensors, batch: Any, wrt: Sequence[torch.Tensor], *, graph: bool = False
    ) -> tuple[torch.Tensor, ...]:
        """Return the gradient of a loss at the leader's tensors and these of a follower.

        Parameters
        ----------
        half, batch
            Which loss, on what.
        follower
            Tensors and buffers.
        wrt
            Tensors to derive by: of the leader, the follower, or both.
        graph
            Whether to derive what comes out once more.
        """
        loss = self._loss(half, follower, batch)
        return torch.autograd.grad(loss, list(wrt), create_graph=graph, allow_unused=True, materialize_grads=True)

    def _loss(self, half: Half, follower: Tensors, batch: Any) -> torch.Tensor:
        """Return a loss that is to be derived, noted if it is the first of its half in this step."""
        loss = (self.problem.lower if half == "lower" else self.problem.upper)(self.leader.tensors, follower, batch)
        if half in self._fresh:
            self._fresh.discard(half)
            self._losses[half].append(loss.detach())
        self._gradients += 1
        return loss

    def product(
        self, gradient: Sequence[torch.Tensor], vector: Sequence[torch.Tensor], wrt: Sequence[torch.Tensor]
    ) -> tuple[torch.Tensor, ...]:
        """Return the derivatives by ``wrt`` of the dot product of a gradient, made with ``graph``, and a constant vector."""
        self._products += 1
        dot = torch.stack([(one * other.detach()).sum() for one, other in zip(gradient, vector, strict=True)]).sum()
        if not dot.requires_grad:  # a loss that is linear
            return tuple(torch.zeros_like(tensor) for tensor in wrt)
        return torch.autograd.grad(dot, list(wrt), retain_graph=True, allow_unused=True, materialize_grads=True)

    def descend(self, follower: Mover, batch: Any) -> None:
        """Move a follower down the slope of the lower loss; what took no part in it stays, without decay or momentum."""
        loss = self._loss("lower", follower.tensors | follower.buffers, batch)
        follower.move(torch.autograd.grad(loss, follower.leaves, allow_unused=True), self.recipe.clip)

    def lead(self, gradient: Iterable[torch.Tensor]) -> None:
        """Move the leader down a gradient, and back to where it may be."""
        self.leader.move(gradient)
        with torch.no_grad():
            self.problem.project(self.leader.tensors)

    def _require_finite(self, epoch: Epoch) -> None:
        finite = all(bool(torch.isfinite(tensor).all()) for tensor in self.leader.leaves)
        if not finite or np.isinf([epoch.lower, epoch.upper]).any() or any(map(_broken, self.followers)):
            raise BraessError(
                f"training diverged in epoch {len(self.history)}: not all is finite; smaller learning rates may do"
            )

    def state(self) -> dict[str, Any]:
        """Return all that it goes on from between two epochs, as tensors, numbers and plain containers."""
        return {
            "format": _FORMAT,
            "leader": self.leader.state(),
            "followers": [follower.state() for follower in self.followers],
            "problem": self.problem.state(),
            "order": self._order.get_state(),
            "noise": self._noise.get_state(),
            "history": [asdict(epoch) for epoch in self.history],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state of a training of the same problem, method and recipe.

        Raises
        ------
        ValueError, KeyError
            It is no such state.
        """
        if state["format"] != _FORMAT or len(state["followers"]) != len(self.followers):
            raise ValueError("a state of another kind of training")
        self.leader.restore(state["leader"])
        for follower, kept in zip(self.followers, state["followers"], strict=True):
            follower.restore(kept)
        self.problem.restore(state["problem"])
        self._order.set_state(state["order"])
        self._noise.set_state(state["noise"])
        self.history = [Epoch(**epoch) for epoch in state["history"]]

    def __getstate__(self) -> dict[str, Any]:
        """Return what pickles."""
        kept = {name: getattr(self, name) for name in ("problem", "method", "recipe", "hooks")}
        return kept | {"state": self.state()}

    def __setstate__(self, kept: dict[str, Any]) -> None:
        """Make the training that was pickled."""
        state = kept.pop("state")
        self.__dict__.update(kept)
        self.history, self._order, self._noise = [], torch.Generator(), torch.Generator()
        self._begin()
        self.restore(state)


def train(
    problem: Bilevel[Any], method: Method, recipe: Recipe, rng: np.random.Generator, hooks: Sequence[Hook] = ()
) -> Training:
    """Return a training of which all epochs are done; parameters and errors as in `Training`."""
    training = Training(problem, method, recipe, rng, hooks)
    while not training.over:
        training.advance()
    return training


def _broken(follower: Mover) -> bool:
    return not all(bool(torch.isfinite(tensor).all()) for tensor in follower.leaves)


def _mean(losses: list[torch.Tensor]) -> float:
    return float(torch.stack(losses).mean()) if losses else float("nan")
