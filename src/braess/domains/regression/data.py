"""Rows to fit and rows to judge by: made up, with known coefficients, or read from a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from braess.errors import InputError
from braess.problem.evaluations import Bools, Floats
from braess.text_table import read_text_table

_CORRELATION = 0.5  # of made-up columns side by side
_NOISE = 1.0  # standard deviation in made-up targets


@dataclass(frozen=True, eq=False)
class Parted:
    """Inputs and targets in two parts.

    Parameters
    ----------
    inputs, targets
        ``[n, p]`` and ``[n]``, to fit.
    held_inputs, held_targets
        ``[m, p]`` and ``[m]``, to judge by.
    """

    inputs: Floats
    targets: Floats
    held_inputs: Floats
    held_targets: Floats

    def __post_init__(self) -> None:
        """Check that shapes fit and all is finite."""
        p = self.inputs.shape[1] if self.inputs.ndim == 2 else -1
        n, m = len(self.targets), len(self.held_targets)
        if self.inputs.shape != (n, p) or self.held_inputs.shape != (m, p) or min(n, m, p) < 1:
            found = [part.shape for part in (self.inputs, self.targets, self.held_inputs, self.held_targets)]
            raise InputError("not arrays of one table", field="data", found=found, expected="[n, p], [n], [m, p], [m]")
        for part in (self.inputs, self.targets, self.held_inputs, self.held_targets):
            if not np.isfinite(part).all():
                raise InputError("not all numbers are finite", field="data")


def made_up(rows: int, held: int, columns: int, relevant: int, rng: np.random.Generator) -> Parted:
    """Draw correlated columns of unit variance, of which the first few have coefficients of 1 or -1, the others 0.

    Parameters
    ----------
    rows, held, columns
        To fit, to judge by, and of inputs.
    relevant
        Columns with a coefficient.
    rng
        Where numbers come from. Targets have noise of unit variance.
    """
    if not 0 <= relevant <= columns:
        raise InputError("out of range", field="relevant", found=relevant, expected=f"from 0 to {columns}")
    steps = np.arange(columns)
    factor = np.linalg.cholesky(_CORRELATION ** np.abs(steps[:, None] - steps))
    inputs = rng.standard_normal((rows + held, columns)) @ factor.T
    coefficients = np.where(steps < relevant, rng.choice([-1.0, 1.0], columns), 0.0)
    targets = inputs @ coefficients + _NOISE * rng.standard_normal(rows + held)
    return Parted(inputs[:rows], targets[:rows], inputs[rows:], targets[rows:])


def corrupted(data: Parted, share: float, rng: np.random.Generator) -> tuple[Parted, Bools]:
    """Return the data with a share of the targets to fit turned to noise of nine times their variance, and which ``[n]``."""
    if not 0.0 <= share <= 1.0:
        raise InputError("out of range", field="share", found=share, expected="from 0 to 1")
    n = len(data.targets)
    spoiled = np.isin(np.arange(n), rng.choice(n, round(share * n), replace=False))
    noise = 3.0 * data.targets.std() * rng.standard_normal(n)
    return replace(data, targets=np.where(spoiled, noise, data.targets)), spoiled


def read_parted(path: Path, target: str, share: float, rng: np.random.Generator) -> Parted:
    """Read a table of numbers; inputs come out with mean 0 and variance 1, the target with mean 0, by the rows to fit.

    Parameters
    ----------
    path
        Text with a header.
    target
        Column that is fitted; all others are inputs.
    share
        Of rows to fit, drawn at random.
    rng
        Where the draw comes from.

    Raises
    ------
    InputError
        It is no such table; says where. An input is the same in all rows to fit.
    """
    if not 0.0 < share < 1.0:
        raise InputError("out of range", field="share", found=share, expected="between 0 and 1")
    table = read_text_table(path, [target])
    names = [name for name in table.columns if name != target]
    numbers = np.column_stack([_numbers(table[name].tolist(), path, str(name)) for name in [*names, target]])
    order = rng.permutation(len(numbers))
    fit, held = np.split(numbers[order], [round(share * len(order))])
    if min(len(fit), len(held)) < 2 or not names:
        raise InputError("too small a table", file=path, found=numbers.shape, expected="two rows in each part, and an input")
    centre, scale = fit.mean(axis=0), fit.std(axis=0)
    scale[-1] = 1.0
    if not (scale > 0).all():
        raise InputError("all rows to fit are the same", file=path, field=str(names[int(np.argmin(scale))]))
    fit, held = (fit - centre) / scale, (held - centre) / scale
    return Parted(fit[:, :-1], fit[:, -1], held[:, :-1], held[:, -1])


def _numbers(cells: Sequence[str], path: Path, name: str) -> Floats:
    found = np.empty(len(cells))
    for i, cell in enumerate(cells):
        try:
            found[i] = float(cell)
        except ValueError:
            found[i] = np.nan
        if not np.isfinite(found[i]):
            raise InputError("not a number", file=path, line=i + 2, field=name, found=cell)
    return found
