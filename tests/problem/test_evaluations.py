"""Evaluations: what counts as failed, feasible and violated, taking rows and joining batches."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from braess.errors import InputError
from braess.problem import Evaluations


def _mixed() -> Evaluations:
    return Evaluations.of(
        [[1.0], [2.0], [np.nan], [4.0], [np.inf], [6.0]],
        [[-1.0, 0.0], [0.5, 0.25], [0.0, 0.0], [0.0, np.nan], [0.0, 0.0], [-2.0, -2.0]],
        errors=(None, None, None, None, None, "ValueError: no"),
        seconds=0.5,
        states=("a", "b", "c", "d", "e", "f"),
    )


def test_failures_are_recognised() -> None:
    """NaN anywhere, an infinite objective or an error message: each alone must make an evaluation failed."""
    assert _mixed().failed.tolist() == [False, False, True, True, True, True]


def test_feasibility_and_violation() -> None:
    """At most 0 is feasible, violations add up, and a failed evaluation is infinitely bad whatever its numbers say."""
    assert _mixed().feasible.tolist() == [True, False, False, False, False, False]
    assert _mixed().violation.tolist() == [0.0, 0.75, np.inf, np.inf, np.inf, np.inf]


def test_without_constraints_all_that_succeeded_is_feasible() -> None:
    """No constraints means none is violated."""
    found = Evaluations.of([[1.0], [np.nan]])
    assert found.feasible.tolist() == [True, False]
    assert found.constraints.shape == (2, 0)


def test_taking_and_joining() -> None:
    """Pieces in any order must hold what the rows held, all parts in step."""
    whole = _mixed()
    joined = Evaluations.concatenate([whole.take([3, 1]), whole.take(slice(0, 1)), whole.take(whole.feasible), whole.take([])])
    assert joined.states == ("d", "b", "a", "a")
    assert np.array_equal(joined.objectives[:, 0], [4.0, 2.0, 1.0, 1.0])
    assert np.array_equal(joined.seconds, np.full(4, 0.5))
    assert joined.errors == (None,) * 4


def test_states_are_kept_only_where_all_have_them() -> None:
    """Half of the states would be taken for the other half's: without all, none are kept."""
    without = Evaluations.of([[1.0]] * 2, np.zeros((2, 2)))
    assert Evaluations.concatenate([_mixed(), without]).states is None


def test_failure_record() -> None:
    """A batch that a lost worker held must come back as failures of the right shape."""
    lost = Evaluations.failure(3, 2, 1, "worker lost", seconds=1.5)
    assert lost.objectives.shape == (3, 2)
    assert lost.constraints.shape == (3, 1)
    assert lost.failed.all()
    assert lost.errors == ("worker lost",) * 3
    assert lost.seconds.tolist() == [1.5] * 3


def test_pickles() -> None:
    """Results come from other processes."""
    copy = pickle.loads(pickle.dumps(_mixed()))
    assert np.array_equal(copy.objectives, _mixed().objectives, equal_nan=True)
    assert copy.errors == _mixed().errors


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"objectives": [1.0, 2.0]}, "must be matrices"),
        ({"objectives": [[1.0]], "constraints": [[1.0], [2.0]]}, "different lengths"),
        ({"objectives": [[1.0]], "errors": (None, None)}, "different lengths"),
        ({"objectives": [[1.0]], "states": (1, 2)}, "different lengths"),
    ],
)
def test_uneven_parts_are_refused(parts, message: str) -> None:
    """Parts that speak of different designs would be read askew: they must not be put together."""
    with pytest.raises(InputError, match=message):
        Evaluations.of(**parts)
