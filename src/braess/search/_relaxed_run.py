"""The running state of searches that train a relaxation: some epochs, then the designs that are read out of it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from braess.learn.bilevel import Training
from braess.problem import Evaluations, Problem
from braess.search._generations import Generations
from braess.space import Designs

if TYPE_CHECKING:
    from braess.search._relaxed import Relaxed

_CHECKPOINT = 10.0  # seconds of training between two checkpoints at least
_WATCHED = ("lower", "upper", "seconds", "memory")  # of each epoch


class RelaxedRun(Generations):
    """A search at work.

    Parameters
    ----------
    problem, rng
        As in `Generations`.
    settings
        The hyper-parameters.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, settings: Relaxed) -> None:
        super().__init__(problem, rng)
        self.settings = settings
        relaxation = settings.relaxation(problem, rng)
        self.training = Training(relaxation, settings.method(), settings.recipe(), rng, settings.hooks())
        self._seen: dict[bytes, None] = {}  # in order
        self._evaluations = 0
        self._kept: tuple[float, dict[str, NDArray[np.generic]] | None] = (0.0, None)

    def _next(self) -> Designs:
        while not self.training.over:
            self.training.advance()
            if self.training.over or len(self.training.history) % self.settings.every == 0:
                fresh = self._fresh(self.settings.read(self.training, self.rng))
                if len(fresh):
                    return fresh
        return self.space.concatenate([])

    def _fresh(self, designs: Designs) -> Designs:
        """Return the designs that were not asked for before, each once."""
        rows = []
        for row, key in enumerate(designs.hashes()):
            if key not in self._seen:
                self._seen[key] = None
                rows.append(row)
        return designs.take(rows)

    def _learn(self, evaluations: Evaluations) -> None:
        self._evaluations += len(evaluations)
        seconds = sum(epoch.seconds for epoch in self.training.history)
        if seconds - self._kept[0] >= _CHECKPOINT:
            kept = {"evaluations": np.array(self._evaluations), "training": _packed(self._state())}
            self._kept = seconds, kept

    def _state(self) -> dict[str, Any]:
        """Return all that the search goes on from, in what `torch.save` takes."""
        return {"training": self.training.state(), "seen": list(self._seen), "rng": self.rng.bit_generator.state}

    def _go_on(self, state: dict[str, Any]) -> None:
        self.training.restore(state["training"])
        self._seen = dict.fromkeys(state["seen"])
        self.rng.bit_generator.state = state["rng"]

    def checkpoint(self) -> Mapping[str, NDArray[np.generic]] | None:
        """Return the last checkpoint, made between two epochs; see `Resumable`."""
        return self._kept[1]

    def restore(self, kept: Mapping[str, NDArray[Any]]) -> None:
        """Go on where a checkpoint was made; see `Resumable`."""
        evaluations, packed = int(kept["evaluations"]), np.asarray(kept["training"], dtype=np.uint8)
        try:
            self._go_on(torch.load(io.BytesIO(packed.tobytes()), weights_only=True))
        except (KeyError, ValueError):
            raise
        except Exception as error:  # noqa: BLE001 -- whatever is wrong with a file of torch
            raise ValueError(f"this is no state of a training: {error}") from None
        self._evaluations = evaluations
        self._kept = sum(epoch.seconds for epoch in self.training.history), dict(kept)

    def monitor(self) -> dict[str, NDArray[np.float64]]:
        """Return losses, seconds and memory of each epoch, where they are numbers; see `Monitored`."""
        watched = {name: np.array([getattr(epoch, name) for epoch in self.training.history]) for name in _WATCHED}
        return {name: values for name, values in watched.items() if np.isfinite(values).all()}


def _packed(state: dict[str, Any]) -> NDArray[np.uint8]:
    file = io.BytesIO()
    torch.save(state, file)
    return np.frombuffer(file.getvalue(), dtype=np.uint8)
