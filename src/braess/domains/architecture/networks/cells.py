"""Networks of equal cells in the style of NAS-Bench-201: a design decides the operation on each edge of the cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from torch import Tensor, nn

from braess.domains.architecture.networks.family import Family, Head, Network, check_counts
from braess.domains.architecture.networks.operations import OPERATIONS, ReLUConvNorm, operation
from braess.errors import InputError
from braess.space import Categorical, Designs, Space


def edges_of(nodes: int) -> list[tuple[int, int]]:
    """Return the edges ``(to, from)`` of a cell in the order of a design: 1<-0, 2<-0, 2<-1, 3<-0, ..."""
    return [(to, source) for to in range(1, nodes) for source in range(to)]


def live_edges(operations: Sequence[str], nodes: int) -> list[bool]:
    """Tell which edges lie on a path from the input to the output of a cell; where none does, the network is dead."""
    there = [(to, source) for (to, source), name in zip(edges_of(nodes), operations, strict=True) if name != "none"]
    fed, heard = {0}, {nodes - 1}
    for to, source in there:  # sources are complete before they are used: edges are sorted by where they lead
        if source in fed:
            fed.add(to)
    for to, source in reversed(there):
        if to in heard:
            heard.add(source)
    return [edge in there and edge[1] in fed and edge[0] in heard for edge in edges_of(nodes)]


class Cell(nn.Module):
    """A cell: each node is the sum of an operation on every node before it; ``[n, c, h, w]`` in and out."""

    def __init__(self, operations: Sequence[str], nodes: int, channels: int, *, affine: bool = True) -> None:
        super().__init__()
        self.nodes = nodes
        self.edges = nn.ModuleList(operation(name, channels, affine=affine) for name in operations)

    def forward(self, x: Tensor) -> Tensor:
        """Return the last node."""
        nodes = [x]
        edges = iter(self.edges)
        for to in range(1, self.nodes):
            total: Tensor = next(edges)(nodes[0])
            for source in range(1, to):
                total = total + next(edges)(nodes[source])
            nodes.append(total)
        return nodes[-1]


class Reduction(nn.Module):
    """A residual block of two convolutions that halves the size: ``[n, before, h, w]`` to ``[n, after, h / 2, w / 2]``."""

    def __init__(self, before: int, after: int, *, affine: bool = True) -> None:
        super().__init__()
        self.first = ReLUConvNorm(before, after, 3, 2, affine=affine)
        self.second = ReLUConvNorm(after, after, 3, affine=affine)
        # Odd sizes are rounded up, as a convolution of stride 2 does.
        self.shortcut = nn.Sequential(nn.AvgPool2d(2, 2, ceil_mode=True), nn.Conv2d(before, after, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        """Reduce."""
        reduced: Tensor = self.shortcut(x) + self.second(self.first(x))
        return reduced


class CellNetwork(Network):
    """Stem, stages of equal cells with a reduction between two, batch norm, and a linear layer on the means.

    Parameters
    ----------
    operations
        Name of the operation on each edge, in the order of `edges_of`.
    family
        What is not decided.
    """

    def __init__(self, operations: Sequence[str], family: CellFamily) -> None:
        super().__init__()
        self.operations, channels, affine = tuple(operations), family.channels, family.affine
        self.stem = nn.Sequential(
            nn.Conv2d(family.image[0], channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels, affine=affine)
        )
        layers: list[nn.Module] = []
        for stage in range(family.stages):
            if stage:
                layers.append(Reduction(channels, 2 * channels, affine=affine))
                channels *= 2
            layers += [self._cell(channels, family) for _ in range(family.cells)]
        self.layers = nn.Sequential(*layers)
        self.last = nn.Sequential(nn.BatchNorm2d(channels, affine=affine), nn.ReLU())
        self.head = Head(channels, family.classes)

    def _cell(self, channels: int, family: CellFamily) -> nn.Module:
        """Return a fresh cell."""
        return Cell(self.operations, family.nodes, channels, affine=family.affine)

    def forward(self, x: Tensor) -> Tensor:
        """Turn ``[n, c, h, w]`` images into ``[n, classes]`` scores."""
        scores: Tensor = self.head(self.last(self.layers(self.stem(x))))
        return scores

    def blocks(self) -> Iterator[tuple[str, nn.Module]]:
        """Yield stem, the operations on edges, reductions, last batch norm and head; the sums at nodes are left out."""
        yield "stem", self.stem
        for layer in self.layers:
            if isinstance(layer, Cell):
                yield from zip(self.operations, layer.edges, strict=True)
            else:
                yield "reduction", layer
        yield "last", self.last
        yield "head", self.head


@dataclass(frozen=True, kw_only=True)
class CellFamily(Family):
    """Networks whose cells are designed. The defaults are NAS-Bench-201.

    Parameters
    ----------
    nodes
        Of a cell, input and output counted: 4 have 6 edges, 3 have 3.
    operations
        To choose from for an edge.
    channels
        Of the first stage; each reduction doubles them.
    cells
        In each stage.
    stages
        With a reduction between two.
    affine
        Whether batch norms learn a scale and a shift.

    References
    ----------
    Dong and Yang, "NAS-Bench-201: Extending the scope of reproducible neural architecture search", ICLR 2020.
    """

    nodes: int = 4
    operations: tuple[str, ...] = OPERATIONS
    channels: int = 16
    cells: int = 5
    stages: int = 3
    affine: bool = True

    def __post_init__(self) -> None:
        """Check sizes and operations."""
        super().__post_init__()
        check_counts(channels=self.channels, cells=self.cells, stages=self.stages)
        if self.nodes < 2:
            raise InputError("a cell needs an input and an output", field="nodes", found=self.nodes, expected="at least 2")
        for name in self.operations:
            operation(name, 1)

    @cached_property
    def space(self) -> Space:
        """The operation on each edge."""
        edges = edges_of(self.nodes)
        labels = tuple(f"{to}<-{source}" for to, source in edges)
        return Space({"operation": Categorical(options=self.operations, size=len(edges), labels=labels)})

    def network(self, design: Designs) -> CellNetwork:
        """Put the network of a design together."""
        return CellNetwork([self.operations[code] for code in design["operation"][0]], self)
