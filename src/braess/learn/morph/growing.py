"""Grows a plain network into a larger one, by the layers that both have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby

import torch
from torch import nn

from braess.errors import InputError
from braess.learn.morph.deepening import deepen
from braess.learn.morph.plain import Conv, Dense, Plain, Pool
from braess.learn.morph.weighted import weighted_layers
from braess.learn.morph.widening import widen


@dataclass(frozen=True)
class Step:
    """One change of a plain network.

    Parameters
    ----------
    layer
        Which convolution or dense layer, counted from 0 in the network as it then is.
    width
        What it is widened to, ``None``: a layer as wide is inserted after it.
    kernel
        Of an inserted convolution.
    """

    layer: int
    width: int | None
    kernel: int = 3


def grow(
    net: nn.Sequential,
    before: Plain,
    after: Plain,
    *,
    generator: torch.Generator,
    batch: torch.Tensor | None = None,
    noise: tuple[float, float] = (0.0, 0.0),
) -> nn.Sequential:
    """Return a network of another description that computes what a smaller one does.

    Parameters
    ----------
    net, before
        The smaller network, as `build_plain` or `grow` made it, and its description.
    after
        What it is to become.
    generator, batch
        As in `widen` and `deepen`.
    noise
        Of wider and of new layers, as in `widen` and `deepen`.

    Raises
    ------
    InputError
        The one cannot become the other by widening layers and inserting layers after others.
    """
    steps = steps_between(before, after)
    if steps is None:
        raise InputError(
            "no growth leads from one network to the other", field="after", found=after, expected=f"grown from {before}"
        )
    for step in steps:
        at = weighted_layers(net)[step.layer]
        if step.width is None:
            net = deepen(net, at, kernel=step.kernel, generator=generator, batch=batch, noise=noise[1])
        else:
            net = widen(net, at, step.width, generator=generator, noise=noise[0])
    return net


def steps_between(before: Plain, after: Plain) -> list[Step] | None:
    """Return how one plain network grows into another, ``None`` where it cannot.

    Layers inserted after a layer come in when it is as wide as the narrowest of them and itself are to be, or nearest to that.
    """
    old, new = _blocks(before), _blocks(after)
    if [kind for kind, _ in old] != [kind for kind, _ in new]:
        return None
    steps: list[Step] = []
    first = 0
    for (_, smaller), (_, larger) in zip(old, new, strict=True):
        kept = _embedding(smaller, larger)
        if kept is None:
            return None
        steps += _steps(smaller, larger, kept, first)
        first += len(larger)
    return steps


_Layer = tuple[int, int]  # width and kernel


def _blocks(layers: Plain) -> list[tuple[str, tuple[_Layer, ...]]]:
    """Return the stretches of layers between pools, and that of the dense layers."""
    blocks: list[tuple[str, tuple[_Layer, ...]]] = []
    for kind, group in groupby(layers, type):
        if kind is Pool:
            blocks += [("pool", ())] * len(list(group))
        else:
            members = tuple(
                (one.filters, one.kernel) if isinstance(one, Conv) else (one.units, 0)
                for one in group
                if not isinstance(one, Pool)
            )
            blocks.append(("dense" if kind is Dense else "conv", members))
    return blocks


def _embedding(smaller: Sequence[_Layer], larger: Sequence[_Layer]) -> tuple[int, ...] | None:
    """Return the place in the larger block of each layer of the smaller one; inserted layers follow those they come after."""

    @cache
    def placed(i: int, j: int) -> tuple[int, ...] | None:
        """Place the layers from ``i`` on, the first of them at ``j``."""
        (width, kernel), (most, side) = smaller[i], larger[j]
        if most < width or side != kernel:
            return None
        for following in range(j + 1, len(larger)):
            if i + 1 < len(smaller):
                rest = placed(i + 1, following)
                if rest is not None:
                    return (j, *rest)
            if larger[following][0] < width:
                return None
        return (j,) if i + 1 == len(smaller) else None

    if not smaller:
        return () if not larger else None
    return placed(0, 0) if larger else None


def _steps(smaller: Sequence[_Layer], larger: Sequence[_Layer], kept: Sequence[int], first: int) -> Iterator[Step]:
    for i, start in enumerate(kept):
        end = kept[i + 1] if i + 1 < len(kept) else len(larger)
        narrowest = min(width for width, _ in larger[start:end])
        if narrowest > smaller[i][0]:
            yield Step(first + start, narrowest)
        for place in range(start + 1, end):
            yield Step(first + place - 1, None, larger[place][1])
        for place in range(start, end):
            if larger[place][0] > narrowest:
                yield Step(first + place, larger[place][0])
