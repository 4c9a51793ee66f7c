"""Vector-Jacobian products of arithmetic and of the functions of NumPy that workflows use most."""

from __future__ import annotations

from typing import Any

import numpy as np

from braess.errors import InputError
from braess.trace.operators import Derivative

_MATRIX = 2  # dimensions of arrays that products are differentiated for, at most


def matched(adjoint: Any, value: Any) -> Any:
    """Sum an adjoint over the axes along which a value was broadcast."""
    shape = np.shape(value)
    array = np.asarray(adjoint, dtype=np.float64)
    if array.shape == shape:
        return array if shape else float(array)
    array = array.sum(axis=tuple(range(array.ndim - len(shape))))
    stretched = tuple(i for i, size in enumerate(shape) if size == 1 and array.shape[i] != 1)
    array = np.broadcast_to(array.sum(axis=stretched, keepdims=True), shape)
    return array if shape else float(array)


def _unary(slope: Any) -> Derivative:
    """Return the product of a function of one argument from its slope at (output, argument)."""
    return lambda adjoint, output, x: (adjoint * slope(output, x),)


def _binary(left: Any, right: Any) -> Derivative:
    """Return the product of a function of two arguments that broadcast from its slopes at (output, a, b)."""

    def product(adjoint: Any, output: Any, a: Any, b: Any) -> tuple[Any, Any]:
        slopes = [slope(output, a, b) for slope in (left, right)]
        return matched(adjoint * slopes[0], a), matched(adjoint * slopes[1], b)

    return product


def _flat(adjoint: Any, output: Any, *arguments: Any, **_: Any) -> tuple[None, ...]:
    """Return zeros: the function is constant almost everywhere."""
    del adjoint, output
    return (None,) * len(arguments)


def _exponent_slope(output: Any, base: Any, _: Any) -> Any:
    base = np.asarray(base, dtype=np.float64)
    logarithm = np.log(np.where(base > 0, base, 1.0))
    return np.where(base < 0, np.nan, output * logarithm)


def _power_slope(_: Any, base: Any, exponent: Any) -> Any:
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = exponent * np.power(np.asarray(base, dtype=np.float64), np.asarray(exponent, dtype=np.float64) - 1.0)
    return np.where(np.asarray(exponent) == 0, 0.0, slope)


def _larger(a: Any, b: Any) -> Any:
    """Return 1 where ``a`` is larger, one half where both are equal."""
    return np.heaviside(np.subtract(a, b, dtype=np.float64), 0.5)


def _matmul(adjoint: Any, _: Any, a: Any, b: Any) -> tuple[Any, Any]:
    a, b, adjoint = (np.asarray(part, dtype=np.float64) for part in (a, b, adjoint))
    if not 1 <= min(a.ndim, b.ndim) <= max(a.ndim, b.ndim) <= _MATRIX:
        raise InputError("no derivative of such a product", found=(a.shape, b.shape), expected="vectors or matrices")
    rows = a[None] if a.ndim == 1 else a
    columns = b[:, None] if b.ndim == 1 else b
    whole = adjoint.reshape(len(rows), columns.shape[1])
    return (whole @ columns.T).reshape(a.shape), (rows.T @ whole).reshape(b.shape)


def _item(adjoint: Any, _: Any, whole: Any, key: Any) -> tuple[Any, None]:
    if isinstance(whole, dict):
        return {key: adjoint}, None
    if isinstance(whole, list | tuple):
        parts: list[Any] = [None] * len(whole)
        parts[key] = adjoint
        return parts, None
    back = np.zeros(np.shape(whole))
    np.add.at(back, key, adjoint)
    return back, None


def _sum(adjoint: Any, _: Any, x: Any, *rest: Any, axis: Any = None, keepdims: bool = False) -> tuple[Any, ...]:
    axis = rest[0] if rest else axis
    if axis is not None and not keepdims:
        adjoint = np.expand_dims(adjoint, axis)
    return np.broadcast_to(adjoint, np.shape(x)) + 0.0, *(None for _ in rest)


def _mean(adjoint: Any, output: Any, x: Any, *rest: Any, **options: Any) -> tuple[Any, ...]:
    return _sum(np.multiply(adjoint, np.size(output) / max(1, np.size(x))), output, x, *rest, **options)


def _where(adjoint: Any, _: Any, chosen: Any, a: Any, b: Any) -> tuple[Any, Any, Any]:
    return None, matched(np.where(chosen, adjoint, 0.0), a), matched(np.where(chosen, 0.0, adjoint), b)


def _clip(adjoint: Any, output: Any, x: Any, *bounds: Any, **_: Any) -> tuple[Any, ...]:
    """Differentiate by what is clipped where it is not, and by a bound where it is."""
    inside = np.equal(output, x)
    back = (None if bound is None else matched(np.where(~inside & (output == bound), adjoint, 0.0), bound) for bound in bounds)
    return matched(np.where(inside, adjoint, 0.0), x), *back


def _stack(adjoint: Any, _: Any, parts: Any, *rest: int, axis: int = 0) -> tuple[Any, ...]:
    axis = rest[0] if rest else axis
    return [np.take(adjoint, i, axis=axis) for i in range(len(parts))], *(None for _ in rest)


def _concatenate(adjoint: Any, _: Any, parts: Any, *rest: int, axis: int = 0) -> tuple[Any, ...]:
    axis = rest[0] if rest else axis
    ends = np.cumsum([np.shape(part)[axis] for part in parts])[:-1]
    return np.split(np.asarray(adjoint), ends, axis=axis), *(None for _ in rest)


_COMPARISONS = ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
_STEPS = (*_COMPARISONS, "floor_divide", "floor", "ceil", "rint", "sign", "logical_and", "logical_or", "logical_not")

DERIVATIVES: dict[str, Derivative] = {
    "add": _binary(lambda *_: 1.0, lambda *_: 1.0),
    "subtract": _binary(lambda *_: 1.0, lambda *_: -1.0),
    "multiply": _binary(lambda *given: given[2], lambda *given: given[1]),
    "divide": _binary(lambda *given: 1.0 / given[2], lambda *given: -given[0] / given[2]),
    "power": _binary(_power_slope, _exponent_slope),
    "remainder": _binary(lambda *_: 1.0, lambda _, a, b: -np.floor_divide(a, b)),
    "maximum": _binary(lambda _, a, b: _larger(a, b), lambda _, a, b: _larger(b, a)),
    "minimum": _binary(lambda _, a, b: _larger(b, a), lambda _, a, b: _larger(a, b)),
    "matmul": _matmul,
    "dot": _matmul,
    "negative": _unary(lambda *_: -1.0),
    "positive": _unary(lambda *_: 1.0),
    "absolute": _unary(lambda _, x: np.sign(x)),
    "exp": _unary(lambda output, _: output),
    "expm1": _unary(lambda output, _: output + 1.0),
    "log": _unary(lambda _, x: 1.0 / x),
    "log1p": _unary(lambda _, x: 1.0 / (1.0 + x)),
    "sqrt": _unary(lambda output, _: 0.5 / output),
    "square": _unary(lambda _, x: 2.0 * x),
    "reciprocal": _unary(lambda output, _: -(output**2)),
    "sin": _unary(lambda _, x: np.cos(x)),
    "cos": _unary(lambda _, x: -np.sin(x)),
    "tanh": _unary(lambda output, _: 1.0 - output**2),
    "arctan": _unary(lambda _, x: 1.0 / (1.0 + x**2)),
    "item": _item,
    "sum": _sum,
    "mean": _mean,
    "where": _where,
    "clip": _clip,
    "stack": _stack,
    "concatenate": _concatenate,
    **dict.fromkeys(_STEPS, _flat),
}
"""By the name of the operator, which for functions of NumPy is theirs."""
