"""A study killed with SIGKILL at any moment loses nothing recorded, evaluates nothing twice and ends as if uninterrupted."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from sittings import Sitting, facts, fails, recorded

from braess.study import Status, open_result


def kill_until_done(sitting: Sitting, kills: int, rng: np.random.Generator) -> int:
    """Kill the study so many times at random moments, checking the record each time, then let it end."""
    known: dict[int, bytes] = {}
    killed = grown = 0
    span = max(0.02, 2.0 * sitting.evaluations * sitting.pause / (sitting.workers * kills))
    while killed < kills:
        traced = len(sitting.traces())
        process = sitting.start()
        process.join(rng.uniform(0.0, span))
        alive = process.is_alive()
        process.kill()
        process.join()
        before, known = known, _require_kept(sitting, known, sitting.traces()[traced:])
        if not alive:
            break
        killed += 1
        grown += len(known) > len(before)
    assert process.exitcode == (-9 if killed == kills else 0)
    assert grown >= killed // 3, "the kills came too early to prove anything"
    return killed


def _require_kept(sitting: Sitting, before: dict[int, bytes], traced: list[bytes]) -> dict[int, bytes]:
    """Check that all that was recorded still is, and that nothing evaluated since was recorded before."""
    after = recorded(sitting.store, sitting.name) or {}
    assert before.items() <= after.items(), "something recorded has disappeared"
    if sitting.cache:
        again = set(traced) & {key for key in before.values() if not fails(key)}
        assert not again, "a recorded design was evaluated again"
    else:
        expected = Counter(sitting.alone().designs.hashes())
        expected.subtract(before.values())
        assert all(expected[key] >= count for key, count in Counter(traced).items()), "a recorded position was evaluated again"
    if after:
        shown = open_result(sitting.store, sitting.name)  # also with gaps, as several workers leave them
        assert shown.designs.hashes() == [digest for _, digest in sorted(after.items())]
    return after


def prove(sitting: Sitting, kills: int, seed: int) -> None:
    done = kill_until_done(sitting, kills, np.random.default_rng(seed))
    assert done == kills, f"ended after {done} kills: nothing was proven by the rest"
    before = recorded(sitting.store, sitting.name) or {}
    traced = len(sitting.traces())
    process = sitting.start()
    process.join(60)
    assert process.exitcode == 0
    _require_kept(sitting, before, sitting.traces()[traced:])
    found = open_result(sitting.store, sitting.name)
    assert found.status is Status.BUDGET_SPENT
    assert facts(found) == facts(sitting.alone())


@pytest.mark.parametrize(
    ("search", "workers", "cache"),
    [("random", 1, True), ("genetic", 1, True), ("genetic", 1, False), ("local", 1, True), ("genetic", 2, True)],
)
def test_killed_study_ends_as_if_uninterrupted(tmp_path: Path, search: str, workers: int, cache: bool) -> None:
    """Seven kills each: the record only grows, nothing in it is evaluated again, the end is the same bit for bit."""
    prove(Sitting(tmp_path, search, workers, evaluations=900, cache=cache), kills=7, seed=workers)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("search", "workers", "cache"),
    [("random", 1, False), ("genetic", 1, True), ("genetic", 1, False), ("local", 2, False), ("genetic", 2, True)],
)
def test_killed_many_times(tmp_path: Path, search: str, workers: int, cache: bool) -> None:
    """A window of a millisecond is only hit by many kills: thirty for each search."""
    prove(Sitting(tmp_path, search, workers, evaluations=3000, cache=cache), kills=30, seed=10 + workers)


def test_killed_while_it_starts(tmp_path: Path) -> None:
    """Making the tables and claiming the study are writes too: kills within the first 30 ms leave a usable record."""
    rng = np.random.default_rng(0)
    for i in range(12):
        folder = tmp_path / str(i)
        folder.mkdir()
        sitting = Sitting(folder, evaluations=40, pause=0.0)
        process = sitting.start()
        time.sleep(rng.uniform(0.0, 0.06))
        process.kill()
        process.join()
        again = sitting.start()
        again.join(60)
        assert again.exitcode == 0
        assert facts(open_result(sitting.store)) == facts(sitting.alone())
