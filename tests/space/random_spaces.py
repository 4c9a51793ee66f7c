"""Random spaces and designs for the property tests."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from braess.space import Binary, Categorical, Choice, Designs, Integer, LeafVariable, Permutation, Real, Repeat, Space

_SIZES = st.none() | st.integers(1, 4)


@st.composite
def leaf_variables(draw: Any) -> LeafVariable:
    """Draw a plain variable of any kind."""
    kind = draw(st.sampled_from(["binary", "integer", "categorical", "real", "log", "permutation"]))
    if kind == "permutation":
        return Permutation(size=draw(st.integers(1, 5)))
    size = draw(_SIZES)
    if kind == "binary":
        return Binary(size=size)
    if kind == "integer":
        low = draw(st.integers(-(10**6), 10**6))
        return Integer(low=low, high=low + draw(st.integers(0, 50)), size=size)
    if kind == "categorical":
        names = draw(st.lists(st.text(min_size=1, max_size=3), min_size=1, max_size=4, unique=True))
        return Categorical(options=tuple(names), size=size, ordered=draw(st.booleans()))
    if kind == "log":
        low = draw(st.floats(1e-6, 1.0))
        return Real(low=low, high=low * draw(st.floats(1.0, 1e6)), log=True, size=size)
    low = draw(st.floats(-1e6, 1e6))
    return Real(low=low, high=low + draw(st.floats(0.0, 1e6)), size=size)


@st.composite
def repeats(draw: Any, depth: int) -> Repeat:
    """Draw a repeat of any kind."""
    space, tied = draw(spaces(depth=depth)), draw(st.booleans())
    low = draw(st.integers(0, 2))
    high = max(1, low + draw(st.integers(0, 1)))
    if draw(st.booleans()):
        return Repeat(space, low, high, tied=tied)
    return Repeat(space, low, high + 1, among=(low, high + 1), tied=tied)


@st.composite
def spaces(draw: Any, depth: int = 2) -> Space:
    """Draw a space with conditional parts up to some depth."""
    kinds = ["leaf", "leaf", "choice", "repeat", "space"] if depth else ["leaf"]
    variables: dict[str, Any] = {}
    for i in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(kinds))
        if kind == "choice":
            options = draw(st.integers(1, 3))
            variables[f"v{i}"] = Choice({f"o{j}": draw(st.none() | spaces(depth=depth - 1)) for j in range(options)})
        elif kind == "repeat":
            variables[f"v{i}"] = draw(repeats(depth - 1))
        elif kind == "space":
            variables[f"v{i}"] = draw(spaces(depth=depth - 1))
        else:
            variables[f"v{i}"] = draw(leaf_variables())
    return Space(variables)


@st.composite
def batches(draw: Any, least: int = 0) -> Designs:
    """Draw a space and a batch of its designs."""
    space = draw(spaces())
    return space.sample(draw(st.integers(least, 6)), np.random.default_rng(draw(st.integers(0, 2**32 - 1))))
