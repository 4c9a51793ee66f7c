"""Designs as rows of numbers for linear models: what was chosen, or how often each sequence of choices comes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from braess.problem.evaluations import Floats
from braess.space import Designs, Leaf, Real, Space, is_ordered

Ints = NDArray[np.int64]

_FEW = 16  # values of a number, up to which each has a place of its own
_CELLS = 8  # that longer ranges of numbers are cut into, as tokens
_ABSENT = -1


class Choices:
    """One place for each option of each element that is decided, and one for each number in [0, 1]; 0 where it is not decided.

    Parameters
    ----------
    space
        Of the designs.
    """

    def __init__(self, space: Space) -> None:
        columns = [leaf for leaf in space.leaves for _ in range(leaf.variable.width)]
        self._levels = [0 if isinstance(leaf.variable, Real) else _levels(leaf) for leaf in columns]
        self._own = [
            0 < levels <= _FEW or leaf.variable.kind == "categorical"
            for levels, leaf in zip(self._levels, columns, strict=True)
        ]
        self._number = [is_ordered(leaf.variable) or leaf.variable.kind == "permutation" for leaf in columns]

    def __call__(self, designs: Designs) -> Floats:
        """Write designs as rows ``[n, d]``."""
        unit, active = designs.space.to_unit(designs), designs.space.flatten(designs)[1]
        parts = [np.empty((len(designs), 0))]
        for column, (levels, own, number) in enumerate(zip(self._levels, self._own, self._number, strict=True)):
            value, decided = unit[:, column, None], active[:, column, None]
            if own:
                parts.append((np.floor(value * levels) == np.arange(levels)) & decided)
            if number:
                parts.append(np.where(decided, value - 0.5, 0.0))
        return np.concatenate(parts, axis=1).astype(np.float64)


class NGrams:
    """Counts of sequences of successive decisions, and their number; learned from designs, then used on others.

    A token is a decision with its value; repetitions of a part have the same tokens, elements of a vector too. Numbers with
    many values are cut into cells.

    Parameters
    ----------
    space
        Of the designs.
    longest
        Most tokens in a sequence.
    seen
        Times that a sequence must have come in the designs it learns from.
    """

    def __init__(self, space: Space, longest: int, seen: int) -> None:
        names: dict[tuple[str, str], int] = {}
        self._first, self._levels = [], []
        total = 0
        for leaf in space.leaves:
            levels = _levels(leaf)
            if isinstance(leaf.variable, Real) or (levels > _FEW and is_ordered(leaf.variable)):
                levels = _CELLS
            name = re.sub(r"\.\d+(?=\.)", "", leaf.path), str(leaf.variable.describe())
            if name not in names:
                names[name], total = total, total + levels
            self._first += [names[name]] * leaf.variable.width
            self._levels += [levels] * leaf.variable.width
        self._tokens, self._longest, self._seen = total, longest, seen
        self._known: list[Ints] = []  # of each length, the keys of its sequences, growing

    def learn(self, designs: Designs) -> None:
        """Find the sequences that come often enough."""
        self._known = []
        tokens = self._written(designs)
        before = np.zeros_like(tokens)
        for _ in range(self._longest):
            keys = _longer(before, tokens, len(self._known), self._tokens)
            values, counts = np.unique(keys[keys != _ABSENT], return_counts=True)
            self._known.append(values[counts >= self._seen])
            before = _places(keys, self._known[-1])

    def __call__(self, designs: Designs) -> Floats:
        """Write designs as rows ``[n, d]``."""
        tokens = self._written(designs)
        parts = [(tokens != _ABSENT).sum(axis=1, keepdims=True).astype(np.float64)]
        parts += self._counts(tokens)
        return np.concatenate(parts, axis=1)

    def _counts(self, tokens: Ints) -> Iterator[Floats]:
        before = np.zeros_like(tokens)
        for length, known in enumerate(self._known):
            before = _places(_longer(before, tokens, length, self._tokens), known)
            row, column = np.nonzero(before != _ABSENT)
            found = np.zeros((len(tokens), len(known)))
            np.add.at(found, (row, before[row, column]), 1.0)
            yield found

    def _written(self, designs: Designs) -> Ints:
        """Return the tokens of designs ``[n, width]`` in the order of their decisions, -1 after the last."""
        unit, active = designs.space.to_unit(designs), designs.space.flatten(designs)[1]
        levels = np.array(self._levels)
        cells = np.minimum(np.floor(unit * levels), levels - 1).astype(np.int64)
        tokens = np.where(active, np.array(self._first) + cells, _ABSENT)
        packed: Ints = np.take_along_axis(tokens, np.argsort(~active, axis=1, kind="stable"), axis=1)
        return packed


def _longer(before: Ints, tokens: Ints, length: int, total: int) -> Ints:
    """Return keys ``[n, width]`` of sequences one token longer than those that begin at each place; -1 where there is none."""
    last = np.full_like(tokens, _ABSENT)
    last[:, : max(tokens.shape[1] - length, 0)] = tokens[:, length:]
    return np.where((before == _ABSENT) | (last == _ABSENT), _ABSENT, before * total + last)


def _places(keys: Ints, known: Ints) -> Ints:
    """Return the place of each key among those known, -1 where it is not one of them."""
    if len(known) == 0:
        return np.full_like(keys, _ABSENT)
    place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[place] == keys, place, _ABSENT)


def _levels(leaf: Leaf) -> int:
    """Return how many values an element of a discrete variable has."""
    low, high = leaf.variable.bounds()
    return int(high[0] - low[0]) + 1
