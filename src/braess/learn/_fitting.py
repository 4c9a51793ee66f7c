"""Fits a PyTorch module: batches in random order, a falling learning rate, an end in time, a state that survives."""

from __future__ import annotations

import copy
import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from braess.errors import InputError
from braess.learn._checkpoint import read_checkpoint, write_checkpoint
from braess.learn.model import Epoch, Fit, Limits, Progress

# Seconds between two checkpoints at least.
_CHECKPOINT = 10.0
_FORMAT = 3  # of checkpoints
_FACTOR, _PLATEAU = 0.9, 10


@dataclass(frozen=True)
class Schedule:
    """How a module is fitted.

    Parameters
    ----------
    batch
        Examples in a step.
    rate
        Learning rate of Adam at first; it falls to nine tenths after ten epochs without a better validation loss.
    decay
        Weight decay, decoupled: in the gradient it would pull what has small gradients to 0, such as where nodes are placed.
    """

    batch: int
    rate: float
    decay: float = 0.0


Loss = Callable[[torch.Tensor], torch.Tensor]


def fit_module(
    module: torch.nn.Module,
    training: tuple[int, Loss],
    validation: tuple[int, Loss],
    *,
    schedule: Schedule,
    seed: int,
    limits: Limits,
    progress: Progress | None,
    checkpoint: Path | None,
    facts: dict[str, Any],
) -> Fit:
    """Fit a module; it is left as it was after the best epoch.

    Parameters
    ----------
    module
        What is fitted, on the device it stays on.
    training, validation
        Number of examples, and a function of some of their rows ``[b]`` to their mean loss.
    schedule, seed, limits, progress, checkpoint
        As in `Model.fit`.
    facts
        What a checkpoint must agree with to go on from it.
    """
    (size, loss_of), (held, held_loss) = training, validation
    optimiser = torch.optim.AdamW(module.parameters(), lr=schedule.rate, weight_decay=schedule.decay)
    falling = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser, factor=_FACTOR, patience=_PLATEAU)
    order = torch.Generator().manual_seed(seed)
    fit = _State(module, optimiser, falling, order, facts | {"seed": seed, "format": _FORMAT})
    if checkpoint is not None and checkpoint.exists():
        fit.read(checkpoint)
    began, kept = time.perf_counter() - fit.seconds, time.perf_counter()
    while (ended := _end(fit, limits)) is None:
        module.train()
        rows, total = torch.randperm(size, generator=order), 0.0
        for start in range(0, size, schedule.batch):
            batch = rows[start : start + schedule.batch]
            optimiser.zero_grad(set_to_none=True)
            loss = loss_of(batch)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            total += float(loss.detach()) * len(batch)
        value = _mean_loss(module, held, held_loss, schedule.batch)
        falling.step(value)
        fit.note(value)
        fit.seconds = time.perf_counter() - began
        if progress is not None:
            progress(fit.epoch_of(limits, total / size, value))
        if checkpoint is not None and time.perf_counter() - kept > _CHECKPOINT:
            fit.write(checkpoint)
            kept = time.perf_counter()
    module.load_state_dict(fit.best_state)
    module.eval()
    if checkpoint is not None:
        checkpoint.unlink(missing_ok=True)
    return Fit(fit.number, fit.best, fit.validation, fit.seconds, ended)


def device_of(name: str) -> torch.device:
    """Return the device of this name; raises `InputError` where there is none."""
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:
        raise InputError(f"there is no such device here: {error}", field="device", found=name) from None


def digest_of(arrays: Iterable[NDArray[Any]]) -> str:
    """Return what tells these arrays from others."""
    digest = hashlib.blake2b(digest_size=16)
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _end(fit: _State, limits: Limits) -> str | None:
    """Return which limit is met, if any."""
    if fit.number >= limits.epochs:
        return "epochs"
    if limits.seconds is not None and fit.number and fit.seconds >= limits.seconds:
        return "seconds"
    if fit.number - fit.best >= limits.patience:
        return "patience"
    return None


def _mean_loss(module: torch.nn.Module, size: int, loss_of: Loss, batch: int) -> float:
    module.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, size, batch):
            rows = torch.arange(start, min(start + batch, size))
            total += float(loss_of(rows)) * len(rows)
    return total / size


class _State:
    """All that fitting goes on from."""

    def __init__(
        self,
        module: torch.nn.Module,
        optimiser: torch.optim.Optimizer,
        falling: torch.optim.lr_scheduler.ReduceLROnPlateau,
        order: torch.Generator,
        facts: dict[str, Any],
    ) -> None:
        self._module, self._optimiser, self._falling, self._order = module, optimiser, falling, order
        self._facts = facts
        device = next(module.parameters()).device
        self._random = torch.cuda.default_generators[device.index] if device.type == "cuda" else torch.default_generator
        self.number, self.best, self.validation, self.seconds = 0, 0, float("inf"), 0.0
        self.best_state = copy.deepcopy(module.state_dict())

    def note(self, value: float) -> None:
        """Count an epoch, and keep the module where it was the best."""
        self.number += 1
        if value < self.validation:
            self.best, self.validation = self.number, value
            self.best_state = copy.deepcopy(self._module.state_dict())

    def epoch_of(self, limits: Limits, training: float, value: float) -> Epoch:
        """Return how far fitting is."""
        left = self.seconds / self.number * (limits.epochs - self.number)
        if limits.seconds is not None:
            left = min(left, limits.seconds - self.seconds)
        return Epoch(self.number, limits.epochs, training, value, self.seconds, max(left, 0.0))

    def write(self, path: Path) -> None:
        """Keep everything in a file."""
        state = {
            "numbers": [self.number, self.best, self.validation, self.seconds],
            "module": self._module.state_dict(),
            "best": self.best_state,
            "optimiser": self._optimiser.state_dict(),
            "falling": self._falling.state_dict(),
            "order": self._order.get_state(),
            "random": self._random.get_state(),
        }
        write_checkpoint(path, self._facts, state)

    def read(self, path: Path) -> None:
        """Take everything from a file."""
        kept = read_checkpoint(path, self._facts)
        self.number, self.best, self.validation, self.seconds = kept["numbers"]
        self._module.load_state_dict(kept["module"])
        self.best_state = kept["best"]
        self._optimiser.load_state_dict(kept["optimiser"])
        self._falling.load_state_dict(kept["falling"])
        self._order.set_state(kept["order"])
        self._random.set_state(kept["random"])
