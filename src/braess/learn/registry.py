"""Finds models by name under the entry point group ``braess.models``, ours too."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from braess.errors import InputError, nearest

if TYPE_CHECKING:
    from braess.learn.model import Model


@cache
def models() -> tuple[str, ...]:
    """Return the names of all installed models, sorted."""
    return tuple(sorted(point.name for point in entry_points(group="braess.models")))


def require_model(name: str) -> None:
    """Refuse a name that no installed model has, without loading anything; raises `InputError`."""
    if name not in models():
        raise InputError(
            f"no such model{nearest(name, models())}", field="model", found=name, expected=f"one of {', '.join(models())}"
        )


def find_model(name: str) -> type[Model]:
    """Return the class of a model.

    Raises
    ------
    InputError
        There is no such model, or a package that it needs is missing.
    """
    require_model(name)
    (point,) = entry_points(group="braess.models", name=name)
    try:
        found: type[Model] = point.load()
    except ImportError as error:
        raise InputError(f"the model needs a package: {error}", field="model", found=name) from None
    return found
