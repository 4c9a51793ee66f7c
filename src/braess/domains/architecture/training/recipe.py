"""How weights are trained, as a study file writes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from braess.errors import InputError, nearest


@dataclass(frozen=True, kw_only=True)
class Training:
    """How weights are trained.

    Parameters
    ----------
    epochs
        Passes through the images.
    batch
        Images in a step; those that are left over at the end of a pass are left out of it.
    rate
        Learning rate of the first step; it falls to 0 along half a cosine.
    momentum
        Of Nesterov.
    decay
        Weight decay, of all weights.
    smoothing
        Share of each label that is spread over all classes.
    flip
        Whether every other image, at random, is mirrored left to right.
    shift
        Most pixels by which an image is moved each way; what moves in is the mean of all images.
    """

    epochs: int = 10
    batch: int = 64
    rate: float = 0.1
    momentum: float = 0.9
    decay: float = 5e-4
    smoothing: float = 0.0
    flip: bool = False
    shift: int = 0

    def with_choices(self, choices: Mapping[str, Any]) -> Training:
        """Return the training with what a design decides of it: name of a setting to its value.

        Raises
        ------
        InputError
            There is no such setting.
        """
        known = [field.name for field in fields(self)]
        for name, value in choices.items():
            if name not in known:
                expected = f"one of {', '.join(known)}"
                raise InputError(f"no setting of training{nearest(name, known)}", field=name, found=value, expected=expected)
        return replace(self, **choices)

    def __post_init__(self) -> None:
        """Check the numbers."""
        bounds: dict[str, tuple[bool, str]] = {
            "epochs": (self.epochs >= 1, "at least 1"),
            "batch": (self.batch >= 1, "at least 1"),
            "rate": (self.rate > 0, "above 0"),
            "momentum": (0 <= self.momentum < 1, "from 0 to below 1"),
            "decay": (self.decay >= 0, "at least 0"),
            "smoothing": (0 <= self.smoothing < 1, "from 0 to below 1"),
            "shift": (self.shift >= 0, "at least 0"),
        }
        for field, (right, expected) in bounds.items():
            if not right:
                raise InputError("impossible setting", field=field, found=getattr(self, field), expected=expected)
