"""Crossover and mutation of flat designs, each kind of variable in its own way, in whole batches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from braess.space import Binary, LeafVariable, Permutation, Real, Space, is_ordered
from braess.space._vector import Bools, Floats

_TINY = 1e-14  # parents nearer than this (in the unit interval) have nothing to spread


@dataclass(frozen=True)
class Variation:
    """How offspring come about.

    Parameters
    ----------
    crossover
        Probability that a pair of parents mixes at all.
    mutation
        Expected number of decisions that mutation changes in a design.
    exchange
        Share of mutations of a vector of binaries that exchange a 1 and a 0 instead of flipping: they keep the
        number of ones, and so nearly the cost.
    crossover_spread, mutation_spread
        Distribution indices of simulated binary crossover and polynomial mutation of reals; larger stays nearer.
    """

    crossover: float
    mutation: float
    exchange: float
    crossover_spread: float
    mutation_spread: float

    def offspring(self, space: Space, first: Floats, second: Floats, rng: np.random.Generator) -> Floats:
        """Return ``[n, width]`` children of ``n`` pairs of flat parents ``[n, width]`` (not canonical yet)."""
        children: Floats = first.copy()
        mixes = rng.random(len(first)) < self.crossover
        rate = min(1.0, self.mutation / max(1, space.width))
        for leaf in space.leaves:
            columns, variable = leaf.columns, leaf.variable
            part = self._cross(variable, first[:, columns], second[:, columns], rng)
            part = np.where(mixes[:, None], part, first[:, columns])
            children[:, columns] = self._mutate(variable, part, rate, rng)
        return children

    def _cross(self, variable: LeafVariable, a: Floats, b: Floats, rng: np.random.Generator) -> Floats:
        if variable.kind == "permutation":
            rows = [_ordered(one, other, rng) for one, other in zip(a, b, strict=True)]
            return np.array(rows).reshape(a.shape)
        if isinstance(variable, Real):
            u = variable.to_unit(a)
            blended = _simulated_binary(u, variable.to_unit(b), self.crossover_spread, rng)
            return np.where(blended == u, a, variable.from_unit(blended))
        return np.where(rng.random(a.shape) < 0.5, a, b)

    def _mutate(self, variable: LeafVariable, values: Floats, rate: float, rng: np.random.Generator) -> Floats:
        if isinstance(variable, Permutation):
            hits = np.repeat(rng.random((len(values), 1)) < min(1.0, rate * variable.width), variable.width, axis=1)
        else:
            hits = rng.random(values.shape) < rate
        return self.changed(variable, values, hits, rng)

    def changed(self, variable: LeafVariable, values: Floats, hits: Bools, rng: np.random.Generator) -> Floats:
        """Return values ``[n, width]`` of a variable with others for the elements that are hit, ``[n, width]``.

        A permutation that is hit anywhere is changed as a whole.
        """
        if isinstance(variable, Permutation):
            changes: Bools = np.asarray(hits.any(axis=1))
            return np.array([_reordered(row, rng) if hit else row for row, hit in zip(values, changes, strict=True)]).reshape(
                values.shape
            )
        if isinstance(variable, Real):
            moved = variable.from_unit(_polynomial(variable.to_unit(values), self.mutation_spread, rng))
            return np.where(hits, moved, values)
        if isinstance(variable, Binary):
            return _flipped(values, hits, rng.random(len(values)) < self.exchange, rng)
        low, high = variable.bounds()
        return np.where(hits, _reset(values, low, high, is_ordered(variable), rng), values)


def _simulated_binary(u: Floats, v: Floats, index: float, rng: np.random.Generator) -> Floats:
    """Blend with the spread of one-point crossover of bits (Deb and Agrawal 1995), half of the elements left alone."""
    draw = rng.random(u.shape)
    power = 1.0 / (index + 1.0)
    spread = np.where(draw <= 0.5, (2.0 * draw) ** power, (0.5 / np.maximum(1.0 - draw, _TINY)) ** power)
    side = np.where(rng.random(u.shape) < 0.5, 1.0, -1.0)
    blended = 0.5 * ((u + v) + side * spread * np.abs(u - v))
    return np.where((rng.random(u.shape) < 0.5) & (np.abs(u - v) > _TINY), blended, u)


def _polynomial(u: Floats, index: float, rng: np.random.Generator) -> Floats:
    """Move by a polynomially distributed step that ends at the bounds 0 and 1."""
    draw = rng.random(u.shape)
    power = 1.0 / (index + 1.0)
    down = (2.0 * draw + (1.0 - 2.0 * draw) * (1.0 - u) ** (index + 1.0)) ** power - 1.0
    up = 1.0 - (2.0 * (1.0 - draw) + (2.0 * draw - 1.0) * u ** (index + 1.0)) ** power
    return np.asarray(u + np.where(draw < 0.5, down, up))


def _flipped(values: Floats, hits: Bools, exchanges: Bools, rng: np.random.Generator) -> Floats:
    """Flip what is hit; rows that exchange also flip as many elements of the other value."""
    flipped = np.where(hits, 1.0 - values, values)
    for i in np.flatnonzero(exchanges & hits.any(axis=1)):
        surplus = int(flipped[i].sum() - values[i].sum())
        partners = np.flatnonzero((values[i] == (1.0 if surplus > 0 else 0.0)) & ~hits[i])
        flipped[i, rng.permutation(partners)[: abs(surplus)]] = 0.0 if surplus > 0 else 1.0
    return flipped


def _reset(values: Floats, low: Floats, high: Floats, ordered: bool, rng: np.random.Generator) -> Floats:
    """Draw another value for each element; of an ordered one half of the time a neighbour."""
    levels = high - low + 1.0
    shift = 1.0 + np.floor(rng.random(values.shape) * np.maximum(levels - 1.0, 1.0))
    other = low + (values - low + shift) % levels
    if not ordered:
        return np.asarray(other)
    step = np.where(rng.random(values.shape) < 0.5, 1.0, -1.0)
    near = np.clip(values + step, low, high)
    return np.where((rng.random(values.shape) < 0.5) & (near != values), near, other)


def _ordered(a: Floats, b: Floats, rng: np.random.Generator) -> Floats:
    """Order crossover: a slice of the first parent, the rest in the order of the second (Davis 1985)."""
    start, stop = np.sort(rng.integers(0, len(a) + 1, size=2))
    kept = a[start:stop]
    rest = b[~np.isin(b, kept)]
    return np.concatenate([rest[:start], kept, rest[start:]])


def _reordered(row: Floats, rng: np.random.Generator) -> Floats:
    """Exchange two items or reverse the stretch between them."""
    changed = row.copy()
    start, stop = np.sort(rng.integers(0, len(row), size=2))
    if rng.random() < 0.5:
        changed[[start, stop]] = changed[[stop, start]]
    else:
        changed[start : stop + 1] = changed[start : stop + 1][::-1]
    return np.asarray(changed)
