"""How many designs there are: sums over options, products over variables, powers over repetitions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from braess.space._vector import Floats
from braess.space.structure import Choice, Repeat
from braess.space.variables import LeafVariable

if TYPE_CHECKING:
    from braess.space.space import Space, Variable


def cardinality(variables: Mapping[str, Variable]) -> float:
    """Return the number of different designs; infinite with a real variable or past the range of a float."""
    return math.prod((_number(variable) for variable in variables.values()), start=1.0)


def log_number(variables: Mapping[str, Variable]) -> float:
    """Return the natural logarithm of the number of designs, where a real counts as one: finite for any space."""
    return sum(_log_number(variable) for variable in variables.values())


def shares(variables: Mapping[str, Variable], prefix: str) -> Iterator[tuple[str, Floats]]:
    """Go through the leaves that open others, each with the share of its designs behind each of its values."""
    for name, variable in variables.items():
        path = prefix + name
        if isinstance(variable, Choice):
            yield path, _normal(_options(variable))
            for option, opened in variable.options.items():
                if opened is not None:
                    yield from shares(opened.variables, f"{path}.{option}.")
        elif isinstance(variable, Repeat):
            yield path, _normal(_counts(variable))
            for i in ("each",) if variable.tied else range(variable.high):
                yield from shares(variable.space.variables, f"{path}.{i}.")
        elif not isinstance(variable, LeafVariable):
            yield from shares(variable.variables, f"{path}.")


def _number(variable: Variable) -> float:
    if isinstance(variable, Choice):
        return sum(1.0 if opened is None else opened.cardinality for opened in variable.options.values())
    if isinstance(variable, Repeat):
        return sum(_power(variable.space, count if not variable.tied else min(count, 1)) for count in variable.counts)
    return variable.cardinality


def _power(space: Space, exponent: int) -> float:
    try:
        return float(space.cardinality**exponent)
    except OverflowError:
        return math.inf


def _log_number(variable: Variable) -> float:
    if isinstance(variable, Choice):
        return float(np.logaddexp.reduce(_options(variable)))
    if isinstance(variable, Repeat):
        return float(np.logaddexp.reduce(_counts(variable)))
    return variable.log_number


def _options(variable: Choice) -> Floats:
    """Return the logarithm of the number of designs behind each option."""
    return np.array([0.0 if opened is None else opened.log_number for opened in variable.options.values()])


def _counts(variable: Repeat) -> Floats:
    """Return the logarithm of the number of designs with each number of repetitions."""
    counts = np.array(variable.counts, dtype=np.float64)
    return np.minimum(counts, 1.0 if variable.tied else np.inf) * variable.space.log_number


def _normal(logarithms: Floats) -> Floats:
    parts: Floats = np.exp(logarithms - logarithms.max())
    return np.asarray(parts / parts.sum())
