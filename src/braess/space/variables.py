"""The plain variables a space is made of: binary, integer, categorical, real, permutation.

A variable with ``size`` is a vector of that many decisions of one kind (one array ``[n, size]`` for a batch of
``n`` designs); without, it is a scalar (one array ``[n]``). Inside braess every array is seen as ``[n, width]``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from braess.errors import InputError
from braess.space.discrete import Binary, Categorical, Integer
from braess.space.permutation import Permutation
from braess.space.real import Real

LeafVariable: TypeAlias = Binary | Integer | Categorical | Real | Permutation

LEAF_KINDS: dict[str, Callable[..., LeafVariable]] = {
    cls.kind: cls for cls in (Binary, Integer, Categorical, Real, Permutation)
}


def is_ordered(variable: LeafVariable) -> bool:
    """Tell whether neighbours among the values of a variable are alike: numbers and ordered options."""
    return isinstance(variable, Integer | Real) or (isinstance(variable, Categorical) and variable.ordered)


def restore(description: dict[str, Any]) -> LeafVariable:
    """Build a plain variable from what its ``describe`` wrote.

    Raises
    ------
    InputError
        The description is not one that ``describe`` writes.
    """
    settings: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in description.items() if key != "kind"}
    try:
        return LEAF_KINDS[description["kind"]](**settings)
    except (KeyError, TypeError) as error:
        raise InputError("not a description of a variable", found=description) from error
