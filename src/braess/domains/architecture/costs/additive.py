"""Tables of the time that single blocks take, and how far the time of a network is the sum over its blocks."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy import stats
from torch import nn

from braess.domains.architecture.costs.latency import latency
from braess.domains.architecture.costs.passing import pass_once
from braess.domains.architecture.costs.timing import Timing
from braess.domains.architecture.networks import Family, Network
from braess.errors import InputError
from braess.problem.evaluations import Floats
from braess.space import Designs

_FORMAT = "braess latency table 1"

Block = tuple[str, nn.Module, tuple[int, ...]]  # what tells its kind, itself, shape of its input


@dataclass(frozen=True)
class Additivity:
    """How well sums over blocks foretell the measured time of whole networks that no block was timed in.

    Parameters
    ----------
    designs
        Networks compared.
    r2
        Share of the variance of measured times that the sums explain; below 0 where a constant would do better.
    error
        Mean of the absolute difference over the measured time.
    bias
        Mean of the difference over the measured time: above 0 where sums are too long.
    spearman
        Rank correlation of sums and measured times.
    """

    designs: int
    r2: float
    error: float
    bias: float
    spearman: float


@dataclass(frozen=True)
class LatencyTable:
    """Milliseconds of each kind of block alone.

    Parameters
    ----------
    milliseconds
        By kind of block with the shape of its input.
    timing
        How they were measured.
    machine
        Where.
    additivity
        How far they can be trusted.
    """

    milliseconds: dict[str, float]
    timing: Timing
    machine: str
    additivity: Additivity

    def latency(self, network: Network, image: tuple[int, int, int]) -> float:
        """Return the sum over the blocks of a network, in milliseconds; a block not in the table raises `InputError`."""
        return _total(self.milliseconds, network, image)

    def write(self, path: Path) -> None:
        """Write the table as JSON."""
        path.write_text(json.dumps({"format": _FORMAT} | asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> LatencyTable:
        """Read what `write` wrote; anything else raises `InputError`."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data["format"] != _FORMAT:
                raise InputError("not a table of latencies", file=path, found=data["format"], expected=_FORMAT)
            milliseconds = {str(kind): float(value) for kind, value in data["milliseconds"].items()}
            table = cls(milliseconds, Timing(**data["timing"]), str(data["machine"]), Additivity(**data["additivity"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"this table of latencies cannot be read: {error}", file=path) from None
        if not np.all(np.isfinite([*milliseconds.values()])) or min(milliseconds.values(), default=-1.0) < 0:
            raise InputError("a time is missing or below 0", file=path, expected="milliseconds of blocks")
        return table


def profile(
    family: Family,
    rng: np.random.Generator,
    *,
    timing: Timing | None = None,
    designs: int = 30,
    progress: Callable[[int, int], None] | None = None,
) -> LatencyTable:
    """Time each kind of block once alone, then whole networks of random designs, and compare.

    Blocks are those of the designs that decide the same everywhere (which for cells and chains are all there are) and of the
    random designs.

    Parameters
    ----------
    family
        The networks.
    rng
        Draws designs and weights.
    timing
        How; left out: as `Timing` does by default.
    designs
        Number of random designs, at least 3; the whole networks are those of them that can be built.
    progress
        Called with what is timed and what is to be timed in all.

    Returns
    -------
    LatencyTable
        With how well it foretold the whole networks.
    """
    if designs < 3:
        raise InputError("too few networks to compare", field="designs", found=designs, expected="at least 3")
    timing = timing or Timing()
    held = _possible(family, family.space.sample(designs, rng))
    if (designs := len(held)) < 3:
        raise InputError("too few of the random designs are possible", field="designs", found=designs, expected="at least 3")
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    kinds: dict[str, tuple[nn.Module, tuple[int, ...]]] = {}
    for design in family.space.concatenate([_possible(family, uniform_designs(family)), held]):
        for kind, block, shape in blocks_of(family.build(design, generator), family.image):
            kinds.setdefault(kind, (block, shape))
    total, found = len(kinds) + designs, {}
    for kind, (block, shape) in kinds.items():
        found[kind] = latency(block, shape, timing)
        if progress is not None:
            progress(len(found), total)
    sums, measured = np.empty(designs), np.empty(designs)
    for i, design in enumerate(held):
        network = family.build(design, generator)
        sums[i] = _total(found, network, family.image)
        measured[i] = latency(network, family.image, timing)
        if progress is not None:
            progress(len(kinds) + i + 1, total)
    return LatencyTable(found, timing, _machine(), compare(sums, measured))


def compare(sums: Floats, measured: Floats) -> Additivity:
    """Compare ``[n]`` sums with ``[n]`` measured times."""
    relative = (sums - measured) / measured
    spread = float(((measured - measured.mean()) ** 2).sum())
    r2 = 1.0 - float(((sums - measured) ** 2).sum()) / spread if spread > 0 else float("nan")
    varied = np.ptp(sums) > 0 and spread > 0
    rank = float(stats.spearmanr(sums, measured).statistic) if varied else float("nan")
    return Additivity(len(sums), r2, float(np.abs(relative).mean()), float(relative.mean()), rank)


def uniform_designs(family: Family) -> Designs:
    """Return the designs that take the first, the second, ... value of every variable."""
    low, high = family.space.bounds
    steps = np.arange(int((high - low).max()) + 1)[:, None]
    return family.space.unflatten(np.minimum(low + steps, high))


def blocks_of(network: Network, image: tuple[int, int, int]) -> Iterator[Block]:
    """Yield the blocks of a network with the shapes of their inputs, which are part of what tells their kinds apart."""
    shapes: dict[nn.Module, tuple[int, ...]] = {}

    def note(module: nn.Module, inputs: Any) -> None:
        shapes[module] = tuple(inputs[0].shape[1:])

    blocks = list(network.blocks())
    pass_once(network, image, [block.register_forward_pre_hook(note) for _, block in blocks])
    for name, block in blocks:
        yield f"{name} @ {'x'.join(map(str, shapes[block]))}", block, shapes[block]


def _possible(family: Family, designs: Designs) -> Designs:
    """Return the designs that can be built; a program has others, too."""
    kept = []
    for row, design in enumerate(designs):
        try:
            family.blank(design)
        except InputError:
            continue
        kept.append(row)
    return designs.take(kept)


def _total(milliseconds: dict[str, float], network: Network, image: tuple[int, int, int]) -> float:
    total = 0.0
    for kind, _, _ in blocks_of(network, image):
        if kind not in milliseconds:
            raise InputError("the table has no such block", field="latency_table", found=kind, expected="one that was timed")
        total += milliseconds[kind]
    return total


def _machine() -> str:
    return f"{platform.system()} {platform.machine()} {platform.processor()}, torch {torch.__version__}".replace(" ,", ",")
