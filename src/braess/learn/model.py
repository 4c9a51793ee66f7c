"""The family of models: fit, predict, save, load; each a class of its own under one interface."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from braess.errors import InputError
from braess.learn._file import read_model, write_model
from braess.learn.examples import Examples
from braess.learn.range import Range
from braess.problem import Graph

Floats = NDArray[np.float64]
_Model = TypeVar("_Model", bound="Model")


@dataclass(frozen=True)
class Limits:
    """When to end learning; the first limit met ends it.

    Parameters
    ----------
    epochs
        Most times that all examples are gone through.
    seconds
        Most time, all sittings together; ``None`` does not limit.
    patience
        Epochs without a better validation loss.
    """

    epochs: int = 500
    seconds: float | None = None
    patience: int = 50

    def __post_init__(self) -> None:
        """Check the limits."""
        for name in ("epochs", "seconds", "patience"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise InputError("impossible limit", field=name, found=value, expected="more than 0")


@dataclass(frozen=True)
class Epoch:
    """How far learning is.

    Parameters
    ----------
    number, most
        Epochs done, and to do at the most.
    training, validation
        Losses, in the units of the model.
    seconds, left
        Spent so far, and left at the most as far as can be told.
    """

    number: int
    most: int
    training: float
    validation: float
    seconds: float
    left: float


@dataclass(frozen=True)
class Fit:
    """What learning came to.

    Parameters
    ----------
    epochs
        Times that all examples were gone through.
    best
        The one after which validation was best: the model is as it was then.
    validation
        Validation loss then.
    seconds
        All sittings together.
    ended
        ``"epochs"``, ``"seconds"`` or ``"patience"``: which limit was met.
    """

    epochs: int
    best: int
    validation: float
    seconds: float
    ended: str


Progress = Callable[[Epoch], None]


class Model(ABC):
    """A model of what a follower answers on the edges of a graph.

    A subclass is a dataclass whose fields are its hyper-parameters, positive numbers.

    Attributes
    ----------
    name
        What it is called in study files and tables.
    reference
        Where it comes from.
    """

    name: ClassVar[str]
    reference: ClassVar[str] = ""

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        for name, value in self.settings().items():
            if not value > 0:
                raise InputError("impossible number", field=name, found=value, expected="more than 0")
        self._learned: Any = None  # whatever a subclass learns
        self._range: Range | None = None

    def fit(
        self,
        training: Examples,
        validation: Examples,
        *,
        seed: int = 0,
        limits: Limits | None = None,
        progress: Progress | None = None,
        checkpoint: Path | None = None,
    ) -> Fit:
        """Learn from examples, from nothing; the same seed gives the same model, bit for bit, on the same machine.

        Parameters
        ----------
        training, validation
            Examples on the same graph; learning ends when the second are answered no better any more.
        seed
            Of every random choice.
        limits
            When to end.
        progress
            Called after each epoch.
        checkpoint
            File to keep the state of learning in. Where it is there already, learning goes on from it, and ends where it
            would have ended uninterrupted; it is removed at the end.

        Raises
        ------
        InputError
            The two are not on the same graph, or the checkpoint is of something else.
        """
        fit = self._fit(training, validation, seed=seed, limits=limits or Limits(), progress=progress, checkpoint=checkpoint)
        self._range = Range.of(training.graph)
        return fit

    @abstractmethod
    def _fit(
        self,
        training: Examples,
        validation: Examples,
        *,
        seed: int,
        limits: Limits,
        progress: Progress | None,
        checkpoint: Path | None,
    ) -> Fit:
        """Do what `fit` says."""

    @abstractmethod
    def predict(self, graph: Graph) -> Floats:
        """Predict the answers ``[n, e]`` to ``n`` inputs.

        Raises
        ------
        InputError
            The model has not learned anything yet, or it learned on another graph.
        """

    def outside(self, graph: Graph) -> NDArray[np.bool_]:
        """Tell which of ``n`` inputs, ``[n]``, are unlike all that the model has learned from: do not trust it there.

        Raises
        ------
        InputError
            The model has not learned anything yet.
        """
        self._require_learned()
        assert self._range is not None
        return self._range.outside(graph)

    @abstractmethod
    def to(self: _Model, device: str) -> _Model:
        """Move the model to a device (``"cpu"``, ``"cuda"``) and return it.

        Raises
        ------
        InputError
            There is no such device, or the model cannot be there.
        """

    @abstractmethod
    def state(self) -> bytes:
        """Return what was learned as bytes, which `restore` reads; nothing in them is executed."""

    @abstractmethod
    def restore(self, state: bytes) -> None:
        """Take over what was learned."""

    def settings(self) -> dict[str, Any]:
        """Return the hyper-parameters as plain data."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]

    def _require_learned(self) -> Any:
        if self._learned is None:
            raise InputError("the model has learned nothing yet", field="model", found=self.name, expected="fit before")
        return self._learned

    def save(self, path: str | Path) -> None:
        """Write the model to a file.

        Raises
        ------
        InputError
            It has not learned anything yet.
        """
        state = self.state()
        assert self._range is not None
        write_model(path, {"model": self.name, "settings": self.settings(), "range": asdict(self._range)}, state)

    @classmethod
    def load(cls: type[_Model], path: str | Path) -> _Model:
        """Read a model of this class; raises as `load_model` does."""
        found = load_model(path)
        if not isinstance(found, cls):
            raise InputError("this is another model", file=path, field="model", found=found.name, expected=cls.name)
        return found


def load_model(path: str | Path) -> Model:
    """Read a model of any class.

    Raises
    ------
    InputError
        There is no such file, or it is no model.
    """
    from braess.learn.registry import find_model

    facts, state = read_model(path)
    kind = find_model(facts["model"])
    known = {item.name for item in fields(kind) if item.init}  # type: ignore[arg-type]
    model = kind(**{name: value for name, value in facts["settings"].items() if name in known})
    model.restore(state)
    model._range = Range(**facts["range"])
    return model
