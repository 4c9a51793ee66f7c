"""The problems over sequences and grids: what each must do, and fronts that are known from elsewhere."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from braess.domains.sequence import GB1, Affinities, Binding, Grid, NGrams, edit_diversity, factors, load_affinities, load_gb1
from braess.domains.sequence.tables import GB1 as GB1_FILE
from braess.errors import InputError
from braess.space import every_design
from braess.study.indicators import hypervolume
from braess.study.pareto import nondominated
from braess.testing import ProblemConformance

DATA = Path(os.environ.get("BRAESS_DATA", ""))
SMALL = {"VDGV": 1.0, "ADGV": 0.0619, "FWAA": 8.762, "AAAA": 0.01}


class TestBinding(ProblemConformance):
    problem = Binding([load_affinities("SIX6")], [load_affinities("CRX")])


class TestGB1(ProblemConformance):
    problem = GB1(SMALL)


class TestNGrams(ProblemConformance):
    problem = NGrams()


class TestNGramsOfOneLength(ProblemConformance):
    problem = NGrams(("A", "V"), 16, 16)


class TestGrid(ProblemConformance):
    problem = Grid(("branin", "currin", "shubert", "beale"))


PAIRS = {
    ("branin", "currin"): (36, 0.98214),
    ("branin", "shubert"): (14, 0.88384),
    ("branin", "beale"): (44, 0.80667),
    ("currin", "shubert"): (32, 0.73493),
    ("currin", "beale"): (8, 0.89794),
    ("shubert", "beale"): (22, 0.68592),
}


@pytest.mark.parametrize("landscapes", PAIRS)
def test_fronts_of_pairs_are_as_known(landscapes: tuple[str, str]) -> None:
    """Cells and hypervolumes computed elsewhere, to the five digits stated."""
    front = Grid(landscapes).front()
    cells, volume = PAIRS[landscapes]
    assert len(front) == cells
    assert hypervolume(-front, np.zeros(2)) == pytest.approx(volume, abs=5e-6)


@pytest.mark.parametrize(
    ("left_out", "cells"), [("beale", 104), ("shubert", 229), ("currin", 147), ("branin", 127), ("none", 372)]
)
def test_fronts_of_more_landscapes_are_as_known(left_out: str, cells: int) -> None:
    """Counted elsewhere without the last cell, which the grid of that study does not have."""
    problem = Grid([name for name in ("branin", "currin", "shubert", "beale") if name != left_out])
    all_cells = every_design(problem.space)
    values = problem.evaluate(all_cells.take((all_cells["cell"] < 31).any(axis=1))).objectives
    assert nondominated(-values).sum() == cells


@pytest.mark.parametrize("words", [("AV", "VC"), ("A", "VC", "CA"), ("AVA", "VA")])
def test_fronts_of_ngrams_are_those_of_all_sequences(words: tuple[str, ...]) -> None:
    """Brute force over all sequences of the letters that matter and one that does not."""
    problem = NGrams(words, 4, 6)
    letters = "".join({*"".join(words)}) + "W"
    texts = ["".join(text) for length in (4, 5, 6) for text in itertools.product(letters, repeat=length)]
    counts = problem.evaluate(problem.designs_of(texts)).objectives
    np.testing.assert_array_equal(problem.front(), np.unique(counts[nondominated(-counts)], axis=0))


def test_known_affinities() -> None:
    """First and last rows of a published table, and both strands."""
    table = load_affinities("ARX")
    assert table.of("AAAAAAAA") == table.of("TTTTTTTT") == -0.22777
    assert table.of("AAAAAAAC") == table.of("GTTTTTTT") == -0.18333
    problem = Binding([table])
    found = problem.evaluate(problem.designs_of(["AAAAAAAC", "GTTTTTTT", "AAAAAAAA"])).objectives[:, 0]
    assert found.tolist() == [-0.18333, -0.18333, -0.22777]


def test_the_front_of_binding_is_that_of_its_table() -> None:
    """Against the scores themselves, in a plain double loop over the best of each."""
    bind, avoid = load_affinities("PAX4"), load_affinities("WT1")
    front = Binding([bind], [avoid]).front()
    for score, other in front:
        better = (bind.scores >= score) & (avoid.scores <= other)
        assert better.any()
        assert not (better & ((bind.scores > score) | (avoid.scores < other))).any()
    covered = (front[:, 0] >= bind.scores[:, None]) & (front[:, 1] <= avoid.scores[:, None])
    assert covered.any(axis=1).all()


@pytest.mark.skipif(not (DATA / GB1_FILE).is_file(), reason=f"BRAESS_DATA names no folder with {GB1_FILE.as_posix()}")
def test_gb1_as_published() -> None:
    """Published: 149,361 variants, FWAA the best at 8.76, the wild type at 1."""
    problem = GB1(load_gb1())
    assert len(problem.fitness) == 149_361
    assert problem.front().tolist() == [[pytest.approx(8.7620, abs=1e-4)]]
    found = problem.evaluate(problem.designs_of(["FWAA", "VDGV"])).objectives[:, 0]
    assert found == pytest.approx([8.7620, 1.0], abs=1e-4)


@given(st.data())
@settings(deadline=None, max_examples=30)
def test_texts_and_designs_are_the_same(data: st.DataObject) -> None:
    problem = NGrams(("AV",), 3, 7)
    text = st.text(alphabet=problem.alphabet, min_size=3, max_size=7)
    texts = data.draw(st.lists(text, min_size=1, max_size=5))
    assert problem.texts(problem.designs_of(texts)) == texts


def test_letters_changed_put_in_or_left_out() -> None:
    """By hand: GAT to GATT one, GAT to CAT one, GATT to CAT two."""
    assert edit_diversity(["GAT", "GATT", "CAT"]) == pytest.approx(4 / 3)
    with pytest.raises(InputError, match="nothing to compare"):
        edit_diversity(["GAT"])


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda: NGrams(("AX",)), "not such words"),
        (lambda: NGrams(("AV", "AV")), "not such words"),
        (lambda: NGrams(()), "not such words"),
        (lambda: Grid(("branin", "brannin")), "not such landscapes"),
        (lambda: Grid(cells=1), "too few cells"),
        (lambda: Binding([]), "must be there"),
        (lambda: Binding([load_affinities("ARX")], [load_affinities("ARX")]), "differ"),
        (lambda: Binding([load_affinities("ARX"), Affinities("short", np.zeros(16))]), "different lengths"),
        (lambda: load_affinities("SIX5"), "did you mean 'SIX6'"),
        (lambda: NGrams().designs_of(["AV"]), r"texts\[0\].*32 to 36 letters"),
        (lambda: GB1(SMALL).designs_of(["VDGX"]), "4 letters"),
    ],
)
def test_nonsense_is_refused(action: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        action()  # type: ignore[operator]


def test_shipped_factors() -> None:
    assert factors() == ["ARX", "BCL6", "CRX", "PAX4", "POU6F2", "SIX6", "VSX1", "WT1"]
