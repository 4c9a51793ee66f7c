"""NAS-Bench-Graph as a problem: shape and operations of a graph neural network, validation apart from test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from braess.domains.architecture.tables.files import Ints, place_of
from braess.domains.architecture.tables.graph import SHAPES, load, read_known
from braess.domains.architecture.tables.problems.base import UNMEASURED, Quantity, TableProblem
from braess.problem.evaluations import Floats
from braess.space import Categorical, Designs, Space

_SHAPES: Final = tuple("".join(map(str, shape)) for shape in SHAPES)
_KEYS: Final = {"validation": ("valid_perf", 100), "latency": ("latency", 1000), "parameters": ("para", 1)}


class NASBenchGraph(TableProblem):
    """Find four operations of a graph neural network, and which reads which.

    Of 59,049 ways to write one, 26,206 are different networks, each trained three times (on proteins 2,021 of 5,625). A search
    sees what they reached on validation data; what they reached on test data is `held_out`. The network that only skips was
    not trained: its evaluation fails. Needs the extra ``architecture``.

    Parameters
    ----------
    dataset
        One of ``cora``, ``citeseer``, ``pubmed``, ``cs``, ``physics``, ``photo``, ``computers``, ``arxiv`` and ``proteins``.
    objectives
        Among ``validation`` (%: accuracy, on proteins the area under the curve), ``latency`` (ms) and ``parameters``
        (millions).
    budgets
        Limits of some of them.

    Raises
    ------
    InputError
        No such data set or quantity, or the package with the tables is not installed.

    References
    ----------
    Qin, Zhang, Wang, Zhang and Zhu (2022), "NAS-Bench-Graph: Benchmarking graph neural architecture search",
    arXiv:2206.09166.
    """

    def __init__(
        self,
        dataset: str = "cora",
        objectives: Sequence[str] = ("validation", "latency"),
        budgets: Mapping[str, float] | None = None,
    ) -> None:
        table = load(dataset)
        space = Space(
            {"shape": Categorical(options=_SHAPES), "operation": Categorical(options=table.operations, size=len(SHAPES[0]))}
        )
        quantities = {
            "validation": Quantity("max", "%"),
            "latency": Quantity("min", "ms"),
            "parameters": Quantity("min", "million"),
        }
        columns = {"validation": table.validation, "latency": table.latency, "parameters": table.parameters}
        super().__init__("nas-bench-graph", space, quantities, columns, objectives=objectives, budgets=budgets)
        self.dataset = dataset
        self._options = len(table.operations)

    def places(self, designs: Designs) -> Ints:
        """Return the row of each way to write a network."""
        written: Ints = designs["shape"] * self._options ** len(SHAPES[0]) + place_of(designs["operation"], self._options)
        return written

    def canonical(self, designs: Designs) -> Designs:
        """Return the first way to write each of ``n`` networks."""
        table = load(self.dataset)
        rows = table.canonical[self.places(designs)]
        return self.space.designs({"shape": table.shapes[rows], "operation": table.designs[rows]})

    def held_out(self, designs: Designs) -> dict[str, Floats]:
        """Return what ``n`` networks reached on test data, in %."""
        return {"test": load(self.dataset).test[self.places(designs)]}

    def recompute(self, design: Designs, quantity: str) -> float:
        """Ask the benchmark for the network by its own key."""
        from nas_bench_graph import Arch

        shape = SHAPES[int(design["shape"][0])]
        operations = [self.space.leaf("operation").variable.value(code) for code in design["operation"][0]]
        known = read_known(self.dataset).get(Arch(list(shape), operations).valid_hash())
        if known is None:
            raise LookupError(UNMEASURED)
        name, scale = _KEYS[quantity]
        return float(known[name]) * scale

    def texts(self, designs: Designs) -> list[str]:
        """Return what each operation reads, and the operations: ``0012 gat gcn gin fc``."""
        operations = np.array(load(self.dataset).operations)[designs["operation"]]
        return [" ".join([_SHAPES[shape], *row]) for shape, row in zip(designs["shape"], operations.tolist(), strict=True)]

    def describe(self) -> dict[str, Any]:
        """Describe the problem as plain data."""
        return super().describe() | {"dataset": self.dataset}
