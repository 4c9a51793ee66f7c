"""The store gives back, bit for bit, what was put into it: any space, any values; and speaks PostgreSQL as well."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import uuid
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sittings import facts
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable

from braess.errors import BraessError, StoreError
from braess.problem import Constraint, Evaluations, Objective, Problem
from braess.search.genetic import Genetic
from braess.search.random import Random
from braess.space import Binary, Categorical, Choice, Designs, Integer, Permutation, Real, Repeat, Space
from braess.study import Budget, Study, open_result
from braess.study.store import writing
from braess.study.store.schema import metadata
from braess.testing import Flaky, Knapsack

SERVER = os.environ.get("BRAESS_TEST_POSTGRESQL")

names = st.text(st.characters(codec="utf-8", exclude_characters="."), min_size=1, max_size=8)
sizes = st.none() | st.integers(1, 5)
options = st.lists(st.integers(-9, 9) | st.text(max_size=4) | st.booleans(), min_size=1, max_size=5, unique_by=str)
lows = st.integers(-(2**50), 2**50)
plain = st.one_of(
    st.builds(Binary, size=sizes),
    st.builds(
        lambda low, n, size: Integer(low=low, high=low + n, size=size), st.integers(-(2**50), 2**50), st.integers(0, 9), sizes
    ),
    st.builds(lambda o, size: Categorical(options=tuple(dict.fromkeys(o)), size=size), options, sizes),
    st.builds(lambda low, n, size: Real(low=low, high=low + n, size=size), st.floats(-1e9, 1e9), st.floats(0.0, 1e9), sizes),
    st.builds(lambda low, log: Real(low=low, high=low * 10, log=log), st.floats(1e-9, 1e9), st.booleans()),
    st.builds(Permutation, size=st.integers(1, 5)),
)
spaces = st.recursive(
    st.dictionaries(names, plain, max_size=3).map(Space),
    lambda inner: st.dictionaries(
        names,
        plain
        | st.dictionaries(names, st.none() | inner, min_size=1, max_size=3).map(Choice)
        | st.builds(lambda space, low, n: Repeat(space, low, low + n), inner, st.integers(0, 1), st.integers(1, 2)),
        max_size=3,
    ).map(Space),
    max_leaves=4,
)
texts = st.none() | st.text(st.characters(codec=None), max_size=20)


class Drawn(Problem):
    """Answers with any bits at all."""

    name = "drawn"

    def __init__(self, space: Space, m: int, k: int, seed: int, error: str | None) -> None:
        self.space = space
        self.objectives = tuple(Objective(f"f{i}", "max" if i % 2 else "min") for i in range(m))
        self.constraints = tuple(Constraint(f"g{i}") for i in range(k))
        self.seed = seed
        self.error = error
        self.given: list[tuple[Designs, Evaluations]] = []

    def evaluate(self, designs: Designs) -> Evaluations:
        """Draw floats by their bits, NaN and infinities among them."""
        rng = np.random.default_rng(self.seed + len(self.given))
        n, width = len(designs), len(self.objectives) + len(self.constraints)
        bits = rng.integers(0, 2**64, size=(n, width), dtype=np.uint64).view(np.float64)
        special = rng.choice([0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324, 1.5], size=(n, width))
        values = np.where(rng.random((n, width)) < 0.5, bits, special)
        m = len(self.objectives)
        errors = [self.error if i % 3 == 0 else None for i in range(n)]
        found = Evaluations.of(values[:, :m], values[:, m:], seconds=rng.random(n), errors=errors, exact=rng.random(n) < 0.5)
        self.given.append((designs, found))
        return found

    def check(self, designs: Designs) -> Evaluations:
        """Answer again."""
        return self.evaluate(designs)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(space=spaces, m=st.integers(1, 3), k=st.integers(0, 2), seed=st.integers(0, 2**30), error=texts)
def test_any_space_and_any_values_come_back(
    tmp_path_factory: pytest.TempPathFactory, space: Space, m: int, k: int, seed: int, error: str | None
) -> None:
    """Every bit that was evaluated must come back from the file, of designs, objectives and constraints."""
    store = tmp_path_factory.mktemp("any") / "record.sqlite"
    problem = Drawn(space, m, k, seed, error)
    Study(problem, Random(block=8), budget=Budget(evaluations=20), store=store, batch=8, progress="off").run()
    found = open_result(store)
    assert found.space.describe() == space.describe()
    assert found.designs.pack() == [row for designs, _ in problem.given for row in designs.pack()]
    expected = Evaluations.concatenate([evaluations for _, evaluations in problem.given])
    assert found.evaluations.objectives.tobytes() == expected.objectives.tobytes()
    assert found.evaluations.constraints.tobytes() == expected.constraints.tobytes()
    assert found.evaluations.exact.tolist() == expected.exact.tolist()
    assert found.evaluations.seconds.tobytes() == expected.seconds.tobytes()
    assert [e is None for e in found.evaluations.errors] == [e is None for e in expected.errors]
    assert found.designs.rows() == [row for designs, _ in problem.given for row in designs.rows()]
    found.to_frame()
    found.summary()


def test_flipped_bits(tmp_path: Path) -> None:
    """A record from a bad disk or a bad person: with any bytes changed, loading works or raises an error of ours."""
    sound, store = tmp_path / "sound.sqlite", tmp_path / "record.sqlite"
    Study(Flaky(Knapsack()), Random(), budget=Budget(evaluations=60), store=sound, progress="off").run()
    whole = sound.read_bytes()
    chance = random.Random(4)
    refused = 0
    for _ in range(250):
        raw = bytearray(whole)
        for _ in range(chance.choice([1, 2, 8, 64])):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        store.write_bytes(raw)
        try:
            open_result(store).to_frame()
        except BraessError:
            refused += 1
    assert 0 < refused < 250


@pytest.mark.slow
def test_flipped_bits_then_resumed(tmp_path: Path) -> None:
    """The same for going on with such a record."""
    sound, store = tmp_path / "sound.sqlite", tmp_path / "record.sqlite"

    def study(place: Path, evaluations: int) -> Study:
        return Study(Knapsack(), Random(), budget=Budget(evaluations=evaluations), store=place, progress="off")

    study(sound, 60).run()
    chance = random.Random(5)
    for _ in range(250):
        raw = bytearray(sound.read_bytes())
        for _ in range(chance.choice([1, 2, 8, 64])):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        store.write_bytes(raw)
        with suppress(BraessError):
            study(store, 80).resume()
        for side in tmp_path.glob("record.sqlite-*"):
            side.unlink()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE evaluation SET position = -1 WHERE position = 0",
        "UPDATE evaluation SET position = 1.5 WHERE position = 1",
        "UPDATE evaluation SET position = 'two' WHERE position = 2",
        "UPDATE evaluation SET position = 9e99 WHERE position = 2",
        "UPDATE evaluation SET seconds = 9e999",
        "UPDATE study SET batch = 9e999",
        "UPDATE study SET elapsed = -9e999",
    ],
)
def test_numbers_out_of_range(tmp_path: Path, change: str) -> None:
    """Numbers that the columns cannot hold are damage, however SQLite stores them."""
    store = tmp_path / "record.sqlite"
    Study(Knapsack(), Random(), budget=Budget(evaluations=9), store=store, progress="off").run()
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute(change)
    with pytest.raises(StoreError, match="damaged"):
        open_result(store)


@pytest.mark.parametrize("gaps", ["position = 0", "position IN (3, 17, 40)", "position >= 50", "position % 2 = 1"])
def test_gaps_show_and_are_filled(tmp_path: Path, gaps: str) -> None:
    """Several workers killed at once leave gaps: the record shows what is there, and a resume evaluates just the rest."""
    store = tmp_path / "record.sqlite"

    def study(place: Path | None) -> Study:
        search = Genetic(population=10, offspring=10)
        return Study(Knapsack(), search, budget=Budget(evaluations=60), store=place, batch=20, progress="off")

    study(store).run()
    with closing(sqlite3.connect(store)) as connection, connection:
        lost = connection.execute(f"DELETE FROM evaluation WHERE {gaps}").rowcount
    shown = open_result(store)
    assert len(shown.designs) == 60 - lost
    assert shown.to_frame()["position"].is_monotonic_increasing
    assert facts(study(store).resume()) == facts(study(None).run())


def test_import_is_light() -> None:
    """Many programs only want to name a study: databases, tables and drawing are imported when they are used."""
    script = (
        "import sys, braess.study\n"
        "late = {'sqlalchemy', 'pandas', 'matplotlib', 'rich', 'moocore', 'pydantic', 'pymoo', 'scipy'}\n"
        "print(sorted(late & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("dialect", [postgresql.dialect(), sqlite.dialect()], ids=["postgresql", "sqlite"])
def test_statements_of_each_database(dialect: Any) -> None:
    """The same tables and the same insertion must be expressible in both databases."""
    tables = [str(CreateTable(table).compile(dialect=dialect)) for table in metadata.sorted_tables]
    assert len(tables) == 5
    assert any(("BYTEA" if dialect.name == "postgresql" else "BLOB") in table for table in tables)
    written = str(writing.insertion(dialect).compile(dialect=dialect))
    assert written.startswith("INSERT INTO evaluation (study_id, position, design, objectives, constraints,")
    assert written.endswith("ON CONFLICT DO NOTHING")


@pytest.mark.skipif(SERVER is None, reason="no PostgreSQL server: set BRAESS_TEST_POSTGRESQL to the URL of an empty database")
@pytest.mark.parametrize("workers", [1, 2])
def test_on_postgresql(workers: int) -> None:
    """On a server a study runs, is refused to others, resumes and reads back as it does on a file."""
    assert SERVER is not None
    name = f"study {uuid.uuid4()}"

    def study(store: str | None, evaluations: int) -> Study:
        search = Genetic(population=20, offspring=20)
        return Study(
            Flaky(Knapsack()), search, budget=Budget(evaluations=evaluations), store=store, name=name, batch=30,
            workers=workers, progress="off", callbacks=[meet],
        )  # fmt: skip

    def meet(_: object) -> None:
        with pytest.raises(StoreError, match="being carried out by process"):
            Study(Flaky(Knapsack()), Genetic(population=20, offspring=20), budget=Budget(evaluations=9), store=SERVER,
                  name=name, batch=30, progress="off").resume()  # fmt: skip

    first = study(SERVER, 100).run()
    assert facts(open_result(SERVER, name)) == facts(first)
    found = study(SERVER, 250).resume()
    alone = Study(
        Flaky(Knapsack()), Genetic(population=20, offspring=20), budget=Budget(evaluations=250), batch=30, progress="off"
    ).run()
    assert facts(found) == facts(alone) == facts(open_result(SERVER, name))
