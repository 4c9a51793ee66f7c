"""Chains of the FBNet space as a problem: much computing in little time, on several devices, by additive latencies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import Any, ClassVar

import numpy as np

from braess.domains.architecture.tables.additive import AdditiveLatency, Fit, fit_additive, held_out_fits
from braess.domains.architecture.tables.fbnet import BLOCKS, LAYERS, load, multiply_adds, shapes
from braess.domains.architecture.tables.problems.base import Quantity, QuantityProblem
from braess.problem.evaluations import Floats
from braess.space import Categorical, Designs, Space

_FITTED = 0.8
_SPLITS = 5


class FBNetLatency(QuantityProblem):
    """Find the blocks of a chain of 22 layers that computes much in little time.

    Of the 9^22 chains, 5,000 were timed and none was trained. Latencies are therefore predicted, as sums over layers fitted to
    those 5,000, and no evaluation is exact; how well such sums predict chains they were not fitted to is in `describe`, for
    each device: nearly perfectly on some, hardly at all on some phones.

    Parameters
    ----------
    objectives
        Among ``multiply-adds`` (millions, to be large: it stands for what the network could learn) and ``latency-`` with a
        device (ms).
    budgets
        Limits of some of them.

    Raises
    ------
    InputError
        There is no such quantity.

    References
    ----------
    Wu et al. (2019), "FBNet: Hardware-aware efficient ConvNet design via differentiable neural architecture search",
    arXiv:1812.03443, section 3.2, for latencies that add up.
    """

    exact: ClassVar[bool] = False

    def __init__(
        self,
        objectives: Sequence[str] = ("multiply-adds", "latency-titan_rtx_1"),
        budgets: Mapping[str, float] | None = None,
    ) -> None:
        space = Space({"block": Categorical(options=BLOCKS, size=LAYERS)})
        quantities = {"multiply-adds": Quantity("max", "million")}
        quantities |= {f"latency-{device}": Quantity("min", "ms") for device in load().devices}
        super().__init__("fbnet-latency", space, quantities, objectives=objectives, budgets=budgets)
        models = [_model(name) for name in self._asked]
        self._tables = np.stack([model.table for model in models])
        self._bases = np.array([model.base for model in models])

    @property
    def _asked(self) -> tuple[str, ...]:
        return (*(one.name for one in self.objectives), *self.budgets)

    def measure(self, designs: Designs) -> Floats:
        """Add up what blocks take."""
        return np.asarray(self._bases + self._tables[:, np.arange(LAYERS), designs["block"]].sum(axis=2).T)

    def recompute(self, design: Designs, quantity: str) -> float:
        """Add up layer by layer; multiply-adds convolution by convolution."""
        blocks = design["block"][0].tolist()
        if quantity == "multiply-adds":
            return sum(_counted(BLOCKS[code], *shape) for code, shape in zip(blocks, shapes(), strict=True)) / 1e6
        model = _model(quantity)
        rows: list[list[float]] = model.table.tolist()
        return sum([model.base, *(row[code] for row, code in zip(rows, blocks, strict=True))])

    def texts(self, designs: Designs) -> list[str]:
        """Return the names of the blocks, one after the other."""
        return [" ".join(BLOCKS[code] for code in row) for row in designs["block"]]

    def describe(self) -> dict[str, Any]:
        """Describe the problem as plain data, with how well sums predict chains that they were not fitted to."""
        fits = {name: asdict(_quality(name)) for name in self._asked if name != "multiply-adds"}
        return super().describe() | {"held_out_fit": fits}


@cache
def _model(quantity: str) -> AdditiveLatency:
    if quantity == "multiply-adds":
        return AdditiveLatency(0.0, multiply_adds() / 1e6)
    return fit_additive(load().designs, _timed(quantity), len(BLOCKS))


@cache
def _quality(quantity: str) -> Fit:
    """Return the mean fit over splits, always the same ones."""
    designs, rng = load().designs, np.random.default_rng(0)
    fits = list(held_out_fits(designs, _timed(quantity), len(BLOCKS), fitted=_FITTED, splits=_SPLITS, rng=rng))
    return Fit(sum(fit.r2 for fit in fits) / _SPLITS, sum(fit.relative_error for fit in fits) / _SPLITS)


def _timed(quantity: str) -> Floats:
    return load().latency[:, load().devices.index(quantity.removeprefix("latency-"))]


def _counted(block: str, before: int, after: int, entering: int, leaving: int) -> int:
    """Count the multiply-adds of one block, convolution by convolution."""

    def convolution(inputs: int, outputs: int, kernel: int, side: int, groups: int) -> int:
        return outputs * side * side * kernel * kernel * (inputs // groups)

    if block == "skip":
        return 0 if (before, entering) == (after, leaving) else convolution(before, after, 1, leaving, 1)
    kernel, expansion, *grouped = block.split("_")
    middle, groups = before * int(expansion[1:]), 2 if grouped else 1
    return (
        convolution(before, middle, 1, entering, groups)
        + convolution(middle, middle, int(kernel[1:]), leaving, middle)
        + convolution(middle, after, 1, leaving, groups)
    )
