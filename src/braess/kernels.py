"""How loops over arrays are compiled, for searches and domains alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile a function on first use, without the interpreter lock and with a cache on disk.

    Numba carries no annotations: the cast tells type checkers that a kernel is called like the function it was made from.
    The cache notices changes in the file of the kernel that is called, not in those it imports: after editing a kernel,
    remove ``__pycache__`` of the folders it is used in.
    """
    return cast("Function", numba.njit(nogil=True, cache=True, error_model="numpy")(function))


def lean(function: Function) -> Function:
    """Compile a function that neither makes nor returns arrays, without counting who refers to those it is given.

    Numba counts each time a function takes an array out of a tuple, which costs more than the work where that is little. Such a
    function may call `kernel` functions that return no arrays (one returned would never be freed), and `spliced` ones.
    """
    return cast("Function", numba.njit(nogil=True, cache=True, error_model="numpy", _nrt=False)(function))


def spliced(function: Function) -> Function:
    """Make a function part of each that calls it, as if it were written there: for those that return arrays they were given."""
    return cast("Function", numba.njit(nogil=True, cache=True, error_model="numpy", inline="always")(function))


def inlined(function: Function) -> Function:
    """Compile a function into its callers: for the few that are called once a link, where a call would cost as much."""
    return cast("Function", numba.njit(nogil=True, cache=True, error_model="numpy", forceinline=True)(function))
