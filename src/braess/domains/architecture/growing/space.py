"""Designs of plain convolutional networks: their space, their layers, and how they grow."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from braess.errors import InputError
from braess.learn.morph import Conv, Dense, Pool
from braess.problem import Growth
from braess.problem.evaluations import Bools
from braess.space import Categorical, Designs, Repeat, Space

Layer = Conv | Dense
Blocks = list[list[Layer]]  # convolutions between pools, then the dense layers


class PlainSpace:
    """The space of plain networks and how its designs grow.

    Parameters
    ----------
    filters, kernels, units, blocks, depth, dense
        As in `GrowingNetworkSettings`.

    Attributes
    ----------
    space
        ``block_1``, ``block_2``, …: repeated ``filters`` and ``kernel``; ``dense``: repeated ``units``.
    vocabulary, insertions
        As in `Growable`.
    """

    def __init__(
        self, filters: Sequence[int], kernels: Sequence[int], units: Sequence[int], blocks: int, depth: int, dense: int
    ) -> None:
        for field, ladder in (("filters", filters), ("kernels", kernels), ("units", units)):
            if not ladder or ladder[0] < 1 or any(a >= b for a, b in pairwise(ladder)):
                raise InputError("not a ladder", field=field, found=list(ladder), expected="whole numbers from 1 on that rise")
        if any(kernel % 2 == 0 for kernel in kernels):
            raise InputError("a kernel without a middle", field="kernels", found=list(kernels), expected="odd numbers")
        for field, number in (("blocks", blocks), ("depth", depth), ("dense", dense)):
            if number < 1:
                raise InputError("too few", field=field, found=number, expected="at least 1")
        self.filters, self.kernels, self.units = tuple(filters), tuple(kernels), tuple(units)
        self.names = [f"block_{i + 1}" for i in range(blocks)]
        conv = Space({"filters": Categorical(options=self.filters), "kernel": Categorical(options=self.kernels)})
        layers = {name: Repeat(conv, 1, depth) for name in self.names}
        self.space = Space(layers | {"dense": Repeat(Space({"units": Categorical(options=self.units)}), 1, dense)})
        self.most = [depth] * blocks + [dense]
        self.vocabulary = len(filters) * len(kernels) + 1 + len(units)
        self.insertions = (blocks + 1, max(self.most), len(kernels))

    def blocks_of(self, design: Designs) -> Blocks:
        """Return the layers of one design by block, the dense layers last."""
        [row] = design.rows()
        found: Blocks = [
            [Conv(row[f"{name}.{i}.filters"], row[f"{name}.{i}.kernel"]) for i in range(row[name])] for name in self.names
        ]
        return [*found, [Dense(row[f"dense.{i}.units"]) for i in range(row["dense"])]]

    def layers_of(self, design: Designs) -> list[Conv | Pool | Dense]:
        """Return the description of one design, as `braess.learn.morph.build_plain` reads it."""
        *convolutions, dense = self.blocks_of(design)
        return [layer for block in convolutions for layer in (*block, Pool())] + dense

    def design_of(self, blocks: Blocks) -> Designs:
        """Return the design with these layers."""
        row: dict[str, int] = {}
        for name, block in zip([*self.names, "dense"], blocks, strict=True):
            row[name] = len(block)
            for i, layer in enumerate(block):
                if isinstance(layer, Conv):
                    row |= {f"{name}.{i}.filters": layer.filters, f"{name}.{i}.kernel": layer.kernel}
                else:
                    row[f"{name}.{i}.units"] = layer.units
        return self.space.from_rows([row])

    def smallest(self) -> Designs:
        """Return the network with one layer in each block, the narrowest, with a kernel of side 3 if there is one."""
        blocks: Blocks = [[Conv(self.filters[0], 3 if 3 in self.kernels else self.kernels[0])] for _ in self.names]
        return self.design_of([*blocks, [Dense(self.units[0])]])

    def growth(self, design: Designs) -> Growth:
        """Read a network from its input on, pools included."""
        layers = self.layers_of(design)
        insert = np.zeros(self.insertions, dtype=np.bool_)
        for number, (block, most) in enumerate(zip(self.blocks_of(design), self.most, strict=True)):
            sorts = 1 if number == len(self.names) else len(self.kernels)  # dense layers have no kernel
            insert[number, : len(block), :sorts] = len(block) < most
        able = [not isinstance(layer, Pool) and self._larger(layer) is not None for layer in layers]
        return Growth(np.array([self._token(layer) for layer in layers]), np.array(able), insert)

    def widened(self, design: Designs, elements: Bools) -> Designs:
        """Bring some layers to the next width."""
        places = iter(elements.tolist())
        blocks: Blocks = []
        for block in self.blocks_of(design):
            blocks.append([(self._larger(layer) or layer) if next(places) else layer for layer in block])
            if len(blocks) <= len(self.names):
                next(places)  # the pool
        return self.design_of(blocks)

    def inserted(self, design: Designs, block: int, position: int, sort: int) -> Designs:
        """Insert a layer as wide as the one it comes after; ``sort`` is the number of its kernel."""
        blocks = self.blocks_of(design)
        before = blocks[block][position]
        layer = Conv(before.filters, self.kernels[sort]) if isinstance(before, Conv) else before
        blocks[block].insert(position + 1, layer)
        return self.design_of(blocks)

    def _larger(self, layer: Layer) -> Layer | None:
        if isinstance(layer, Conv):
            wider = [width for width in self.filters if width > layer.filters]
            return Conv(wider[0], layer.kernel) if wider else None
        wider = [width for width in self.units if width > layer.units]
        return Dense(wider[0]) if wider else None

    def _token(self, layer: Conv | Pool | Dense) -> int:
        pool = len(self.filters) * len(self.kernels)
        if isinstance(layer, Conv):
            return self.filters.index(layer.filters) * len(self.kernels) + self.kernels.index(layer.kernel)
        return pool if isinstance(layer, Pool) else pool + 1 + self.units.index(layer.units)
