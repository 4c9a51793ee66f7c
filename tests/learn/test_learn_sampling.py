"""Sampling: the same file however it came about, and clear words where something else lies in its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from braess.domains.road import LaneAddition, load
from braess.errors import InputError
from braess.learn import Samples, read_samples, sample
from braess.problem import Cached
from braess.testing.toys import Sphere


@pytest.fixture(scope="module")
def lanes() -> LaneAddition:
    return LaneAddition(*load("sioux-falls"), budget_share=0.5)


@pytest.fixture(scope="module")
def hundred(lanes: LaneAddition, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("samples") / "hundred.parquet"
    done = sample(lanes, 100, path, threads=2)
    assert (done.n, done.failed, done.solved) == (100, 0, 100)
    return path


def same(one: Samples, other: Samples) -> bool:
    return one.errors == other.errors and all((one.columns[name] == other.columns[name]).all() for name in one.columns)


def test_a_sample_says_what_it_is(hundred: Path, lanes: LaneAddition) -> None:
    found = read_samples(hundred)
    assert len(found) == 100
    assert {name: column.shape for name, column in found.columns.items()} == {
        "capacity": (100, 76),
        "trips": (100, 528),
        "flow": (100, 76),
        "total_travel_time": (100,),
        "relative_gap": (100,),
    }
    assert (found.columns["relative_gap"] <= 1e-6).all()
    assert found.facts["seed"] == 0
    assert found.facts["deviation"] == 0.2
    assert found.facts["relative_gap"] == 1e-6
    assert found.facts["constants"]["network"] == lanes.network.name
    assert found.facts["constants"]["drawn"] == "lanes"
    assert len(found.facts["constants"]["pairs"]["origin"]) == 528
    assert not hundred.with_name("hundred.parquet.parts").exists()


def test_other_tools_read_it(hundred: Path) -> None:
    """The file is plain Parquet."""
    import pandas as pd

    table = pd.read_parquet(hundred)
    assert len(table) == 100
    assert np.array_equal(np.stack(table["flow"]), read_samples(hundred, ["flow"]).columns["flow"])


def test_the_travel_time_follows_from_the_columns(hundred: Path) -> None:
    """What is stored is enough to compute the total travel time."""
    found = read_samples(hundred)
    links = {name: np.array(values) for name, values in found.facts["constants"]["links"].items()}
    flow, capacity = found.columns["flow"], found.columns["capacity"]
    time = links["free_flow_time"] * (1.0 + links["b"] * (flow / capacity) ** links["power"])
    assert np.allclose((flow * time).sum(axis=1), found.columns["total_travel_time"], rtol=1e-12)


def test_threads_make_no_difference(hundred: Path, lanes: LaneAddition, tmp_path: Path) -> None:
    sample(lanes, 100, tmp_path / "one.parquet", threads=1)
    assert (tmp_path / "one.parquet").read_bytes() == hundred.read_bytes()


def test_a_larger_sample_begins_with_a_smaller_one(hundred: Path, lanes: LaneAddition, tmp_path: Path) -> None:
    path = tmp_path / "grows.parquet"
    sample(lanes, 70, path)
    assert same(read_samples(path), read_samples(hundred).take(slice(0, 70)))
    done = sample(lanes, 100, path)
    assert (done.n, done.solved) == (100, 36)  # two parts of 32 were complete
    assert same(read_samples(path), read_samples(hundred))
    assert path.read_bytes() == hundred.read_bytes()
    assert sample(lanes, 40, path).n == 100  # nothing is taken away
    assert sample(lanes, 100, path).solved == 0


def test_an_interrupted_sample_goes_on(hundred: Path, lanes: LaneAddition, tmp_path: Path) -> None:
    path, seen = tmp_path / "cut.parquet", []

    def interrupt(done: int, total: int) -> None:
        seen.append((done, total))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sample(lanes, 100, path, threads=1, progress=interrupt)
    assert not path.exists()
    done = sample(lanes, 100, path, progress=lambda done, total: seen.append((done, total)))
    assert done.solved < 100
    assert seen[-1] == (100, 100)
    assert same(read_samples(path), read_samples(hundred))


def test_another_sample_is_not_overwritten(hundred: Path, lanes: LaneAddition, tmp_path: Path) -> None:
    before = hundred.read_bytes()
    for other in ({"seed": 1}, {"deviation": 0.1}, {"relative_gap": 1e-5}):
        with pytest.raises(InputError, match="another sample is there") as refused:
            sample(lanes, 100, hundred, **other)
        assert refused.value.field == next(iter(other))
    network, demand = load("sioux-falls")
    with pytest.raises(InputError, match="constants: another sample"):
        sample(LaneAddition(network, demand.scaled(1.1), budget_share=0.5), 100, hundred)
    assert hundred.read_bytes() == before


def test_neither_are_the_parts_of_another(lanes: LaneAddition, tmp_path: Path) -> None:
    path = tmp_path / "cut.parquet"

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sample(lanes, 100, path, threads=1, progress=interrupt)
    with pytest.raises(InputError, match="another sample was begun here"):
        sample(lanes, 100, path, seed=1)


def test_what_a_design_may_do_makes_no_other_sample(hundred: Path, lanes: LaneAddition) -> None:
    """Lanes are drawn whatever the budget is, and wrapped problems are the same."""
    other = Cached(LaneAddition(lanes.network, lanes.demand, budget_share=0.25, capacity_step=0.25))
    assert sample(other, 100, hundred).solved == 0


@pytest.mark.parametrize(
    ("numbers", "field"),
    [
        ({"n": 0}, "n"),
        ({"threads": 0}, "threads"),
        ({"seed": -1}, "seed"),
        ({"deviation": -0.1}, "deviation"),
        ({"deviation": float("nan")}, "deviation"),
        ({"relative_gap": 0.0}, "relative_gap"),
        ({"relative_gap": 1.0}, "relative_gap"),
    ],
)
def test_impossible_numbers_are_refused(lanes: LaneAddition, tmp_path: Path, numbers: dict[str, float], field: str) -> None:
    with pytest.raises(InputError) as refused:
        sample(lanes, **({"n": 1, "path": tmp_path / "a.parquet"} | numbers))
    assert refused.value.field == field
    assert not list(tmp_path.iterdir())


def test_impossible_places_are_refused(lanes: LaneAddition, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        sample(lanes, 1, tmp_path / "none" / "a.parquet")
    with pytest.raises(InputError, match="a folder"):
        sample(lanes, 1, tmp_path)


def test_a_problem_that_cannot_be_sampled_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be sampled"):
        sample(Sphere(), 1, tmp_path / "a.parquet")


def test_what_is_no_sample_is_refused(hundred: Path, tmp_path: Path) -> None:
    import pandas as pd

    with pytest.raises(InputError, match="no such file"):
        read_samples(tmp_path / "none.parquet")
    (tmp_path / "text.parquet").write_text("no numbers here")
    with pytest.raises(InputError, match="no Parquet file"):
        read_samples(tmp_path / "text.parquet")
    (tmp_path / "half.parquet").write_bytes(hundred.read_bytes()[:5000])
    with pytest.raises(InputError, match="no Parquet file"):
        read_samples(tmp_path / "half.parquet")
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(InputError, match="no sample"):
        read_samples(tmp_path / "other.parquet")
    with pytest.raises(InputError, match="no such column"):
        read_samples(hundred, ["flows"])
