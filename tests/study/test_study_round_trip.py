"""What is recorded comes back as it was: any space, any float, any text."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from random_spaces import spaces

from braess.problem import Artifact, Constraint, Evaluations, Objective, Problem
from braess.search.random import Random
from braess.space import Binary, Designs, Space
from braess.study import Budget, Study, open_result

_TEXTS = st.text(max_size=8)
_FLOATS = st.sampled_from([0.0, -0.0, 1.0, -1e308, 5e-324, np.nan, np.inf, -np.inf, 0.1])


class Scripted(Problem):
    """Answers from lists, chosen by the hash of the design: the same design has the same answer."""

    def __init__(
        self, space: Space, names: list[str], floats: list[float], errors: list[str | None], *, constraints: int
    ) -> None:
        self.name = "scripted"
        self.space = space
        self.objectives = tuple(Objective(name, "max" if i else "min", name) for i, name in enumerate(names))
        self.constraints = tuple(Constraint(f"c{i}", "m") for i in range(constraints))
        self.floats = floats
        self.errors = errors

    def evaluate(self, designs: Designs) -> Evaluations:
        """Look each answer up."""
        keys = [int.from_bytes(digest, "little") for digest in designs.hashes()]
        m, k = len(self.objectives), len(self.constraints)
        table = np.array([[self.floats[(key >> i) % len(self.floats)] for i in range(m + k)] for key in keys])
        return Evaluations.of(
            table.reshape(len(keys), m + k)[:, :m],
            table.reshape(len(keys), m + k)[:, m:],
            seconds=0.25,
            errors=[self.errors[key % len(self.errors)] for key in keys],
            exact=[key % 3 > 0 for key in keys],
        )

    def check(self, designs: Designs) -> Evaluations:
        """Look each answer up."""
        return self.evaluate(designs)


@settings(max_examples=40, deadline=None)
@given(
    space=spaces(),
    names=st.lists(_TEXTS, min_size=1, max_size=3),
    floats=st.lists(_FLOATS | st.floats(), min_size=1, max_size=9),
    errors=st.lists(st.none() | _TEXTS.filter(lambda text: "\0" not in text), min_size=1, max_size=3),
    constraints=st.integers(0, 2),
    seed=st.integers(0, 2**70),
)
def test_record_returns_what_it_was_given(
    space: Space, names: list[str], floats: list[float], errors: list[str | None], constraints: int, seed: int
) -> None:
    """Bit for bit: designs, objectives and constraints with every NaN and signed zero, errors, flags, names, seed."""
    problem = Scripted(space, names, floats, errors, constraints=constraints)
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "record.sqlite"
        study = Study(problem, Random(), budget=Budget(evaluations=12), seed=seed, store=store, batch=5, progress="off")
        told = study.run()
        read = open_result(store)
    expected = problem.evaluate(told.designs)
    for result in (told, read):
        found = result.evaluations
        assert result.designs.pack() == told.designs.pack()
        assert result.space.describe() == space.describe()
        assert result.objectives == problem.objectives
        assert result.constraints == problem.constraints
        assert found.objectives.tobytes() == expected.objectives.tobytes()
        assert found.constraints.tobytes() == expected.constraints.tobytes()
        assert found.errors == expected.errors
        assert found.exact.tolist() == expected.exact.tolist()
        assert result.record.seed == seed
        assert len(result.to_frame()) == len(told.designs)
        assert (result.best, result.front.tolist()) == (told.best, told.front.tolist())


class Odd(Scripted):
    """Reports times that are no numbers and errors that are no Unicode, and draws itself."""

    def __init__(self) -> None:
        super().__init__(
            Space({"x": Binary(size=6)}), ["y"], [1.0, 2.0], [None, "half \udcff, nul \0, " + "long " * 5000], constraints=0
        )

    def evaluate(self, designs: Designs) -> Evaluations:
        """Spoil the times."""
        return replace(super().evaluate(designs), seconds=np.full(len(designs), np.nan))

    def illustrate(self, designs: Designs) -> list[Artifact]:
        """Keep bytes of every value."""
        return [Artifact("best.bin", "application/x-best", bytes(range(256)) + designs.pack()[0])]


def test_odd_reports_do_not_end_a_study(tmp_path: Path) -> None:
    """A NaN for a time or an error message that is no Unicode costs nothing but itself."""
    store = tmp_path / "record.sqlite"
    told = Study(Odd(), Random(), budget=Budget(evaluations=40), store=store, progress="off").run()
    read = open_result(store)
    assert (read.evaluations.seconds == 0).all()
    errors = [error for error in read.evaluations.errors if error is not None]
    assert errors
    assert all(error.startswith("half \\udcff, nul \\x00, long") and len(error) < 11_000 for error in errors)
    assert told.best is not None
    assert read.artifacts == told.artifacts
    (artifact,) = read.artifacts.values()
    assert artifact.data == bytes(range(256)) + told.best_design.pack()[0]
