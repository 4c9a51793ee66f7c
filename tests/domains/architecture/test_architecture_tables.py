"""The measured tables: figures that their sources and others published, and costs counted in another way."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from braess.domains.architecture.tables import dynast, fbnet, macro, nasbench201, pixel1
from braess.domains.architecture.tables.problems import cell_text
from braess.errors import InputError
from braess.study.indicators import hypervolume

DATA = Path(os.environ.get("BRAESS_DATA", ""))
needs_accuracies = pytest.mark.skipif(
    not (DATA / "nas" / "nasbench201.npz").is_file(), reason="BRAESS_DATA names no folder with nas/nasbench201.npz"
)


def test_costs_of_cells_are_those_published() -> None:
    """Published: 0.0733 to 1.5315 million weights, 7.78 to 220.12 million multiply-adds, 28 different counts."""
    table = nasbench201.load(accuracy=False)
    assert (table.parameters.min(), table.parameters.max()) == (73_306, 1_531_546)
    assert (table.flops.min(), table.flops.max()) == (7_783_050, 220_119_690)
    assert len(np.unique(table.flops)) == 28
    assert (table.designs[0].tolist(), table.designs[1].tolist()) == ([0] * 6, [0, 0, 0, 0, 0, 1])


def benchmark_text(cell: list[int]) -> str:
    """Return the text by which the benchmark tells cells apart: `to_unique_str` of its authors, zeros considered."""
    nodes, operations = ["0"], iter(cell)
    for node in (1, 2, 3):
        terms = []
        for source, operation in zip(nodes[:node], itertools.islice(operations, node), strict=True):
            name = nasbench201.OPERATIONS[operation]
            if name == "none" or source == "#":
                terms.append("#")
            else:
                terms.append(source if name == "skip_connect" else f"({source})@{name}")
        nodes.append("+".join(sorted(terms)))
    return nodes[-1]


def test_classes_of_cells_lie_around_those_of_the_benchmark() -> None:
    """The benchmark counts 6,466 by texts of cells; equal texts must be equal functions."""
    table = nasbench201.load(accuracy=False)
    texts = [benchmark_text(cell) for cell in table.designs.tolist()]
    assert len(set(texts)) == 6_466
    assert len(set(zip(texts, table.isomorphism_class.tolist(), strict=True))) == 6_466
    assert len(np.unique(table.isomorphism_class)) == 4_930
    standing = table.isomorphism_class
    assert (standing[standing] == standing).all()
    assert (table.flops[standing] <= table.flops).all()


def test_classes_of_cells_are_those_of_their_values() -> None:
    """With a curved function without constant for each operation, values must be equal within classes, and only there."""
    table = nasbench201.load(accuracy=False)
    curves = (
        np.zeros_like,
        lambda x: x,
        lambda x: 1.37 * x + 0.59 * x**2,
        lambda x: 0.83 * x - 0.41 * x**3,
        lambda x: 0.61 * x + 0.77 * x**2,
    )
    nodes = np.zeros((4, len(table.designs)))
    nodes[0] = 0.7
    for edge, (source, target) in enumerate(nasbench201.EDGES):
        nodes[target] += np.choose(table.designs[:, edge], [curve(nodes[source]) for curve in curves])
    values = np.round(nodes[3], 9)
    pairs = set(zip(values.tolist(), table.isomorphism_class.tolist(), strict=True))
    assert len(pairs) == len(np.unique(values)) == len(np.unique(table.isomorphism_class))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([0, 3, 0, 0, 0, 1], [0, 0, 0, 3, 0, 0]),  # one convolution, by a node or straight
        ([1, 2, 4, 1, 0, 1], [1, 4, 2, 0, 1, 1]),  # the same three terms, met in another order
        ([3, 0, 0, 2, 0, 0], [0, 0, 0, 2, 0, 0]),  # a convolution that nothing reads
        ([0, 0, 3, 0, 3, 3], [0, 0, 0, 0, 0, 0]),  # nothing arrives
    ],
)
def test_cells_that_are_the_same_by_hand(one: list[int], other: list[int]) -> None:
    table = nasbench201.load(accuracy=False)
    first, second = (int(np.flatnonzero((table.designs == cell).all(axis=1))[0]) for cell in (one, other))
    assert table.isomorphism_class[first] == table.isomorphism_class[second]


def test_the_text_of_a_cell() -> None:
    """As published for the best of CIFAR-10."""
    operations = ["nor_conv_3x3", "nor_conv_3x3", "nor_conv_3x3", "skip_connect", "nor_conv_3x3", "nor_conv_3x3"]
    text = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|"
    assert cell_text(operations) == text


@needs_accuracies
def test_accuracies_of_cells_are_those_published() -> None:
    """The optima, the cell of skips alone (54.30, 15.61, 16.32) and the correlation of costs with accuracy."""
    table = nasbench201.load()
    assert table.accuracy.max(axis=0) == pytest.approx([94.37, 73.51, 47.31], abs=5e-3)
    skips = np.flatnonzero((table.designs == 1).all(axis=1))[0]
    assert table.accuracy[skips] == pytest.approx([54.30, 15.61, 16.32], abs=5e-3)
    for counts in (table.flops, table.parameters):
        found = [spearmanr(counts, accuracy).statistic for accuracy in table.accuracy.T]
        assert found == pytest.approx([0.753, 0.728, 0.691], abs=6e-4)


@needs_accuracies
def test_rows_of_the_file_may_come_in_any_order() -> None:
    """Each row of the file itself must be found under its cell, and the classes it names lie within ours."""
    with np.load(DATA / "nas" / "nasbench201.npz") as file:
        designs, accuracy, classes = (file[name] for name in ("design", "test_accuracy", "isomorphism_class"))
        latency, devices = file["latency_ms"], tuple(file["devices"].tolist())
    table = nasbench201.load()
    places = designs.astype(np.int64) @ 5 ** np.arange(5, -1, -1)
    assert np.array_equal(table.accuracy[places], accuracy.astype(np.float64))
    assert np.array_equal(table.latency[places], latency.astype(np.float64))
    assert table.devices == devices
    pairs = set(zip(classes.tolist(), table.isomorphism_class[places].tolist(), strict=True))
    assert len(pairs) == len(np.unique(classes)) == 6_466


@needs_accuracies
def test_dropping_operations_by_their_worth_ends_among_the_best() -> None:
    """Operations are kept whose removal costs the mean of what remains most: enumerated elsewhere for all orders of edges."""
    table = nasbench201.load()
    for column, worst in ((0, 404), (1, 410)):
        cube = table.accuracy[:, column].reshape((5,) * 6)
        ends = [projected(cube, order) for order in itertools.permutations(range(6))]
        ranks = [int((cube > value).sum()) + 1 for value in ends]
        assert max(ranks) <= worst
    assert sum(rank == 1 for rank in ranks) == 332  # of CIFAR-100


def projected(cube: np.ndarray, order: tuple[int, ...]) -> float:
    """Decide edge by edge: keep the operation without which the mean over the others and all completions is least."""
    kept = list(range(6))
    for edge in order:
        axis = kept.index(edge)
        means = cube.mean(axis=tuple(other for other in range(cube.ndim) if other != axis))
        cube = cube.take(int(np.argmax(means)), axis=axis)
        kept.remove(edge)
    return float(cube)


def test_accuracies_that_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRAESS_DATA", str(tmp_path))
    nasbench201.load.cache_clear()
    with pytest.raises(InputError, match=r"not shipped.*nas/nasbench201.npz.*BRAESS_DATA"):
        nasbench201.load()
    (tmp_path / "nas").mkdir()
    path = tmp_path / "nas" / "nasbench201.npz"
    np.savez(path, design=np.zeros((3, 6)))
    with pytest.raises(InputError, match=r"lacks arrays.*test_accuracy"):
        nasbench201.load()
    np.savez(path, design=np.zeros((3, 6)), test_accuracy=np.zeros((3, 3)))
    with pytest.raises(InputError, match="other shapes"):
        nasbench201.load()
    np.savez(path, design=np.zeros((15625, 6), dtype=np.uint8), test_accuracy=np.zeros((15625, 3)))
    with pytest.raises(InputError, match="not every cell once"):
        nasbench201.load()
    path.write_bytes(b"nonsense")
    with pytest.raises(InputError, match="cannot read the file"):
        nasbench201.load()


def test_chains_are_as_published() -> None:
    """Published: 6,561 networks, the best 22212220 at 93.13 %; multiply-adds add up over layers to the last one."""
    table = macro.load()
    mean = table.accuracy.mean(axis=1)
    best = np.flatnonzero(mean == mean.max())
    assert ["".join(map(str, row)) for row in table.designs[best]] == ["22212202", "22212220"]
    assert mean.max() == pytest.approx(93.13, abs=5e-3)
    row = int(np.flatnonzero((table.designs == [0, 2, 0, 1, 2, 1, 0, 0]).all(axis=1))[0])
    assert (table.parameters[row], table.flops[row]) == (890_666, 47_327_744)
    assert table.accuracy[row].tolist() == [89.47, 88.95, 89.17]
    for counts in (table.flops, table.parameters):
        added = [counts.reshape((3,) * 8).take(0, axis=at).ravel() for at in range(8)]
        assert all((counts >= one.min()).all() for one in added)
        one_by_one = counts[0] + (counts[table.designs * 3 ** np.arange(7, -1, -1)] - counts[0]).sum(axis=1)
        assert np.array_equal(one_by_one, counts)


def test_chains_of_one_network_have_one_row() -> None:
    """Rows of equal trainings, weights and multiply-adds must be those that are known to be the same network, and no others."""
    table = macro.load()
    measured = np.column_stack([table.accuracy, table.parameters, table.flops])
    _, rows = np.unique(measured, axis=0, return_inverse=True)
    pairs = set(zip(rows.ravel().tolist(), table.canonical.tolist(), strict=True))
    assert len(pairs) == rows.max() + 1 == len(np.unique(table.canonical)) == 3_969


def test_search_logs_are_as_published() -> None:
    """2,373 measurements; the hypervolumes that were recomputed from the logs of two searches, to the unit."""
    assert sum(len(dynast.load(log).accuracy) for log in dynast.LOGS) == 2_373
    expected = {
        "nsga2": [1722, 1803, 1890, 1939, 1954, 2015, 2051],
        "linas-nsga2": [1771, 1914, 2013, 2021, 2034, 2089, 2109],
    }
    for log, volumes in expected.items():
        table = dynast.load(log)
        points = np.stack([table.macs / 1e6, -table.accuracy], axis=1)
        found = [hypervolume(points[:n], np.array([600.0, -72.0])) for n in (50, 100, 150, 200, 250, 400, 500)]
        assert found == pytest.approx(volumes, abs=1.0)
    assert dynast.load("linas-ga").accuracy[:100].max() == pytest.approx(77.29, abs=5e-3)
    assert dynast.load("ga").accuracy[:250].max() == pytest.approx(77.28, abs=5e-3)


def test_layers_that_are_not_there_make_no_difference() -> None:
    """Equal rows are equal networks: their weights and multiply-adds must be the same, their accuracy but for noise."""
    tables = [dynast.load(log) for log in dynast.LOGS]
    designs, macs, weights, accuracy = (
        np.concatenate([getattr(table, name) for table in tables]) for name in ("designs", "macs", "parameters", "accuracy")
    )
    _, first, same = np.unique(designs, axis=0, return_index=True, return_inverse=True)
    assert np.array_equal(macs, macs[first][same.ravel()])
    assert np.array_equal(weights, weights[first][same.ravel()])
    assert np.abs(accuracy - accuracy[first][same.ravel()]).max() <= 0.11
    written = [np.hstack([table.kernels, table.expansions, table.depths]) for table in tables]
    assert (len(np.unique(np.concatenate(written), axis=0)), len(first)) == (2_223, 2_162)


def test_sums_of_operators_are_those_of_whole_networks() -> None:
    """Sums over the whole supernet that were computed from the same table elsewhere."""
    expected = {(3, 3): 76.05, (3, 6): 136.47, (5, 3): 87.72, (5, 6): 158.95, (7, 3): 103.67, (7, 6): 191.03}
    assert len(pixel1.load_operators()) == 72
    for (kernel, expansion), milliseconds in expected.items():
        assert pixel1.total(supernet(kernel, expansion)) == pytest.approx(milliseconds, abs=6e-3)
    with pytest.raises(InputError, match="not timed; did you mean"):
        pixel1.total(["Conv-input:224x224x3-output:112x112x33"])


def supernet(kernel: int, expansion: int) -> list[str]:
    """Return the keys of all operators of a chain with one block everywhere."""
    ends = ["Conv-input:224x224x3-output:112x112x32", "Conv_1-input:7x7x320-output:7x7x1280"]
    keys = [*ends, "Logits-input:7x7x1280-output:1000"]
    first = {"pixels": (112, 112), "channels": (32, 16), "expansion": 1, "kernel": 3, "stride": 1, "residual": False}
    keys.append(pixel1.block_key(**first))
    channels, side = 16, 112
    for width, repeats, stride in ((24, 4, 2), (40, 4, 2), (80, 4, 2), (96, 4, 1), (192, 4, 2), (320, 1, 1)):
        for repeat in range(repeats):
            step = stride if repeat == 0 else 1
            shape = {"pixels": (side, side // step), "channels": (channels, width), "stride": step, "residual": repeat > 0}
            keys.append(pixel1.block_key(expansion=expansion, kernel=kernel, **shape))
            channels, side = width, side // step
    return keys


def test_runtimes_of_the_single_path_are_as_published() -> None:
    """Sums over 22 layers, and the product rule for the block that was timed but is not needed."""
    runtimes = pixel1.load_single_path()
    assert runtimes.shape == (22, 4)
    assert runtimes.sum(axis=0) == pytest.approx([56.14, 101.50, 66.95, 122.85], abs=6e-3)
    predicted = runtimes[:, 2] * runtimes[:, 1] / runtimes[:, 3]
    wrong = np.abs(predicted / runtimes[:, 0] - 1)
    assert wrong[1:].max() == pytest.approx(0.048, abs=6e-4)
    assert wrong[1:].mean() == pytest.approx(0.016, abs=6e-4)


def test_chains_that_were_timed() -> None:
    table = fbnet.load()
    assert len(np.unique(table.designs, axis=0)) == 5_000
    assert table.latency.shape == (5_000, 27)
    assert (table.latency > 0).all()
    assert table.devices.index("eyeriss") == 7


def test_no_such_log() -> None:
    with pytest.raises(InputError, match="no such log; did you mean 'nsga2'"):
        dynast.load("nsga")
