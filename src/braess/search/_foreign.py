"""Classes of other libraries by the names users write: one of the library, or ``package.module:Class`` of somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from braess.errors import InputError, nearest


def foreign_class(field: str, written: str, known: Mapping[str, type[Any]], base: type[Any]) -> type[Any]:
    """Return the class that a user named.

    Parameters
    ----------
    field
        The hyper-parameter that names it, such as ``sampler``; said in errors.
    written
        What it says.
    known
        Classes of the library by name.
    base
        What it must derive from.

    Raises
    ------
    InputError
        There is no such class, or it derives from something else.
    """
    module, _, name = written.rpartition(":")
    try:
        found: Any = getattr(import_module(module), name) if module else known[name]
    except (ImportError, AttributeError, KeyError):
        message = f"there is no such {field}{nearest(written, known)}"
        expected = f"one of {', '.join(sorted(known))}, or package.module:Class"
        raise InputError(message, field=field, found=written, expected=expected) from None
    if not (isinstance(found, type) and issubclass(found, base)):
        raise InputError(
            f"this is no {field}", field=field, found=written, expected=f"a class that derives from {base.__name__}"
        )
    return found
