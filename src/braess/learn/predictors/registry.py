"""Finds predictors of designs by name under the entry point group ``braess.predictors``, ours too."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from braess.errors import InputError, nearest
from braess.learn.predictors.base import Predictor


@cache
def predictors() -> tuple[str, ...]:
    """Return the names of all installed predictors, sorted."""
    return tuple(sorted(point.name for point in entry_points(group="braess.predictors")))


def find_predictor(name: str) -> type[Predictor]:
    """Return the class of a predictor.

    Raises
    ------
    InputError
        There is no such predictor, or a package that it needs is missing.
    """
    known = predictors()
    if name not in known:
        raise InputError(
            f"no such predictor{nearest(name, known)}", field="predictor", found=name, expected=f"one of {', '.join(known)}"
        )
    (point,) = entry_points(group="braess.predictors", name=name)
    try:
        found: type[Predictor] = point.load()
    except ImportError as error:
        raise InputError(f"the predictor needs a package: {error}", field="predictor", found=name) from None
    return found


def build_predictor(name: str, options: Mapping[str, Any]) -> Predictor:
    """Return a predictor with its hyper-parameters.

    Raises
    ------
    InputError
        As `find_predictor` does, or it has no such hyper-parameter.
    """
    kind = find_predictor(name)
    try:
        return kind(**options)
    except TypeError as error:
        raise InputError(f"{name} cannot be had so: {error}", field="predictor_options", found=dict(options)) from None
