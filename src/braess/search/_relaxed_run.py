"""The running state of searches that train a relaxation: an epoch, then the designs that are read out of the leader."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from braess.learn.bilevel import Relaxation, Training
from braess.problem import Evaluations, Problem, Relaxable, capability
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
        relaxable = capability(problem, Relaxable)  # type: ignore[type-abstract]
        assert relaxable is not None
        relaxation: Relaxation[Any] = relaxable.relaxation(rng)
        self.relaxation = relaxation
        self.training = Training(relaxation, settings.method(), settings.recipe(), rng)
        self._evaluations = 0
        self._kept: tuple[float, dict[str, NDArray[np.generic]] | None] = (0.0, None)

    def _next(self) -> Designs:
        if self.training.over:
            return self.space.concatenate([])
        self.training.advance()
        return self.relaxation.designs(self.training.leader.tensors)

    def _learn(self, evaluations: Evaluations) -> None:
        self._evaluations += len(evaluations)
        seconds = sum(epoch.seconds for epoch in self.training.history)
        if seconds - self._kept[0] >= _CHECKPOINT:
            file = io.BytesIO()
            torch.save(self.training.state(), file)
            packed = np.frombuffer(file.getvalue(), dtype=np.uint8)
            self._kept = seconds, {"evaluations": np.array(self._evaluations), "training": packed}

    def checkpoint(self) -> Mapping[str, NDArray[np.generic]] | None:
        """Return the last checkpoint, made between two epochs; see `Resumable`."""
        return self._kept[1]

    def restore(self, kept: Mapping[str, NDArray[Any]]) -> None:
        """Go on where a checkpoint was made; see `Resumable`."""
        evaluations, packed = int(kept["evaluations"]), np.asarray(kept["training"], dtype=np.uint8)
        try:
            state = torch.load(io.BytesIO(packed.tobytes()), weights_only=True)
            self.training.restore(state)
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
