"""The units a network is stated in: files do not say, so whoever asks for emissions must."""

from __future__ import annotations

from dataclasses import dataclass

from braess.errors import InputError, nearest

_HOURS = {"s": 1 / 3600, "min": 1 / 60, "h": 1.0}
_MILES = {"m": 1 / 1609.344, "km": 1000 / 1609.344, "ft": 1 / 5280, "mi": 1.0}


@dataclass(frozen=True)
class Units:
    """Units of travel times and lengths.

    Parameters
    ----------
    time
        ``"s"``, ``"min"``, ``"h"``, or ``None`` where unknown.
    length
        ``"m"``, ``"km"``, ``"ft"``, ``"mi"``, or ``None`` where unknown.
    """

    time: str | None = None
    length: str | None = None

    def __post_init__(self) -> None:
        """Check the names."""
        for field, value, known in (("time", self.time, _HOURS), ("length", self.length, _MILES)):
            if value is not None and value not in known:
                raise InputError(
                    f"unknown unit{nearest(value, known)}",
                    field=f"{field}_unit",
                    found=value,
                    expected=f"one of {', '.join(known)}",
                )

    @property
    def hours(self) -> float:
        """Hours in one unit of time; `InputError` where the unit is unknown."""
        if self.time is None:
            raise InputError(
                "the unit of travel times must be stated", field="time_unit", expected=f"one of {', '.join(_HOURS)}"
            )
        return _HOURS[self.time]

    @property
    def miles(self) -> float:
        """Miles in one unit of length; `InputError` where the unit is unknown."""
        if self.length is None:
            raise InputError("the unit of lengths must be stated", field="length_unit", expected=f"one of {', '.join(_MILES)}")
        return _MILES[self.length]
