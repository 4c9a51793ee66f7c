"""Series of sensors: what is missing counts for nothing, errors are those of a plain loop, files are read or refused."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from braess.errors import InputError
from braess.learn.series import Series, distance_adjacency
from braess.learn.series_file import read_series


def drawn(seed: int, steps: int = 20, sensors: int = 3, missing: float = 0.3) -> Series:
    rng = np.random.default_rng(seed)
    return Series(
        rng.normal(size=(steps, sensors)), rng.random((steps, sensors)) >= missing, np.eye(sensors), day=7, first=seed % 7
    )


@given(seed=st.integers(0, 1000), window=st.integers(1, 5), horizon=st.integers(1, 5))
def test_errors_are_those_of_a_plain_loop(seed: int, window: int, horizon: int) -> None:
    series = drawn(seed)
    forecasts = np.random.default_rng(seed + 1).normal(size=(len(series) - window + 1, horizon, 3))
    expected = []
    for ahead in range(horizon):
        gaps = [
            abs(forecasts[start, ahead, sensor] - series.values[start + window + ahead, sensor])
            for start in range(len(series) - window - horizon + 1)
            for sensor in range(3)
            if series.known[start + window + ahead, sensor]
        ]
        expected.append(np.mean(gaps))
    assert series.errors(forecasts, window) == pytest.approx(np.array(expected))


@given(seed=st.integers(0, 1000))
def test_what_is_missing_changes_no_error(seed: int) -> None:
    series = drawn(seed)
    spoiled = Series(np.where(series.known, series.values, np.nan), series.known, series.adjacency, series.day, series.first)
    forecasts = np.zeros((18, 2, 3))
    assert np.array_equal(series.errors(forecasts, 3), spoiled.errors(forecasts, 3))


def test_parts_follow_each_other() -> None:
    """Put together again they are the series, and each knows its time of the day."""
    series = drawn(3)
    parts = series.split(0.5, 0.2, 0.3)
    assert np.array_equal(np.concatenate([part.values for part in parts]), series.values)
    assert np.concatenate([part.time_of_day for part in parts]) == pytest.approx(series.time_of_day)


def test_zeros_are_missing() -> None:
    series = Series.of(np.array([[1.0, 0.0], [np.nan, 2.0]]), np.eye(2), day=2)
    assert series.known.tolist() == [[True, False], [False, True]]


def test_weights_fall_with_distance() -> None:
    distance = np.array([[0.0, 1.0, 9.0], [1.0, 0.0, np.inf], [9.0, np.inf, 0.0]])
    deviation = distance[np.isfinite(distance)].std()
    found = distance_adjacency(distance, threshold=0.1)
    assert found[0, 1] == pytest.approx(np.exp(-((1.0 / deviation) ** 2)))
    assert found[0, 2] == 0.0
    assert found[1, 2] == 0.0
    assert np.array_equal(np.diag(found), np.ones(3))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"values": np.ones(3)}, "values"),
        ({"known": np.ones((2, 3), dtype=bool)}, "known"),
        ({"known": np.zeros((4, 3), dtype=bool)}, "known"),
        ({"known": np.ones((4, 3), dtype=int)}, "known.*int64.*bool"),
        ({"values": np.full((4, 3), np.inf)}, "values"),
        ({"adjacency": np.eye(2)}, "adjacency"),
        ({"adjacency": -np.eye(3)}, "adjacency"),
        ({"day": 0}, "first"),
        ({"first": 7}, "first"),
    ],
)
def test_impossible_series_are_refused(changed: dict[str, object], field: str) -> None:
    whole: dict[str, object] = {
        "values": np.ones((4, 3)),
        "known": np.ones((4, 3), dtype=bool),
        "adjacency": np.eye(3),
        "day": 7,
    }
    with pytest.raises(InputError, match=field):
        Series(**(whole | changed))  # type: ignore[arg-type]


def test_impossible_questions_are_refused() -> None:
    series = drawn(0)
    with pytest.raises(InputError, match="too short"):
        series.futures(15, 6)
    for forecasts in (np.zeros((3, 2, 3)), np.zeros((20, 2, 2)), np.zeros((20, 3))):
        with pytest.raises(InputError, match="forecast"):
            series.errors(forecasts, 4)
    with pytest.raises(InputError, match="shares"):
        series.split(0.5, 0.6)
    for distance in (np.zeros((2, 3)), np.full((2, 2), -1.0), np.zeros((2, 2))):
        with pytest.raises(InputError, match="distance"):
            distance_adjacency(distance)


def test_files_are_read(tmp_path: Path) -> None:
    readings, weights = tmp_path / "speed.csv.gz", tmp_path / "near.csv"
    with gzip.open(readings, "wt") as file:
        file.write("a,b\n1.5,0\n,3\nnan,4\n")
    weights.write_text("1,0.5\n0.5,1\n")
    series = read_series(readings, weights, day=288, first=5)
    assert series.known.tolist() == [[True, False], [False, True], [False, True]]
    assert series.values[0, 0] == 1.5
    assert series.adjacency.tolist() == [[1.0, 0.5], [0.5, 1.0]]
    assert (series.day, series.first) == (288, 5)


@pytest.mark.parametrize(
    ("readings", "weights", "words"),
    [
        (None, "1,0\n0,1\n", "speed.csv.*no such file"),
        ("", "1,0\n0,1\n", "speed.csv.*empty"),
        ("a,b\n1,2\n3\n", "1,0\n0,1\n", "speed.csv.*3.*found 1, expected 2"),
        ("a,b\n1,2\n3,fast\n", "1,0\n0,1\n", "speed.csv.*3.*column 2.*fast"),
        ("a,b\n1,2\n", "1,0\n", "near.csv.*found 1, expected 2"),
        ("a,b\n1,2\n", "1,0,0\n", "near.csv.*found 3, expected 2"),
        ("a,b\n1,2\n", "1,-1\n0,1\n", "adjacency"),
    ],
)
def test_broken_files_are_refused(tmp_path: Path, readings: str | None, weights: str, words: str) -> None:
    if readings is not None:
        (tmp_path / "speed.csv").write_text(readings)
    (tmp_path / "near.csv").write_text(weights)
    with pytest.raises(InputError, match=words):
        read_series(tmp_path / "speed.csv", tmp_path / "near.csv", day=288)


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "speed.csv.gz").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match=r"speed\.csv\.gz.*this is no text"):
        read_series(tmp_path / "speed.csv.gz", tmp_path / "near.csv", day=288)
