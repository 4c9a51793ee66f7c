"""Los-loop is read whole from the folder of larger data, or it is said what is wrong with it."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from braess.domains import road
from braess.domains.road.los_loop import SPEEDS, WEIGHTS
from braess.errors import InputError

DATA = Path(os.environ.get("BRAESS_DATA", ""))
NAMES = ",".join(str(at) for at in range(207))


def write(folder: Path, path: Path, text: str) -> None:
    (folder / path).parent.mkdir(exist_ok=True)
    with gzip.open(folder / path, "wt") as file:
        file.write(text)


@pytest.mark.skipif(not (DATA / SPEEDS).is_file(), reason=f"BRAESS_DATA names no folder with {SPEEDS.as_posix()}")
def test_the_week_is_whole() -> None:
    """Because these are its published figures: no reading missing, all between 1 and 70 miles an hour, weights both ways."""
    series = road.load_los_loop()
    assert (len(series), series.sensors, series.day, series.known.all()) == (2016, 207, 288, True)
    assert 1 <= series.values.min() <= series.values.max() <= 70
    assert np.count_nonzero(series.adjacency) == 2833
    assert np.array_equal(series.adjacency, series.adjacency.T)


def test_where_it_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Because who lacks the files must be told which, and where they belong."""
    monkeypatch.delenv("BRAESS_DATA", raising=False)
    with pytest.raises(InputError, match=r"not shipped.*los_speed.*los_adj.*BRAESS_DATA names, which is not set"):
        road.load_los_loop()
    monkeypatch.setenv("BRAESS_DATA", str(tmp_path))
    with pytest.raises(InputError, match=str(tmp_path)):
        road.load_los_loop()
    write(tmp_path, SPEEDS, f"{NAMES}\n{NAMES}\n")
    with pytest.raises(InputError, match=r"los_adj\.csv\.gz.*no such file"):
        road.load_los_loop()


def test_other_weeks_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Because a file cut short would be compared with figures of the whole week."""
    monkeypatch.setenv("BRAESS_DATA", str(tmp_path))
    write(tmp_path, WEIGHTS, f"{NAMES}\n" * 207)
    write(tmp_path, SPEEDS, f"{NAMES}\n{NAMES}\n")
    with pytest.raises(InputError, match=r"los_speed.*found '1 of 207', expected 2016 steps of 207 detectors"):
        road.load_los_loop()
    write(tmp_path, SPEEDS, f"{NAMES}\n{NAMES.replace('5', 'five', 1)}\n")
    with pytest.raises(InputError, match=r"los_speed\.csv\.gz:2: column 6.*'five'"):
        road.load_los_loop()
