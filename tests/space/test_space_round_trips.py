"""Whatever form designs and spaces are written in, they come back as they were: property tests over random spaces."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys

import numpy as np
from hypothesis import HealthCheck, given, settings
from random_spaces import batches, spaces

from braess.space import Designs, Space
from braess.testing import Cells

_SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@_SETTINGS
@given(batches())
def test_flat_matrix_and_back(designs: Designs) -> None:
    """Searches work on the flat matrix: nothing may be lost in it, and the mask must say what is decided."""
    matrix, mask = designs.space.flatten(designs)
    assert designs.space.unflatten(matrix).same_as(designs).all()
    low, high = designs.space.bounds
    assert ((matrix >= low) & (matrix <= high)).all()
    defaults = np.concatenate([leaf.variable.default() for leaf in designs.space.leaves])
    assert np.array_equal(matrix[~mask], np.broadcast_to(defaults, matrix.shape)[~mask])


@_SETTINGS
@given(batches())
def test_bytes_and_back(designs: Designs) -> None:
    """The record keeps bytes: they must restore every bit."""
    again = designs.space.unpack(designs.pack())
    assert all(np.array_equal(designs[path], again[path]) for path in designs.arrays)
    assert again.hashes() == designs.hashes()


@_SETTINGS
@given(batches())
def test_rows_and_back(designs: Designs) -> None:
    """People read rows: written again, even through JSON, they must be the same designs."""
    rows = json.loads(json.dumps(designs.rows()))
    assert designs.space.from_rows(rows).same_as(designs).all()


@_SETTINGS
@given(batches())
def test_arrays_and_back(designs: Designs) -> None:
    """A batch built from its own arrays must be itself: canonical forms are stable."""
    assert designs.space.designs(designs.arrays).same_as(designs).all()


@_SETTINGS
@given(batches())
def test_unit_cube_and_back(designs: Designs) -> None:
    """The unit cube must hold every design: discrete ones exactly, reals to rounding."""
    space = designs.space
    unit = space.to_unit(designs)
    assert ((unit >= 0) & (unit <= 1)).all()
    again = space.from_unit(unit)
    for leaf in space.leaves:
        here, there = designs[leaf.path], again[leaf.path]
        if leaf.variable.kind == "real":
            np.testing.assert_allclose(
                there, here, rtol=1e-9, atol=1e-9 * max(map(float, np.abs(leaf.variable.bounds()).ravel()))
            )
        else:
            assert np.array_equal(here, there)


@_SETTINGS
@given(spaces())
def test_description_and_back(space: Space) -> None:
    """A record must be readable without the program that wrote it: the space comes back from JSON."""
    again = Space.restore(json.loads(json.dumps(space.describe())))
    assert again.describe() == space.describe()
    assert again.column_labels() == space.column_labels()
    designs = space.sample(3, np.random.default_rng(0))
    assert again.unpack(designs.pack()).rows() == designs.rows()
    assert again.cardinality == space.cardinality


@_SETTINGS
@given(batches(least=1))
def test_pickles_and_pieces(designs: Designs) -> None:
    """Workers get pickles and pieces: put together again they must be the batch, in order and read-only."""
    copy = pickle.loads(pickle.dumps(designs))
    assert copy.pack() == designs.pack()
    assert not any(array.flags.writeable for array in copy.arrays.values())
    assert designs.space.concatenate(list(designs)).same_as(designs).all()
    backwards = designs.take(slice(None, None, -1))
    assert backwards.pack() == designs.pack()[::-1]
    assert len(designs.take([])) == 0


@_SETTINGS
@given(batches(least=2))
def test_equal_designs_have_equal_hashes_and_others_not(designs: Designs) -> None:
    """Caches and records go by the hash: it must follow what is decided and nothing else."""
    rows, keys = designs.rows(), designs.hashes()
    for i in range(len(designs)):
        for j in range(i):
            assert (keys[i] == keys[j]) == (rows[i] == rows[j])


def test_hashes_are_the_same_in_another_process() -> None:
    """A study resumed tomorrow must know yesterday's designs, whatever Python's own hash seed is."""
    code = (
        "import numpy as np; from braess.testing import Cells; "
        "print(*[key.hex() for key in Cells().space.sample(20, np.random.default_rng(4)).hashes()])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert found == [key.hex() for key in Cells().space.sample(20, np.random.default_rng(4)).hashes()]


def test_hash_is_pinned() -> None:
    """Records outlive versions: the digest of a given design must never change."""
    from braess.space import Binary, Real

    space = Space({"lanes": Binary(size=3), "toll": Real(low=0.0, high=9.0)})
    design = space.designs({"lanes": [[1, 0, 1]], "toll": [2.5]})
    assert design.pack()[0].hex() == "0100010000000000000440"
    assert len(design.hashes()[0]) == 16


def test_minus_zero_is_zero() -> None:
    """Two zeros that compare equal must not be two designs."""
    from braess.space import Real

    space = Space({"x": Real(low=-1.0, high=1.0)})
    designs = space.designs({"x": np.array([0.0, -0.0])})
    assert len(set(designs.hashes())) == 1
