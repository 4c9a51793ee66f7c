"""Private tables from a study file, on the command line and by one call; Adult where it is at hand."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up import PEOPLE, people

from braess.cli import main
from braess.domains.tabular import (
    Adaptive,
    HalfSpaces,
    Marginals,
    TableDomain,
    read_domain,
    read_table,
    release,
    rho_of,
    write_table,
)
from braess.errors import InputError
from braess.search.private_gsd import PrivateGSD
from braess.study import Budget, Study
from braess.study.file import read_study

STUDY = """
seed = 1

[problem]
kind = "private-table"
data = "trips.csv"
domain = "domain.json"
epsilon = {epsilon}
rows = 120
{settings}

[problem.marginals]
bins = 4

[[problem.half_spaces]]
number = 20

[search]
method = "{method}"

[budget]
evaluations = 30
"""


def write(
    folder: Path, *, method: str = "private-gsd", epsilon: str = "2.0", settings: str = "noise_seed = 7", text: str = STUDY
) -> Path:
    write_table(people(), folder / "trips.csv")
    (folder / "domain.json").write_text(json.dumps(PEOPLE.describe()))
    path = folder / "trips.toml"
    path.write_text(text.format(method=method, epsilon=epsilon, settings=settings))
    return path


def leave(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return int(left.value.code or 0)


@pytest.mark.parametrize("method", ["private-gsd", "genetic"])
def test_study_runs(method: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From a study file to a table within the domain, by the search made for it and by one that is blind."""
    study = write(tmp_path, method=method)
    assert leave(["check", str(study)]) == 0
    assert leave(["run", str(study), "--workers", "1"]) == 0
    out = capsys.readouterr().out
    assert "squared error" in out
    assert "and 110 more" in out  # of the cells of a column ten are told
    run = str(tmp_path / "runs" / "trips")
    assert leave(["export", run, "--file", "synthetic.csv", "-o", str(tmp_path / "out.csv")]) == 0
    assert len(read_table(tmp_path / "out.csv", PEOPLE)) == 120
    assert leave(["export", run, "--file", "measured.json"]) == 0
    measured = json.loads((tmp_path / "runs" / "trips" / "measured.json").read_text())
    assert measured["budget"]["rho"] == pytest.approx(rho_of(2.0, 1.0 / 200**2))
    assert [len(one["answers"]) for one in measured["measured"]] == [3 * 4, 3 * 4, 4 * 4, 20]
    assert leave(["export", run, "--file", "secret.csv"]) == 2


def test_an_infinite_budget_is_written_inf(tmp_path: Path) -> None:
    problem: Any = read_study(write(tmp_path, epsilon="inf")).build_problem()
    assert problem.goal == 0.0
    assert problem.describe()["budget"]["epsilon"] is None


def test_a_study_is_resumed(tmp_path: Path) -> None:
    """Interrupted after a few evaluations, it must end as if it had not been: noise and search repeat themselves."""
    plan = read_study(write(tmp_path))
    results = []
    for name, budgets in (("whole", [8]), ("parts", [3, 5, 8])):
        for at, budget in enumerate(budgets):
            study = Study(
                plan.build_problem(),
                PrivateGSD(block=30, tolerance=0.0, noise=0.0),
                budget=Budget(evaluations=budget),
                seed=4,
                store=tmp_path / f"{name}.sqlite",
                progress="off",
            )
            result = study.resume() if at else study.run()
        results.append(result)
    assert len(results[0].designs) == 8
    assert results[0].designs.same_as(results[1].designs).all()
    assert results[0].artifacts["synthetic.csv"].data == results[1].artifacts["synthetic.csv"].data


def test_the_seed_of_the_noise_in_a_file(tmp_path: Path) -> None:
    """The record keeps the study file, so the seed may stand elsewhere; its text must not turn up in a message."""
    study = write(tmp_path, settings='noise_seed_file = "seed.txt"')
    for text in ("12345", "x" * 40, ""):
        (tmp_path / "seed.txt").write_text(text)
        with pytest.raises(InputError, match="at least 32 digits") as error:
            read_study(study).build_problem()
        assert not text or text not in str(error.value)
    (tmp_path / "seed.txt").write_text("1234567890" * 4 + "\n")
    one, again = (read_study(study).build_problem() for _ in range(2))
    assert isinstance(one, type(again))
    assert "1234567890" not in json.dumps(one.describe())


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ("", "noise_seed"),
        ("noise_seed = -1", "noise_seed"),
        ('noise_seed = 1\nnoise_seed_file = "x"', "noise_seed"),
        ("noise_seed = 1\ndelta = 1.5", "delta"),
        ('noise_seed = 1\nconversion = "loose"', "conversion"),
        ('noise_seed = 1\ncolumns = ["modes"]', "columns"),
        ("noise_seed = 1\nadaptive = {rounds = 9}", "rounds"),
        ("noise_seed = 1\nmarginal = 3", "marginal"),
    ],
)
def test_mistakes_in_study_files(settings: str, field: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=field) as error:
        read_study(write(tmp_path, settings=settings)).build_problem()
    assert error.value.file is not None


def test_one_call_releases_a_table() -> None:
    """The table keeps to the domain, what was spent is told, and both reports say what they read."""
    secret = people(2000)
    found = release(
        secret, [Marginals(bins=8)], epsilon=0.5, rows=500, noise=np.random.default_rng(1), rng=np.random.default_rng(2)
    )
    assert (len(found.table), found.delta) == (500, 1.0 / 2000**2)
    assert found.rho == pytest.approx(rho_of(0.5, found.delta))
    assert len(found.report()) == len(found.errors(secret)) == 3
    for row, one in zip(found.report(), found.measurements, strict=True):
        off = one.workload.answers(found.table.cells) - one.answers
        assert row["fitted"] == pytest.approx(np.sqrt((off**2).mean()))
    noisy = [float(np.abs(one.answers - one.workload.answers(secret.cells)).mean()) for one in found.measurements]
    assert np.mean([row["mean"] for row in found.errors(secret)]) < np.mean(noisy)


def test_rounds_measure_what_matters() -> None:
    """With noise small enough, three of the six workloads must bring all six near, and nearer than three taken at random."""
    secret = people(2000)
    queries = [Marginals(bins=6), Marginals(way=1, bins=6)]
    found = release(
        secret,
        queries,
        epsilon=20.0,
        rows=300,
        noise=np.random.default_rng(1),
        rng=np.random.default_rng(2),
        adaptive=Adaptive(rounds=3),
    )
    assert len(found.measurements) == 3
    errors = found.errors(secret)
    assert len(errors) == 6
    assert max(row["largest"] for row in errors) < 0.1


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(InputError, match="rows"):
        release(
            people(), [Marginals(bins=3)], epsilon=1.0, rows=1, noise=np.random.default_rng(0), rng=np.random.default_rng(0)
        )


@pytest.mark.skipif(not os.environ.get("BRAESS_DATA"), reason="BRAESS_DATA does not name the larger data")
@pytest.mark.parametrize(
    ("names", "queries"),
    [
        ("workclass education-num marital-status occupation relationship race sex income>50K", Marginals()),
        ("age fnlwgt education-num capital-gain capital-loss hours-per-week", HalfSpaces(number=1000)),
    ],
)
def test_adult(names: str, queries: Any) -> None:
    """On real data answers must be nearer than the noisy ones, and twice as near as those of independent columns."""
    folder = Path(os.environ["BRAESS_DATA"]) / "tabular"
    public = read_domain(folder / "adult-domain.json")
    secret = read_table(
        folder / "adult.csv.gz", TableDomain(tuple(public.columns[at] for at in public.positions(names.split())))
    )
    found = release(secret, [queries], epsilon=1.0, noise=np.random.default_rng(0), rng=np.random.default_rng(1))
    exact = [one.workload.answers(secret.cells) for one in found.measurements]
    ours = [np.abs(one.workload.answers(found.table.cells) - q) for one, q in zip(found.measurements, exact, strict=True)]
    noisy = [np.abs(np.clip(one.answers, 0, 1) - q) for one, q in zip(found.measurements, exact, strict=True)]
    columns = np.random.default_rng(2).permuted(secret.cells, axis=0)
    apart = [np.abs(one.workload.answers(columns) - q) for one, q in zip(found.measurements, exact, strict=True)]
    assert np.concatenate(ours).mean() < min(np.concatenate(noisy).mean(), 0.5 * np.concatenate(apart).mean())
