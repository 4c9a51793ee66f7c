"""Volume-delay functions: how the travel time of a link grows with its flow, separable and convex.

The travel time is ``free_flow_time + weight * growth(r)`` with the volume-capacity ratio ``r``, where the growth is zero at
an empty link. Each function says what its weight and its growth are, with all derivatives that equilibria, optima and
sensitivities need; the compiled solver has its own copy of the arithmetic (``equilibrium/_curve.py``).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import IntEnum
from typing import ClassVar, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from braess.errors import InputError, nearest

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]


class Level(NamedTuple):
    """The growth of the delay at a volume-capacity ratio ``r``, each ``[..., links]``."""

    value: Floats
    lift: Floats
    """``r`` times the derivative by ``r``: what one more vehicle costs all those on the link."""
    mean: Floats
    """Integral from zero to ``r``, over ``r``."""


class Steepness(NamedTuple):
    """Derivatives of the growth at a volume-capacity ratio ``r`` and a capacity ``c``, each ``[..., links]``."""

    slope: Floats
    """By ``r``."""
    bend: Floats
    """Twice by ``r``."""
    pull: Floats
    """``-c`` times that by ``c`` at fixed ``r``."""
    pull_slope: Floats
    """``-c`` times that of the slope by ``c`` at fixed ``r``."""


class Hyperbola(NamedTuple):
    """Shape of a growth ``a r + sqrt(q(r)) - sqrt(q(0))`` with ``q(r) = (a (r - 1))**2 + tilt r + gap``, each ``[links]``."""

    steepness: Floats
    tilt: Floats
    gap: Floats


class VolumeDelay(ABC):
    """One volume-delay function; its two parameters stand in the columns ``b`` and ``power`` of a network."""

    name: ClassVar[str]
    expected: ClassVar[str]
    """What the parameters must be, in words."""

    @abstractmethod
    def weight_by_time(self, b: Floats) -> Floats:
        """Return the derivative of the weight by the free-flow time, ``[links]``."""

    @abstractmethod
    def weight(self, free_flow_time: Floats, b: Floats) -> Floats:
        """Return what the growth is multiplied by, ``[links]`` in time units."""

    def power_counted_in(self, units: float, power: Floats) -> Floats:
        """Return ``power`` where flows are counted in so many of their units: the same, unless it is itself in flow units."""
        return power

    @abstractmethod
    def level(self, ratio: Floats, inverse_capacity: Floats, power: Floats) -> Level:
        """Return the growth at volume-capacity ratios ``[..., links]``; where closed, ratio and inverse capacity are 0."""

    @abstractmethod
    def steepness(self, ratio: Floats, inverse_capacity: Floats, power: Floats) -> Steepness:
        """Return its derivatives, as `level`."""

    def hyperbola(self, inverse_capacity: Floats, power: Floats) -> Hyperbola | None:
        """Return the shape of the growth on each link ``[..., links]`` where it is a hyperbola, ``None`` for a power."""
        return None

    @abstractmethod
    def wrong(self, capacity: Floats, power: Floats) -> Bools:
        """Return on which links the function would not be convex and increasing, ``[links]``."""


class Bpr(VolumeDelay):
    """``t0 (1 + b r**power)`` (Bureau of Public Roads, Traffic Assignment Manual, 1964)."""

    name = "bpr"
    expected = "power of at least 0"

    def weight_by_time(self, b: Floats) -> Floats:
        """Return ``b``."""
        return b

    def weight(self, free_flow_time: Floats, b: Floats) -> Floats:
        """Return ``t0 b``."""
        return free_flow_time * b

    def level(self, ratio: Floats, inverse_capacity: Floats, power: Floats) -> Level:
        """Return ``r**power``; a power of 0 is a constant delay, also on an empty link."""
        value = ratio**power
        return Level(value, power * value, value / (power + 1.0))

    def steepness(self, ratio: Floats, inverse_capacity: Floats, power: Floats) -> Steepness:
        """Return the derivatives, infinite on an empty link for powers below 1."""
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.where(power > 0, power * ratio ** (power - 1.0), 0.0)
            bend = np.where((power > 0) & (power != 1), power * (power - 1.0) * ratio ** (power - 2.0), 0.0)
        nothing = np.zeros_like(slope)
        return Steepness(slope, bend, nothing, nothing)

    def wrong(self, capacity: Floats, power: Floats) -> Bools:
        """Refuse negative powers."""
        return np.asarray(power < 0)


class _Hyperbolic(VolumeDelay):
    """A function whose growth is a hyperbola."""

    @abstractmethod
    def hyperbola(self, inverse_capacity: Floats, power: Floats) -> Hyperbola:
        """Return the shape on each link, ``[..., links]``."""

    def level(self, ratio: Floats, inverse_capacity: Floats, power: Floats) -> Level:
        """Return the growth and its integral in closed form."""
        steep, tilt, gap = self.hyperbola(inverse_capacity, power)
        square = steep**2
        half, start = square * (ratio - 1.0) + 0.5 * tilt, 0.5 * tilt - square  # half the derivative of q at r and at 0
        root, first = np.sqrt(square * (ratio - 1.0) ** 2 + tilt * ratio + gap), np.sqrt(square + gap)
        spread = square * (gap + tilt) - 0.25 * tilt**2  # a quarter of the negative discriminant of q
        narrow = np.sqrt(spread)
        area = (half * root - start * first) / (2.0 * square)
        area = area + spread / (2.0 * steep**3) * (np.arcsinh(half / narrow) - np.arcsinh(start / narrow))
        total = 0.5 * steep * ratio**2 - first * ratio + area
        return Level(
            value=steep * ratio + root - first,
            lift=ratio * (steep + half / root),
            mean=np.divide(total, ratio, out=np.zeros_like(total), where=ratio > 0),
        )

    def steepness(self, ratio: Floats, inverse_capacity: Floats, power: Floats) -> Steepness:
        """Return the derivatives in closed form."""
        steep, tilt, gap = self.hyperbola(inverse_capacity, power)
        square = steep**2
        half = square * (ratio - 1.0) + 0.5 * tilt
        root = np.sqrt(square * (ratio - 1.0) ** 2 + tilt * ratio + gap)
        return Steepness(
            slope=steep + half / root,
            bend=(square * (gap + tilt) - 0.25 * tilt**2) / root**3,
            pull=0.5 * tilt * ratio / root,
            pull_slope=0.5 * tilt * (1.0 - ratio * half / root**2) / root,
        )


class Conical(_Hyperbolic):
    """``t0 (1 + b (h(r) - 1))`` with Spiess's conical function ``h``, whose steepness stands in ``power``.

    ``h(r) = 2 + sqrt(a**2 (1 - r)**2 + e**2) - a (1 - r) - e`` with ``e = (2 a - 1) / (2 a - 2)``, so that the time of an
    empty link doubles at capacity for ``b = 1``, the published function.

    References
    ----------
    Spiess, "Conical volume-delay functions", Transportation Science 24 (1990) 153-158, doi:10.1287/trsc.24.2.153.
    """

    name = "conical"
    expected = "a steepness (power) above 1"

    def weight_by_time(self, b: Floats) -> Floats:
        """Return ``b``."""
        return b

    def weight(self, free_flow_time: Floats, b: Floats) -> Floats:
        """Return ``t0 b``."""
        return free_flow_time * b

    def hyperbola(self, inverse_capacity: Floats, power: Floats) -> Hyperbola:
        """Return the shape; capacities do not matter beside the ratio."""
        return Hyperbola(power, np.zeros_like(power), ((2.0 * power - 1.0) / (2.0 * power - 2.0)) ** 2)

    def wrong(self, capacity: Floats, power: Floats) -> Bools:
        """Refuse a steepness of 1 and below."""
        return np.asarray(power <= 1)


class Akcelik(_Hyperbolic):
    """``t0 + b ((r - 1) + sqrt((r - 1)**2 + power r / c))``, Akçelik's time-dependent function.

    For an analysis period ``T`` and a delay parameter ``J``: ``b = T / 4`` in time units, and ``power = 8 J / T``, with flows
    and capacities ``c`` in vehicles in the unit of time of ``T``.

    References
    ----------
    Akçelik, "Travel time functions for transport planning purposes: Davidson's function, its time-dependent form and an
    alternative travel time function", Australian Road Research 21 (1991) 49-59, equation 7.
    """

    name = "akcelik"
    expected = "power above 0 and below 4 x capacity"

    def weight_by_time(self, b: Floats) -> Floats:
        """Return zeros: the delay does not depend on the free-flow time."""
        return np.zeros_like(b)

    def weight(self, free_flow_time: Floats, b: Floats) -> Floats:
        """Return ``b``."""
        return b + np.zeros_like(free_flow_time)

    def power_counted_in(self, units: float, power: Floats) -> Floats:
        """Return ``power``, which is in flow units."""
        return power / units

    def hyperbola(self, inverse_capacity: Floats, power: Floats) -> Hyperbola:
        """Return the shape."""
        tilt = power * np.where(inverse_capacity > 0, inverse_capacity, 1.0 / power)  # a closed link may have any shape
        return Hyperbola(np.ones_like(tilt), tilt, np.zeros_like(tilt))

    def wrong(self, capacity: Floats, power: Floats) -> Bools:
        """Refuse what makes the delay concave or not smooth."""
        return np.asarray(~((power > 0) & (power < 4.0 * capacity)))


class DelayFunction(IntEnum):
    """Which function gives the delay of a link, as a network stores it."""

    BPR = 0
    CONICAL = 1
    AKCELIK = 2

    @property
    def formula(self) -> VolumeDelay:
        """Its arithmetic."""
        return _FORMULAS[self]

    @classmethod
    def named(cls, name: str) -> DelayFunction:
        """Return the function called ``"bpr"``, ``"conical"`` or ``"akcelik"``; `InputError` for any other name."""
        known = {function.formula.name: function for function in cls}
        if name not in known:
            raise InputError(
                f"unknown volume-delay function{nearest(name, known)}",
                field="delay_function",
                found=name,
                expected=f"one of {', '.join(known)}",
            )
        return known[name]


_FORMULAS: dict[int, VolumeDelay] = {
    DelayFunction.BPR: Bpr(),
    DelayFunction.CONICAL: Conical(),
    DelayFunction.AKCELIK: Akcelik(),
}


class Delays:
    """The volume-delay functions of all links.

    Parameters
    ----------
    function
        ``[links]`` codes of `DelayFunction`.
    b, power
        ``[links]`` their parameters.
    """

    def __init__(self, function: Ints, b: Floats, power: Floats) -> None:
        self.b, self.power = b, power
        codes = np.unique(function).tolist()
        everywhere: Bools | slice = slice(None)
        self.groups: list[tuple[DelayFunction, Bools | slice]] = [
            (DelayFunction(code), function == code if len(codes) > 1 else everywhere) for code in codes
        ]
        """The functions in use, with the links that use each."""
        self.weight_by_time = self._gather(lambda formula, own: formula.weight_by_time(b[own]))
        """``[links]`` derivative of the weight by the free-flow time."""

    def only(self, formula: type[VolumeDelay]) -> bool:
        """Whether all links use one function."""
        return all(isinstance(function.formula, formula) for function, _ in self.groups)

    def weight(self, free_flow_time: Floats) -> Floats:
        """Return what the growth is multiplied by, ``[links]`` in time units."""
        return self._gather(lambda formula, own: formula.weight(free_flow_time[own], self.b[own]))

    def level(self, ratio: Floats, inverse_capacity: Floats) -> Level:
        """Return the growth at volume-capacity ratios ``[..., links]``.

        ``inverse_capacity`` is ``[..., links]`` per flow unit, zero where a link is closed.
        """
        if len(self.groups) == 1:
            return self.groups[0][0].formula.level(ratio, inverse_capacity, self.power)
        inverse = np.broadcast_to(inverse_capacity, ratio.shape)
        parts = Level(*(np.zeros(ratio.shape) for _ in Level._fields))
        for function, own in self.groups:
            found = function.formula.level(ratio[..., own], inverse[..., own], self.power[own])
            for part, values in zip(parts, found, strict=True):
                part[..., own] = values
        return parts

    def power_counted_in(self, units: float) -> Floats:
        """Return the powers ``[links]`` where flows and capacities are counted in so many of their units."""
        return self._gather(lambda formula, own: formula.power_counted_in(units, self.power[own]))

    def steepness(self, ratio: Floats, inverse_capacity: Floats) -> Steepness:
        """Return the derivatives of the growth at volume-capacity ratios ``[links]``."""
        parts = Steepness(*(np.zeros(ratio.shape) for _ in Steepness._fields))
        for function, own in self.groups:
            found = function.formula.steepness(ratio[own], inverse_capacity[own], self.power[own])
            for part, values in zip(parts, found, strict=True):
                part[own] = values
        return parts

    def _gather(self, compute: Callable[[VolumeDelay, Bools | slice], Floats]) -> Floats:
        if len(self.groups) == 1:
            function, everywhere = self.groups[0]
            return compute(function.formula, everywhere)
        result = np.zeros(self.b.shape)
        for function, own in self.groups:
            result[own] = compute(function.formula, own)
        return result
