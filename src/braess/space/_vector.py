"""What scalar and vector variables share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from braess.errors import InputError

Array: TypeAlias = NDArray[Any]
Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Vector:
    """What scalar and vector variables share: the size and the names of the elements.

    Parameters
    ----------
    size
        Number of elements, or ``None`` for a scalar.
    labels
        Names of the elements for people to read (``size`` of them), such as the links a lane may be added to.
    """

    size: int | None = None
    labels: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.size is not None and self.size < 1:
            raise InputError("a vector variable needs elements", field="size", found=self.size, expected="at least 1")
        object.__setattr__(self, "labels", check_labels(self.labels, self.size))

    @property
    def width(self) -> int:
        """Columns this variable takes in a flat matrix."""
        return 1 if self.size is None else self.size

    def shape(self, n: int) -> tuple[int, ...]:
        """Shape of the array of a batch of ``n`` designs."""
        return (n,) if self.size is None else (n, self.size)

    def _describe_vector(self) -> dict[str, Any]:
        return {"size": self.size, "labels": None if self.labels is None else list(self.labels)}


def check_labels(labels: tuple[str, ...] | None, size: int | None) -> tuple[str, ...] | None:
    """Return labels as text; `InputError` where there is not one for each element."""
    if labels is None:
        return None
    if len(labels) != size:
        raise InputError("labels do not match", field="labels", found=len(labels), expected=f"{size} names")
    return tuple(str(label) for label in labels)
