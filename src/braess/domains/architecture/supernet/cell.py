"""A network of equal cells in which every operation is on every edge."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from braess.domains.architecture.networks.cells import CellFamily, CellNetwork, Reduction, edges_of
from braess.domains.architecture.networks.operations import operation
from braess.domains.architecture.supernet.mixed import MixedOp, PartialOp, rows_of
from braess.errors import InputError
from braess.learn.relaxation import Mixed


class MixedCell(nn.Module):
    """A cell with a mixture on each edge: ``[n, c, h, w]`` in and out.

    Parameters
    ----------
    operations
        Names of the options.
    nodes, channels, affine
        As in a cell.
    factor
        1: all channels go through the mixtures; else one in so many.
    """

    def __init__(self, operations: Sequence[str], nodes: int, channels: int, *, affine: bool, factor: int = 1) -> None:
        super().__init__()
        if channels % factor:
            raise InputError("does not divide the channels", field="factor", found=factor, expected=f"a divisor of {channels}")
        self.nodes = nodes
        mixtures: list[nn.Module] = []
        for _ in edges_of(nodes):
            mixed = MixedOp([operation(name, channels // factor, affine=affine) for name in operations])
            mixtures.append(mixed if factor == 1 else PartialOp(mixed, factor))
        self.edges = nn.ModuleList(mixtures)

    def forward(self, x: Tensor, rows: Sequence[tuple[Tensor, list[bool]]], edges: Tensor | None) -> Tensor:
        """Return the last node.

        Parameters
        ----------
        x
            ``[n, c, h, w]``.
        rows
            What each operation of each edge weighs.
        edges
            What each edge counts, ``[edges]``; nothing: one each.
        """
        nodes = [x]
        place = 0
        for to in range(1, self.nodes):
            total: Tensor | None = None
            for source in range(to):
                found = self.edges[place](nodes[source], *rows[place])
                found = found if edges is None else found * edges[place]
                total = found if total is None else total + found
                place += 1
            assert total is not None
            nodes.append(total)
        return nodes[-1]


class CellSupernet(CellNetwork):
    """Every network of a family of cells, with shared weights.

    Parameters
    ----------
    family
        Its operations are the options. DARTS lets batch norms learn no scale and shift (arXiv:1806.09055, section 3).
    factor
        As in `MixedCell`.
    """

    def __init__(self, family: CellFamily, factor: int = 1) -> None:
        self._factor = factor
        super().__init__((), family)

    def _cell(self, channels: int, family: CellFamily) -> nn.Module:
        return MixedCell(family.operations, family.nodes, channels, affine=family.affine, factor=self._factor)

    def forward(self, x: Tensor, mixed: Mixed, edges: Tensor | None = None) -> Tensor:  # type: ignore[override]
        """Turn ``[n, c, h, w]`` images into ``[n, classes]`` scores.

        Parameters
        ----------
        x
            Images.
        mixed
            ``[edges, operations]``, the same in all cells.
        edges
            Logits of the edges, ``[edges]``: each node takes the mean of its inputs weighted by their softmax (edge
            normalisation, arXiv:1907.05737, eq. 2). Nothing: the sum.
        """
        rows, counted = rows_of(mixed), None if edges is None else edge_shares(edges)
        x = self.stem(x)
        for layer in self.layers:
            x = layer(x) if isinstance(layer, Reduction) else layer(x, rows, counted)
        scores: Tensor = self.head(self.last(x))
        return scores


def edge_shares(logits: Tensor) -> Tensor:
    """Return the softmax of the edges over those that lead to one node, ``[edges]``; edges in the order of `edges_of`."""
    shares, start, inputs = [], 0, 1
    while start < len(logits):
        shares.append(torch.softmax(logits[start : start + inputs], dim=0))
        start, inputs = start + inputs, inputs + 1
    return torch.cat(shares)
