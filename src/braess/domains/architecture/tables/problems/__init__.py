"""The problems over measured tables, one file each."""

from braess.domains.architecture.tables.problems.base import Quantity, QuantityProblem, TableProblem
from braess.domains.architecture.tables.problems.fbnet_latency import FBNetLatency
from braess.domains.architecture.tables.problems.nas_bench_201 import NASBench201, cell_text
from braess.domains.architecture.tables.problems.nas_bench_graph import NASBenchGraph
from braess.domains.architecture.tables.problems.nas_bench_macro import NASBenchMacro

__all__ = [
    "FBNetLatency",
    "NASBench201",
    "NASBenchGraph",
    "NASBenchMacro",
    "Quantity",
    "QuantityProblem",
    "TableProblem",
    "cell_text",
]
