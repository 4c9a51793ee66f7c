"""How loops over arrays are compiled, for searches and domains alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile a function on first use, without the interpreter lock and with a cache on disk.

    Numba carries no annotations: the cast tells type checkers that a kernel is called like the function it was made from.
    """
    return cast("Function", numba.njit(nogil=True, cache=True, error_model="numpy")(function))
