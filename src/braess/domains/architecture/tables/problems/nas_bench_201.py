"""NAS-Bench-201 as a problem: six operations of a cell, accuracies of three data sets, costs, latencies on 27 devices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

import numpy as np

from braess.domains.architecture.tables.files import Ints, place_of
from braess.domains.architecture.tables.nasbench201 import DATASETS, EDGES, OPERATIONS, CellTable, load
from braess.domains.architecture.tables.problems.base import Quantity
from braess.domains.architecture.tables.problems.complete import CompleteTable
from braess.errors import InputError, nearest
from braess.problem.evaluations import Floats
from braess.space import Categorical, Designs, Space

ISOMORPHIC: Final = ("apart", "merged")


class NASBench201(CompleteTable):
    """Find the cell of a convolutional network: six edges between four nodes, an operation on each.

    All 15,625 were trained. Accuracies are those on test data, as the table has no others: good for comparing searches, too
    good for what a search would reach.

    Parameters
    ----------
    objectives
        Among ``accuracy-cifar10``, ``accuracy-cifar100``, ``accuracy-imagenet16-120`` (%), ``flops`` and ``parameters``
        (millions, of the CIFAR-10 network) and ``latency-`` with one of the `devices` (ms).
    budgets
        Limits of some of them.
    isomorphic
        ``"apart"``: each cell has its own row, so that cells of the same function differ by the noise of training;
        ``"merged"``: each has the row of the cheapest cell of that function, and is known as the same (`canonical`).

    Raises
    ------
    InputError
        No such quantity or way, or accuracies are wanted and their file is not there (`braess.domains.architecture.tables`).

    References
    ----------
    Dong and Yang (2020), "NAS-Bench-201: Extending the scope of reproducible neural architecture search", arXiv:2001.00326.
    """

    def __init__(
        self,
        objectives: Sequence[str] = ("accuracy-cifar10", "flops"),
        budgets: Mapping[str, float] | None = None,
        isomorphic: str = "apart",
    ) -> None:
        if isomorphic not in ISOMORPHIC:
            message = f"no such way{nearest(str(isomorphic), ISOMORPHIC)}"
            raise InputError(message, field="isomorphic", found=isomorphic, expected=f"one of {', '.join(ISOMORPHIC)}")
        table = load(accuracy=any(name.startswith("accuracy-") for name in (*objectives, *(budgets or {}))))
        space = Space({"operation": Categorical(options=OPERATIONS, size=len(EDGES))})
        quantities, columns = _quantities(table)
        super().__init__("nas-bench-201", space, quantities, columns, objectives=objectives, budgets=budgets)
        self.isomorphic = isomorphic
        self._classes = table.isomorphism_class if isomorphic == "merged" else np.arange(len(table.designs))

    @property
    def devices(self) -> tuple[str, ...]:
        """Devices whose latencies are known."""
        return load(accuracy=False).devices

    def places(self, designs: Designs) -> Ints:
        """Return the row of each design, or of the cell that stands for it."""
        return np.asarray(self._classes[place_of(designs["operation"], len(OPERATIONS))])

    def canonical(self, designs: Designs) -> Designs:
        """Return the cells that stand for ``n`` designs: themselves where isomorphic ones are kept apart."""
        return self.space.designs({"operation": load(accuracy=False).designs[self.places(designs)]})

    def recompute(self, design: Designs, quantity: str) -> float:
        """Find the cell in the table by its operations, and count costs layer by layer."""
        cell = self.canonical(design)["operation"][0]
        if quantity in ("flops", "parameters"):
            return _counted([OPERATIONS[code] for code in cell])[quantity] / 1e6
        kind, _, name = quantity.partition("-")
        table = load(accuracy=kind == "accuracy")
        (row,) = np.flatnonzero((table.designs == cell).all(axis=1))
        if kind == "accuracy":
            return float(table.accuracy[row, DATASETS.index(name)])
        return float(table.latency[row, table.devices.index(name)])

    def texts(self, designs: Designs) -> list[str]:
        """Return the cells as the benchmark writes them: ``|op~0|+|op~0|op~1|+|op~0|op~1|op~2|``."""
        return [cell_text([OPERATIONS[code] for code in row]) for row in designs["operation"]]

    def describe(self) -> dict[str, Any]:
        """Describe the problem as plain data."""
        return super().describe() | {"isomorphic": self.isomorphic}


def cell_text(operations: Sequence[str]) -> str:
    """Write the operations on `EDGES` as the benchmark does."""
    edges = [f"{operation}~{source}" for operation, (source, _) in zip(operations, EDGES, strict=True)]
    return "+".join(f"|{'|'.join(edges[start : start + n])}|" for start, n in ((0, 1), (1, 2), (3, 3)))


def _quantities(table: CellTable) -> tuple[dict[str, Quantity], dict[str, Floats]]:
    quantities, columns = {}, {}
    for column, name in enumerate(DATASETS):
        quantities[f"accuracy-{name}"] = Quantity("max", "%", _noise()[column] if np.isfinite(table.accuracy).all() else None)
        columns[f"accuracy-{name}"] = table.accuracy[:, column]
    for name, counts in (("flops", table.flops), ("parameters", table.parameters)):
        quantities[name], columns[name] = Quantity("min", "million"), counts / 1e6
    for column, device in enumerate(table.devices):
        quantities[f"latency-{device}"], columns[f"latency-{device}"] = Quantity("min", "ms"), table.latency[:, column]
    return quantities, columns


@cache
def _noise() -> list[float]:
    """Return the standard deviation of accuracies within classes of cells that compute the same, for each data set.

    Each cell of a class was trained on its own. The root of the mean variance, over classes that can learn.
    """
    table = load()
    _, classes, sizes = np.unique(table.isomorphism_class, return_inverse=True, return_counts=True)
    means = np.stack([np.bincount(classes, values) for values in table.accuracy.T], axis=1) / sizes[:, None]
    deviations = table.accuracy - means[classes]
    alive = (table.accuracy[table.isomorphism_class] > _CHANCE).all(axis=1)
    freedom = alive.sum() - len(np.unique(classes[alive]))
    return [float(value) for value in np.sqrt(np.square(deviations[alive]).sum(axis=0) / freedom)]


_CHANCE = (10.5, 1.5, 1.5)  # %, and a little: what guesses get right


def _counted(cell: Sequence[str]) -> dict[str, int]:
    """Count the weights and multiply-adds of the CIFAR-10 network of a cell, layer by layer."""
    flops, weights = 0, 0

    def convolution(before: int, after: int, kernel: int, side: int, *, norm: bool = True) -> None:
        nonlocal flops, weights
        flops += kernel * kernel * before * after * side * side
        weights += kernel * kernel * before * after + 2 * after * norm

    convolution(3, 16, 3, 32)
    for stage, (width, side) in enumerate(((16, 32), (32, 16), (64, 8))):
        if stage:
            convolution(width // 2, width, 3, side)
            convolution(width, width, 3, side)
            convolution(width // 2, width, 1, side, norm=False)
        for _ in range(5):
            for operation in cell:
                if operation.startswith("nor_conv"):
                    convolution(width, width, int(operation[-1]), side)
    classifier = 64 * 10 + 10
    return {"flops": flops + classifier, "parameters": weights + 2 * 64 + classifier}
