"""Wrong input to spaces is answered by one kind of error that says where, what was found and what was expected."""

from __future__ import annotations

import numpy as np
import pytest

from braess.errors import InputError
from braess.space import Binary, Categorical, Choice, Integer, Permutation, Real, Repeat, Space


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Binary(size=0), "size: a vector variable needs elements"),
        (lambda: Binary(size=2, labels=("a",)), "labels do not match"),
        (lambda: Integer(low=3, high=2), "low, high: impossible bounds"),
        (lambda: Integer(low=0, high=2**60), "2\\^53"),
        (lambda: Categorical(options=()), "options must be there and differ"),
        (lambda: Categorical(options=("a", "a")), "options must be there and differ"),
        (lambda: Real(low=1.0, high=0.0), "finite low <= high"),
        (lambda: Real(low=0.0, high=float("inf")), "finite low <= high"),
        (lambda: Real(low=0.0, high=1.0, log=True), "must be positive"),
        (lambda: Real(low=(0.0, 1.0), high=2.0, size=3), "low: bounds do not match"),
        (lambda: Permutation(size=0), "needs items"),
        (lambda: Permutation(size=2, labels=("a",)), "labels do not match"),
        (lambda: Choice({}), "a choice needs options"),
        (lambda: Repeat(Space({"b": Binary()}), 2, 1), "impossible number of repetitions"),
        (lambda: Repeat(Space({"b": Binary()}), 0, 0), "impossible number of repetitions"),
        (lambda: Repeat(Space({"b": Binary()}), 1, 4, among=(1, 3)), "among: impossible numbers of repetitions"),
        (lambda: Repeat(Space({"b": Binary()}), 1, 4, among=(1, 3, 2, 4)), "grow from 1 to 4"),
        (lambda: Space({"a.b": Binary()}), "text without dots"),
        (lambda: Space.restore({"x": {"kind": "binry"}}), "not a description of a variable"),
        (lambda: Space.restore({"x": {"kind": "choice"}}), "not a description of a variable"),
        (lambda: Space.restore({"x": 3}), "not a description of a variable"),
    ],
)
def test_impossible_spaces(build, message: str) -> None:
    """A space that means nothing must not be built."""
    with pytest.raises(InputError, match=message):
        build()


_SPACE = Space(
    {
        "lanes": Binary(size=2),
        "count": Integer(low=1, high=3),
        "kind": Categorical(options=("road", "rail")),
        "toll": Real(low=0.0, high=5.0),
        "order": Permutation(size=3),
        "extra": Choice({"no": None, "yes": Space({"speed": Integer(low=1, high=9)})}),
    }
)
_GOOD = {
    "lanes": np.array([[0, 1]]),
    "count": np.array([2]),
    "kind": np.array([1]),
    "toll": np.array([2.5]),
    "order": np.array([[2, 0, 1]]),
    "extra": np.array([0]),
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lanes": np.array([[0, 2]])}, r"lanes: impossible value in design 0 \(found \[0, 2\], expected 0 or 1\)"),
        ({"lanes": np.array([0, 1])}, "lanes: wrong shape"),
        ({"count": np.array([2.5])}, "count: impossible value .*a whole number from 1 to 3"),
        ({"kind": np.array([2])}, "kind: impossible value .*index from 0 to 1"),
        ({"toll": np.array([np.nan])}, "toll: impossible value"),
        ({"toll": np.array(["a"])}, "toll: not numbers"),
        ({"order": np.array([[0, 0, 1]])}, "order: impossible value .*each of 0 to 2 once"),
        ({"extra": np.array([1])}, "extra.yes.speed: no values for a variable that is decided"),
        ({"tolls": np.array([1.0])}, "tolls: no such variable; did you mean 'toll'"),
        ({"count": np.array([2, 2])}, "wrong shape"),
    ],
)
def test_impossible_designs(change, message: str) -> None:
    """Each wrong array must be answered with its path, the value and what would be right."""
    assert len(_SPACE.designs(_GOOD)) == 1
    with pytest.raises(InputError, match=message):
        _SPACE.designs(_GOOD | change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "tram"}, "unknown option .*found 'tram'"),
        ({"lanes": [True]}, "lanes: wrong number of elements"),
        ({"toll": "free"}, "toll: not a number"),
        ({"extra": "yes"}, "extra.yes.speed: design 0 does not decide a variable"),
        ({"lane": [True, True]}, "lane: no such variable"),
    ],
)
def test_impossible_rows(change, message: str) -> None:
    """Rows are written by people: a slip must be named."""
    good = _SPACE.designs(_GOOD).rows()[0]
    with pytest.raises(InputError, match=message):
        _SPACE.from_rows([good | change])


def test_missing_values_in_rows() -> None:
    """A variable left out must be named, unless it is not decided."""
    row = _SPACE.designs(_GOOD).rows()[0]
    assert "extra.yes.speed" not in row
    del row["count"]
    with pytest.raises(InputError, match="count: design 0 does not decide a variable"):
        _SPACE.from_rows([row])


def test_matrices_of_the_wrong_shape() -> None:
    """A flat matrix of another space, or with holes, must be refused rather than read askew."""
    with pytest.raises(InputError, match=r"expected \[n, 10\]"):
        _SPACE.unflatten(np.zeros((2, 3)))
    with pytest.raises(InputError, match="NaN"):
        _SPACE.from_unit(np.full((1, _SPACE.width), np.nan))
    with pytest.raises(InputError, match="wrong length"):
        _SPACE.unpack([b"123"])


def test_inactive_values_do_not_matter() -> None:
    """What is not decided must not tell designs apart: it is replaced by the default."""
    one = _SPACE.designs(_GOOD | {"extra.yes.speed": np.array([3])})
    other = _SPACE.designs(_GOOD | {"extra.yes.speed": np.array([9])})
    assert one.same_as(other).all()


def test_designs_are_read_only() -> None:
    """A batch handed to several searches and workers must not change under their feet."""
    designs = _SPACE.designs(_GOOD)
    with pytest.raises(ValueError, match="read-only"):
        designs["toll"][0] = 1.0
