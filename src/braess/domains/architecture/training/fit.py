"""Trains the weights of a network: stochastic gradient descent along a cosine, bit for bit the same for the same seed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from braess.domains.architecture.networks.dropout import dropping_from
from braess.domains.architecture.training.augmentation import flipped, shifted
from braess.domains.architecture.training.images import Labelled
from braess.domains.architecture.training.recipe import Training
from braess.errors import BraessError, InputError
from braess.learn._checkpoint import read_checkpoint, write_checkpoint
from braess.learn._fitting import digest_of

_FORMAT = 1  # of checkpoints
_AT_ONCE = 512  # images scored in a batch


@dataclass(frozen=True)
class Fitted:
    """What training was.

    Parameters
    ----------
    losses
        Mean training loss of each epoch.
    seconds
        What it took, interruptions left out.
    """

    losses: tuple[float, ...]
    seconds: float


def fit(
    network: nn.Module,
    images: Labelled,
    training: Training,
    generator: torch.Generator,
    *,
    checkpoint: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Fitted:
    """Train the weights of a network in place.

    Parameters
    ----------
    network
        Turns ``[b, c, h, w]`` images into ``[b, classes]`` scores.
    images
        To train on.
    training
        How.
    generator
        Decides the order of images, what is done to them, and what `SeededDropout` drops.
    checkpoint
        File that keeps all after each epoch, from which the same call goes on to the same end; it is gone then.
    progress
        Called with epochs done and epochs in all.

    Raises
    ------
    BraessError
        A loss is not finite: training diverged.
    InputError
        There are fewer images than in a batch, or the checkpoint is of another training.
    """
    if len(images) < training.batch:
        raise InputError("fewer images than in a batch", field="batch", found=training.batch, expected=f"up to {len(images)}")
    run = _Run(network, images, training, generator)
    if checkpoint is not None and checkpoint.exists():
        run.read(checkpoint)
    with dropping_from(network, generator):
        while len(run.losses) < training.epochs:
            run.epoch()
            if checkpoint is not None:
                run.write(checkpoint)
            if progress is not None:
                progress(len(run.losses), training.epochs)
    if checkpoint is not None:
        checkpoint.unlink(missing_ok=True)
    return Fitted(tuple(run.losses), run.seconds)


def error_of(network: nn.Module, images: Labelled) -> float:
    """Return the share of images, from 0 to 1, whose highest score is not that of their label."""
    network.eval()
    wrong = 0
    with torch.no_grad():
        for start in range(0, len(images), _AT_ONCE):
            scores = network(torch.from_numpy(images.pixels[start : start + _AT_ONCE]))
            wrong += int((scores.argmax(dim=1) != torch.from_numpy(images.labels[start : start + _AT_ONCE])).sum())
    return wrong / len(images)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute on the calling thread alone: sums in another order would have other bits."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Run:
    """Training under way."""

    def __init__(self, network: nn.Module, images: Labelled, training: Training, generator: torch.Generator) -> None:
        self.losses: list[float] = []
        self.seconds = 0.0
        self._network, self._training, self._generator = network, training, generator
        self._pixels, self._labels = torch.from_numpy(images.pixels), torch.from_numpy(images.labels)
        self._steps = len(images) // training.batch
        self._optimiser = torch.optim.SGD(
            network.parameters(),
            lr=training.rate,
            momentum=training.momentum,
            weight_decay=training.decay,
            nesterov=training.momentum > 0,
        )
        self._cosine = torch.optim.lr_scheduler.CosineAnnealingLR(self._optimiser, training.epochs * self._steps)
        weights = [values.detach().numpy() for values in network.state_dict().values()]
        self._facts: dict[str, Any] = {
            "format": _FORMAT,
            "training": asdict(training),
            "start": digest_of([*weights, images.pixels, images.labels, generator.get_state().numpy()]),
        }

    def epoch(self) -> None:
        """Go through the images once."""
        began = time.perf_counter()
        self._network.train()
        order = torch.randperm(len(self._labels), generator=self._generator)
        total = 0.0
        for rows in order[: self._steps * self._training.batch].view(self._steps, -1):
            self._optimiser.zero_grad(set_to_none=True)
            loss = functional.cross_entropy(
                self._network(self._augmented(self._pixels[rows])), self._labels[rows], label_smoothing=self._training.smoothing
            )
            loss.backward()  # type: ignore[no-untyped-call]
            self._optimiser.step()
            self._cosine.step()
            total += loss.item()
            if not total < float("inf"):  # NaN, too
                raise BraessError(f"training diverged in epoch {len(self.losses) + 1}: the loss is not finite")
        self.losses.append(total / self._steps)
        self.seconds += time.perf_counter() - began

    def _augmented(self, pixels: Tensor) -> Tensor:
        if self._training.flip:
            pixels = flipped(pixels, self._generator)
        if self._training.shift:
            pixels = shifted(pixels, self._training.shift, self._generator)
        return pixels

    def write(self, path: Path) -> None:
        """Keep everything in a file."""
        state = {
            "losses": self.losses,
            "seconds": self.seconds,
            "network": self._network.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "cosine": self._cosine.state_dict(),
            "generator": self._generator.get_state(),
        }
        write_checkpoint(path, self._facts, state)

    def read(self, path: Path) -> None:
        """Take everything from a file."""
        kept = read_checkpoint(path, self._facts)
        self.losses, self.seconds = kept["losses"], kept["seconds"]
        self._network.load_state_dict(kept["network"])
        self._optimiser.load_state_dict(kept["optimiser"])
        self._cosine.load_state_dict(kept["cosine"])
        self._generator.set_state(kept["generator"])
