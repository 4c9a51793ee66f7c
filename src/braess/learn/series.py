"""Series of readings of sensors on a network, with what is missing marked, and how wrong forecasts of them are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from braess.errors import InputError
from braess.learn.examples import parts

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Series:
    """Readings at equal steps of time.

    Parameters
    ----------
    values
        ``[t, v]`` readings of ``v`` sensors, in units of their own; of no meaning where they are missing.
    known
        ``[t, v]`` which readings there are.
    adjacency
        ``[v, v]`` weights between sensors, not negative: how much the sensor of the row takes from that of the column.
    day
        Steps of a day.
    first
        Step of the day of the first reading, counted from 0.

    Raises
    ------
    InputError
        Shapes do not match, `known` is not of truth values, something known is no number, nothing is known, or a weight or
        number of steps is impossible.
    """

    values: Floats
    known: Bools
    adjacency: Floats
    day: int
    first: int = 0

    def __post_init__(self) -> None:
        """Check that all is of the same sensors."""
        if self.values.ndim != 2 or not self.values.size:
            raise InputError("not one row for each step of time", field="values", found=self.values.shape, expected="[t, v]")
        sensors = self.values.shape[1]
        for name, found, shape in (
            ("known", self.known.shape, self.values.shape),
            ("adjacency", self.adjacency.shape, (sensors, sensors)),
        ):
            if found != shape:
                raise InputError("this is of other sensors or steps", field=name, found=found, expected=str(shape))
        if self.known.dtype != np.bool_:
            raise InputError("these are no truth values", field="known", found=str(self.known.dtype), expected="bool")
        if not np.isfinite(self.values[self.known]).all():
            raise InputError("some known readings are no numbers", field="values", expected="those marked as missing")
        if not self.known.any():
            raise InputError("no reading is known", field="known", expected="at least one")
        if not (np.isfinite(self.adjacency) & (self.adjacency >= 0.0)).all():
            raise InputError("impossible weights", field="adjacency", expected="numbers of at least 0")
        if self.day < 1 or not 0 <= self.first < self.day:
            found_steps = f"{self.first} of {self.day}"
            raise InputError("impossible step of the day", field="first", found=found_steps, expected="one of at least one")

    @classmethod
    def of(cls, values: Floats, adjacency: Floats, *, day: int, first: int = 0) -> Series:
        """Return a series in which readings of 0 and those that are no number are missing, as detectors write them."""
        return cls(values, np.isfinite(values) & (values != 0.0), adjacency, day, first)

    def __len__(self) -> int:
        """Return the number of steps ``t``."""
        return len(self.values)

    @property
    def sensors(self) -> int:
        """Number of sensors."""
        return int(self.values.shape[1])

    @property
    def time_of_day(self) -> Floats:
        """Share of the day that has passed at each step, ``[t]``."""
        return (self.first + np.arange(len(self))) % self.day / self.day

    def split(self, *shares: float) -> tuple[Series, ...]:
        """Part the series in time, by shares that add up to 1.

        Raises
        ------
        InputError
            The shares do not add up to 1, or some part is empty or has no known reading.
        """
        return tuple(
            replace(self, values=self.values[part], known=self.known[part], first=(self.first + part.start) % self.day)
            for part in parts(len(self), shares)
        )

    def futures(self, window: int, horizon: int) -> tuple[Floats, Bools]:
        """Return what follows each window of readings, and what is known of it, ``[n, horizon, v]`` each.

        Parameters
        ----------
        window, horizon
            Steps of a window, and after it.

        Raises
        ------
        InputError
            The series is too short for one.
        """
        if len(self) < window + horizon:
            raise InputError("the series is too short", field="values", found=len(self), expected=f"{window + horizon} steps")
        values, known = (
            np.lib.stride_tricks.sliding_window_view(array[window:], horizon, axis=0).swapaxes(1, 2)
            for array in (self.values, self.known)
        )
        return values, known

    def errors(self, forecasts: Floats, window: int) -> Floats:
        """Return the mean absolute error of forecasts in each step after the window, over known readings only, ``[horizon]``.

        Parameters
        ----------
        forecasts
            ``[n, horizon, v]`` from the first windows on; those that the series ends before are left out.
        window
            Steps of a window.

        Returns
        -------
        Errors in the units of readings; not-a-number where no reading is known.

        Raises
        ------
        InputError
            The forecasts have no three axes, are of other sensors, or of fewer windows than can be compared.
        """
        if forecasts.ndim != 3:
            raise InputError("not one forecast for each window", field="forecasts", found=forecasts.shape, expected="[n, h, v]")
        truth, known = self.futures(window, forecasts.shape[1])
        if len(forecasts) < len(truth) or forecasts.shape[2] != self.sensors:
            expected = f"at least {truth.shape}"
            raise InputError("not one forecast for each window", field="forecasts", found=forecasts.shape, expected=expected)
        gaps = np.abs(np.where(known, forecasts[: len(truth)] - truth, 0.0)).sum(axis=(0, 2))
        count = known.sum(axis=(0, 2))
        found: Floats = np.divide(gaps, count, out=np.full(len(count), np.nan), where=count > 0)
        return found


def distance_adjacency(distance: Floats, threshold: float = 0.1) -> Floats:
    """Return weights ``[v, v]`` that fall with distance: ``exp(-(distance / deviation) ** 2)``, 0 below a threshold.

    Parameters
    ----------
    distance
        ``[v, v]`` between sensors, in any unit; infinite where no road leads. The deviation is that of all finite ones.
    threshold
        The least weight that counts.

    Raises
    ------
    InputError
        Distances are no square, negative, or all the same.

    References
    ----------
    Li et al., "Diffusion convolutional recurrent neural network", ICLR 2018, arXiv:1707.01926, section 4.
    """
    if distance.ndim != 2 or len(set(distance.shape)) != 1:
        raise InputError("not a distance for each pair", field="distance", found=distance.shape, expected="[v, v]")
    if not (distance >= 0.0).all():
        raise InputError("impossible distance", field="distance", found=float(np.min(distance)), expected="at least 0")
    finite = distance[np.isfinite(distance)]
    deviation = float(finite.std()) if finite.size else 0.0
    if deviation == 0.0:
        raise InputError("all distances are the same", field="distance", expected="some that differ")
    weights = np.exp(-((distance / deviation) ** 2))
    return np.where(weights >= threshold, weights, 0.0)
