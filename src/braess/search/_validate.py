"""Checks of hyper-parameters with messages that read the same everywhere."""

from __future__ import annotations

from braess.errors import InputError


def at_least(field: str, value: int, low: int) -> None:
    """Raise `InputError` unless a whole number is at least ``low``."""
    if not value >= low:
        raise InputError("too small", field=field, found=value, expected=f"at least {low}")


def positive(field: str, value: float) -> None:
    """Raise `InputError` unless a number is finite and above 0."""
    if not 0.0 < value < float("inf"):
        raise InputError("impossible value", field=field, found=value, expected="more than 0")


def between(field: str, value: float, low: float, high: float) -> None:
    """Raise `InputError` unless a number lies in ``[low, high]``."""
    if not low <= value <= high:
        raise InputError("out of range", field=field, found=value, expected=f"from {low:g} to {high:g}")


def one_of(field: str, value: str, options: tuple[str, ...]) -> None:
    """Raise `InputError` unless a word is one of the options."""
    if value not in options:
        raise InputError("unknown option", field=field, found=value, expected=f"one of {', '.join(options)}")


def not_negative(**numbers: float) -> None:
    """Raise `InputError` unless each named number is 0 or more."""
    for field, value in numbers.items():
        between(field, value, 0.0, float("inf"))
