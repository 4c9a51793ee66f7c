"""NAS-Bench-Graph: which designs are the same network, and validation kept apart from test."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("nas_bench_graph", reason="needs the extra architecture")

from braess.domains.architecture.tables import graph
from braess.domains.architecture.tables.problems import NASBenchGraph
from braess.errors import InputError
from braess.problem import Cached
from braess.space import every_design
from braess.testing import ProblemConformance


class TestCora(ProblemConformance):
    problem = NASBenchGraph("cora", budgets={"parameters": 1.2})


class TestProteins(ProblemConformance):
    problem = NASBenchGraph("proteins", ("validation", "latency", "parameters"))


@pytest.mark.parametrize(("dataset", "networks"), [("cora", 26_206), ("proteins", 2_021)])
def test_the_same_networks_as_the_benchmark(dataset: str, networks: int) -> None:
    """Each way to write a network must stand for the one that the benchmark's own code finds (published: 26,206)."""
    from nas_bench_graph import Arch

    table = graph.load(dataset)
    codes = [graph.OPERATIONS.index(name) for name in table.operations]
    rows = range(0, len(table.shapes), 7)
    for row in rows:
        names = [table.operations[code] for code in table.designs[row]]
        key = Arch(list(graph.SHAPES[table.shapes[row]]), names).valid_hash()
        standing = table.canonical[row]
        digits = "".join(str(codes[code]) for code in table.designs[standing])
        assert key == table.shapes[standing] * 10**4 + int(digits)
    assert len(np.unique(table.canonical[~np.isnan(table.validation)])) == networks
    assert np.isnan(table.validation).sum() == len(graph.SHAPES)  # the network of skips alone


def test_searches_do_not_see_test_data() -> None:
    """Objectives must be those of validation data; test data are told of the designs that are asked for, afterwards."""
    problem = NASBenchGraph("arxiv", ("validation",))
    designs = problem.space.sample(50, np.random.default_rng(3))
    found, test = problem.evaluate(designs).objectives[:, 0], problem.held_out(designs)["test"]
    known = graph.read_known("arxiv")
    assert not np.isin(found, [100 * row["perf"] for row in known.values()]).all()
    assert np.isin(test, [100 * row["perf"] for row in known.values()]).all()
    told = json.loads(problem.illustrate(designs.take([0]))[0].data)["designs"][0]
    assert told["validation"] == found[0]
    assert told["test, held out"] == test[0]
    assert told["design"] == problem.texts(designs)[0]


def test_the_best_of_validation_is_not_the_best_of_test() -> None:
    """What a search can reach at best must be told from the best there is: on cora both were read off the table."""
    problem = NASBenchGraph("cora", ("validation",))
    designs = every_design(problem.space)
    found, test = problem.evaluate(designs), problem.held_out(designs)["test"]
    chosen = int(np.nanargmax(found.objectives[:, 0]))
    rows = graph.read_known("cora").values()
    assert problem.front()[0, 0] == pytest.approx(100 * max(row["valid_perf"] for row in rows))
    assert np.nanmax(test) == pytest.approx(100 * max(row["perf"] for row in rows))
    assert test[chosen] < np.nanmax(test)


def test_each_network_is_asked_for_once() -> None:
    """All ways to write them: one query for each network, and again each time for the one that was not trained."""
    cached = Cached(NASBenchGraph("proteins", ("validation",)))
    designs = every_design(cached.space)
    found = cached.evaluate(designs)
    assert (len(designs), cached.queries) == (5_625, 2_022)
    assert found.failed.sum() == len(graph.SHAPES)
    assert {error for error in found.errors if error} == {"not measured: the table has no such design"}


def test_no_such_data_set() -> None:
    with pytest.raises(InputError, match="no such data set; did you mean 'cora'"):
        NASBenchGraph("core")
