"""Los-loop: a week of speeds on the freeways of Los Angeles, to try forecasts on. It is not shipped."""

from __future__ import annotations

from pathlib import Path

from braess.data_folder import data_roots, where_to_look
from braess.domains.road.catalogue import SHIPPED
from braess.errors import InputError
from braess.learn.series import Series
from braess.learn.series_file import read_series

SPEEDS, WEIGHTS = Path("traffic", "los_speed.csv.gz"), Path("traffic", "los_adj.csv.gz")
_DAYS, _DAY, _DETECTORS = 7, 288, 207  # steps of five minutes


def load_los_loop() -> Series:
    """Return the week that is known as Los-loop: 207 detectors, 2,016 steps of five minutes, in miles per hour.

    Whoever made it filled in what was missing, so all readings are known. Weights between detectors fall with distance along
    roads.

    Raises
    ------
    InputError
        ``traffic/los_speed.csv.gz`` or ``traffic/los_adj.csv.gz`` is not in the folder that ``BRAESS_DATA`` names, cannot be
        read, or is not of this week.

    References
    ----------
    Zhao et al., "T-GCN: A temporal graph convolutional network for traffic prediction", IEEE Transactions on Intelligent
    Transportation Systems 21 (2020), arXiv:1811.05320; https://github.com/lehaifeng/T-GCN.
    """
    for root in data_roots(SHIPPED):
        if (root / SPEEDS).exists() or (root / WEIGHTS).exists():
            return _read(root / SPEEDS, root / WEIGHTS)
    expected = f"{SPEEDS.as_posix()} and {WEIGHTS.as_posix()}; {where_to_look()}"
    raise InputError("this series is not shipped", field="series", found="los-loop", expected=expected)


def _read(speeds: Path, weights: Path) -> Series:
    series = read_series(speeds, weights, day=_DAY)
    if series.values.shape != (_DAYS * _DAY, _DETECTORS):
        expected = f"{_DAYS * _DAY} steps of {_DETECTORS} detectors"
        found = f"{len(series)} of {series.sensors}"
        raise InputError("this is not the week of Los-loop", file=speeds, found=found, expected=expected)
    return series
