"""NAS-Bench-Graph: graph neural networks of four operations in one of nine shapes, trained on nine data sets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import permutations, product
from typing import Any, Final

import numpy as np

from braess.domains.architecture.tables.files import Ints, every_row, place_of
from braess.errors import InputError, nearest
from braess.problem.evaluations import Floats

OPERATIONS: Final = ("gat", "gcn", "gin", "cheb", "sage", "arma", "graph", "fc", "skip")
PROTEINS_OPERATIONS: Final = ("gcn", "sage", "arma", "fc", "skip")  # the others were too large for it
DATASETS: Final = ("cora", "citeseer", "pubmed", "cs", "physics", "photo", "computers", "arxiv", "proteins")
SHAPES: Final = (
    (0, 0, 0, 0),
    (0, 0, 0, 1),
    (0, 0, 1, 1),
    (0, 0, 1, 2),
    (0, 0, 1, 3),
    (0, 1, 1, 1),
    (0, 1, 1, 2),
    (0, 1, 2, 2),
    (0, 1, 2, 3),
)  # what each operation reads: 0 the input, i the i-th operation; what none reads goes to the output

_NODES = 4
_BASE = 10  # of the benchmark's keys, whatever the number of operations


@dataclass(frozen=True, eq=False)
class GraphTable:
    """All designs in the order of shape and operations, the last operation fastest; rows of the same network are equal.

    Parameters
    ----------
    operations
        Names of the operations there are.
    shapes
        ``[rows]`` places in `SHAPES`.
    designs
        ``[rows, 4]`` places in ``operations``.
    canonical
        ``[rows]`` the row that stands for all that are the same network.
    validation, test
        ``[rows]`` what was reached on validation and test data in %, mean of three trainings: accuracy, on proteins the area
        under the curve of receiver operating characteristics. NaN for the network that only skips, which was not trained.
    latency
        ``[rows]`` milliseconds.
    parameters
        ``[rows]`` weights in millions.
    """

    operations: tuple[str, ...]
    shapes: Ints
    designs: Ints
    canonical: Ints
    validation: Floats
    test: Floats
    latency: Floats
    parameters: Floats


@cache
def load(dataset: str) -> GraphTable:
    """Return the table of one of `DATASETS`; needs the extra ``architecture``. Do not write into its arrays.

    Raises
    ------
    InputError
        There is no such data set, or the package with the tables is not installed.

    References
    ----------
    Qin, Zhang, Wang, Zhang and Zhu (2022), "NAS-Bench-Graph", arXiv:2206.09166; https://github.com/THUMNLab/NAS-Bench-Graph
    (Apache-2.0).
    """
    known = read_known(dataset)
    operations = PROTEINS_OPERATIONS if dataset == "proteins" else OPERATIONS
    each = every_row(len(operations), _NODES)
    shapes, designs = np.repeat(np.arange(len(SHAPES)), len(each)), np.tile(each, (len(SHAPES), 1))
    canonical = _canonical(shapes, designs, len(operations))
    codes = np.array([OPERATIONS.index(name) for name in operations])
    keys = (shapes * _BASE**_NODES + place_of(codes[designs], _BASE))[canonical]
    missing = {"valid_perf": np.nan, "perf": np.nan, "latency": np.nan, "para": np.nan}
    rows = [known.get(key, missing) for key in keys.tolist()]
    return GraphTable(
        operations=operations,
        shapes=shapes,
        designs=designs,
        canonical=canonical,
        validation=100 * _column(rows, "valid_perf"),
        test=100 * _column(rows, "perf"),
        latency=1000 * _column(rows, "latency"),
        parameters=_column(rows, "para"),
    )


@cache
def read_known(dataset: str) -> dict[int, dict[str, float]]:
    """Return what the benchmark knows of a data set, by its key of a network.

    Raises
    ------
    InputError
        There is no such data set, or the package with the tables is not installed.
    """
    if dataset not in DATASETS:
        message = f"no such data set{nearest(dataset, DATASETS)}"
        raise InputError(message, field="dataset", found=dataset, expected=f"one of {', '.join(DATASETS)}")
    try:
        from nas_bench_graph import light_read
    except ImportError:
        raise InputError("nas-bench-graph is not installed", expected="pip install 'braess[architecture]'") from None
    known: dict[int, dict[str, float]] = light_read(dataset)
    return known


def _column(rows: list[dict[str, float]], name: str) -> Floats:
    return np.array([row[name] for row in rows], dtype=np.float64)


def _canonical(shapes: Ints, designs: Ints, options: int) -> Ints:
    """Return the row that stands for each design: skips drawn to the front, then the first of all ways to write it.

    ``designs`` has all designs of each shape in turn; the last of the ``options`` is the skip.
    """
    canonical = np.empty(len(shapes), dtype=np.int64)
    skips = designs == options - 1
    for shape, pattern in product(range(len(SHAPES)), every_row(2, _NODES).astype(np.bool_)):
        rows = np.flatnonzero((shapes == shape) & (skips == pattern).all(axis=1))
        parents, order = _skips_first(list(SHAPES[shape]), pattern.tolist())
        there, ways = _ways(tuple(parents))
        places = np.min([place_of(designs[rows][:, [order[at] for at in way]], options) for way in ways], axis=0)
        canonical[rows] = there * options**_NODES + places
    return canonical


def _skips_first(parents: list[int], skips: list[bool]) -> tuple[list[int], list[int]]:
    """Draw skips to the front that the benchmark holds to change nothing; return what each reads, and who came where.

    A skip goes to the front, where everything that read the input reads it, if something reads it, if nothing else reads what
    it reads, or if there are only skips between it and the input.
    """
    order = list(range(_NODES))
    for at in range(_NODES):
        if not skips[order[at]]:
            continue
        read = at + 1 in parents
        shared = any(parent == parents[at] for other, parent in enumerate(parents) if other != at)
        if read or not shared or _only_skips(at, parents, [skips[node] for node in order]):
            moved = [parents[at] if parent == at + 1 else parent for parent in parents]
            moved = [parent + 1 if parent <= at else parent for parent in moved]
            parents = [0, *moved[:at], *moved[at + 1 :]]
            order = [order[at], *order[:at], *order[at + 1 :]]
    return parents, order


def _only_skips(at: int, parents: list[int], skips: list[bool]) -> bool:
    while at >= 0:
        if not skips[at]:
            return False
        at = parents[at] - 1
    return True


@cache
def _ways(parents: tuple[int, ...]) -> tuple[int, tuple[tuple[int, ...], ...]]:
    """Return which of `SHAPES` a network has, and all orders of its operations in which it reads so."""
    found: dict[int, list[tuple[int, ...]]] = {}
    for order in permutations(range(_NODES)):
        place = {0: 0, **{old + 1: new + 1 for new, old in enumerate(order)}}
        shape: Any = tuple(place[parents[old]] for old in order)
        if shape in SHAPES:
            found.setdefault(SHAPES.index(shape), []).append(order)
    ((there, ways),) = found.items()
    return there, tuple(ways)
