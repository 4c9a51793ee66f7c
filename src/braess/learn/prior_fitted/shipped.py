"""The prior-fitted networks that braess ships, by name."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files
from typing import Any

from braess.learn.prior_fitted.network import PriorNetwork
from braess.learn.prior_fitted.pretraining import read_network


def shipped(name: str) -> PriorNetwork:
    """Return the network ``values`` or ``labels``, ready to answer; every call the same one."""
    return _read(name)[0]


def facts_of(name: str) -> dict[str, Any]:
    """Return what a shipped network says of itself: shape, recipe, version of PyTorch, seconds of fitting, report."""
    return _read(name)[1]


@cache
def _read(name: str) -> tuple[PriorNetwork, dict[str, Any]]:
    with as_file(files("braess.learn.prior_fitted") / "weights" / f"{name}.net") as path:
        return read_network(path)
