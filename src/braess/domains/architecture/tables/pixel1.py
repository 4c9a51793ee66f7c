"""Two tables of operator latencies on a Pixel 1 phone, of which the latency of a chain is the sum."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from braess.domains.architecture.tables.files import SHIPPED
from braess.errors import InputError, nearest
from braess.problem.evaluations import Floats
from braess.text_table import read_text_table

SINGLE_PATH_BLOCKS: Final = ("k3_e3", "k3_e6", "k5_e3", "k5_e6")


@dataclass(frozen=True)
class Operator:
    """How long one operator took.

    Parameters
    ----------
    mean
        Milliseconds.
    variance
        Square milliseconds.
    count
        Timings.
    """

    mean: float
    variance: float
    count: int


@cache
def load_operators() -> dict[str, Operator]:
    """Return the timings of 72 operators of the ProxylessNAS space by key; see `block_key`.

    References
    ----------
    Cai, Zhu and Han (2019), "ProxylessNAS", arXiv:1812.00332: the table `mobile_trim.yaml` of its authors, as in
    https://github.com/skhu101/GM-NAS (MIT).
    """
    table = read_text_table(SHIPPED / "pixel1_operators.csv", ("operator", "count", "mean_ms", "variance"))
    columns = (table[name] for name in ("operator", "mean_ms", "variance", "count"))
    return {
        key: Operator(float(mean), float(variance), int(count)) for key, mean, variance, count in zip(*columns, strict=True)
    }


@cache
def load_single_path() -> Floats:
    """Return the runtimes of each of 22 layers with each of `SINGLE_PATH_BLOCKS`, ``[22, 4]`` ms; do not write into it.

    References
    ----------
    Stamoulis et al. (2019), "Single-Path NAS", arXiv:1904.02877: `nas-search/pixel1_runtime_model.json` of
    https://github.com/dstamoulis/single-path-nas (Apache-2.0).
    """
    names = [f"{block}_ms" for block in SINGLE_PATH_BLOCKS]
    return np.asarray(read_text_table(SHIPPED / "pixel1_single_path.csv", names)[names].to_numpy().astype(np.float64))


def block_key(
    *, pixels: tuple[int, int], channels: tuple[int, int], expansion: int, kernel: int, stride: int, residual: bool
) -> str:
    """Return the key of an inverted residual block.

    Parameters
    ----------
    pixels, channels
        Side of the square picture and channels, before and after.
    expansion, kernel, stride
        Of the block.
    residual
        Whether its input is added to its output.
    """
    before, after = (f"{side}x{side}x{depth}" for side, depth in zip(pixels, channels, strict=True))
    shape = f"expand:{expansion}-kernel:{kernel}-stride:{stride}-idskip:{int(residual)}"
    return f"expanded_conv-input:{before}-output:{after}-{shape}"


def total(keys: Iterable[str]) -> float:
    """Return the summed mean latency of operators, in ms.

    Raises
    ------
    InputError
        An operator was not timed.
    """
    operators = load_operators()
    wanted = list(keys)
    for key in wanted:
        if key not in operators:
            raise InputError(f"this operator was not timed{nearest(key, operators)}", field="keys", found=key)
    return sum(operators[key].mean for key in wanted)
