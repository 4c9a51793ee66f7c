"""Finds searches by name: every class under the entry point group ``braess.searches``, ours and third parties'."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

from braess.errors import InputError, nearest
from braess.search.base import Search


@cache
def searches() -> dict[str, type[Search]]:
    """Return all installed searches by the name a study file uses, sorted."""
    return {point.name: point.load() for point in sorted(entry_points(group="braess.searches"), key=lambda point: point.name)}


def find(name: str, *, field: str = "method") -> type[Search]:
    """Return one search class; an unknown name raises `InputError` with the nearest right one, and the field it stood in."""
    known = searches()
    if name not in known:
        raise InputError(
            f"no such search{nearest(name, known)}", field=field, found=name, expected=f"one of {', '.join(known)}"
        )
    return known[name]
