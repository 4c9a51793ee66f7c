"""Constructions by name, as study files write them."""

from __future__ import annotations

from braess.learn.gflownet.any_order import AnyOrder
from braess.learn.gflownet.construction import Construction
from braess.learn.gflownet.increments import Increments
from braess.learn.gflownet.ordered import Ordered
from braess.space import Space

CONSTRUCTIONS = ("ordered", "any-order", "increments")


def construction_of(space: Space, name: str, digits: int = 3) -> Construction:
    """Return the construction of this name, one of `CONSTRUCTIONS`, for a space.

    Raises
    ------
    InputError
        It does not fit the space.
    """
    if name == "ordered":
        return Ordered(space, digits)
    return AnyOrder(space) if name == "any-order" else Increments(space)
