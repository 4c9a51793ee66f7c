"""NAS-Bench-Macro as a problem: a block for each of eight layers, accuracy on CIFAR-10 and costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from braess.domains.architecture.tables.files import Ints, place_of
from braess.domains.architecture.tables.macro import BLOCKS, LAYERS, identities_last, load
from braess.domains.architecture.tables.problems.base import Quantity
from braess.domains.architecture.tables.problems.complete import CompleteTable
from braess.space import Categorical, Designs, Space

_RUNS = 3


class NASBenchMacro(CompleteTable):
    """Find the blocks of a chain of eight layers: nothing, a small inverted residual, or a large one.

    The 6,561 chains are 3,969 networks, as it makes no difference where in a stage an identity comes after its first layer;
    each was trained three times. Accuracies are those on test data, as the table has no others.

    Parameters
    ----------
    objectives
        Among ``accuracy`` (%, mean of three trainings), ``accuracy-1``, ``accuracy-2`` and ``accuracy-3`` (of one training: a
        search that sees one can be judged by the mean), ``flops`` and ``parameters`` (millions).
    budgets
        Limits of some of them.

    Raises
    ------
    InputError
        There is no such quantity.

    References
    ----------
    Su et al. (2021), "Prioritized architecture sampling with Monto-Carlo tree search", arXiv:2103.11922.
    """

    def __init__(self, objectives: Sequence[str] = ("accuracy", "flops"), budgets: Mapping[str, float] | None = None) -> None:
        table = load()
        one_run = float(np.sqrt(table.accuracy.var(axis=1, ddof=1).mean()))
        runs = {f"accuracy-{run + 1}": table.accuracy[:, run] for run in range(_RUNS)}
        quantities = {
            "accuracy": Quantity("max", "%", one_run / _RUNS**0.5),
            **dict.fromkeys(runs, Quantity("max", "%", one_run)),
            "flops": Quantity("min", "million"),
            "parameters": Quantity("min", "million"),
        }
        columns = {"flops": table.flops / 1e6, "parameters": table.parameters / 1e6}
        columns |= {"accuracy": table.accuracy.mean(axis=1), **runs}
        space = Space({"block": Categorical(options=BLOCKS, size=LAYERS)})
        super().__init__("nas-bench-macro", space, quantities, columns, objectives=objectives, budgets=budgets)

    def places(self, designs: Designs) -> Ints:
        """Return the row of each design."""
        return place_of(designs["block"], len(BLOCKS))

    def canonical(self, designs: Designs) -> Designs:
        """Return ``n`` networks with the identities of each stage last."""
        return self.space.designs({"block": identities_last(designs["block"])})

    def recompute(self, design: Designs, quantity: str) -> float:
        """Find the row by its blocks; count what the blocks add to the cheapest network one by one."""
        table = load()
        blocks: list[int] = design["block"][0].tolist()
        if quantity in ("flops", "parameters"):
            counts: list[int] = (table.flops if quantity == "flops" else table.parameters).tolist()
            added: list[int] = [counts[code * len(BLOCKS) ** (LAYERS - 1 - at)] - counts[0] for at, code in enumerate(blocks)]
            return (counts[0] + sum(added)) / 1e6
        (row,) = np.flatnonzero((table.designs == blocks).all(axis=1))
        runs: list[float] = table.accuracy[row].tolist()
        return sum(runs) / _RUNS if quantity == "accuracy" else runs[int(quantity[-1]) - 1]

    def texts(self, designs: Designs) -> list[str]:
        """Return the chains as the benchmark writes them: a digit for each block."""
        return ["".join(map(str, row)) for row in designs["block"].tolist()]
