"""How the domain of neural architectures makes itself known to studies and the command line."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from braess.study.domain import Domain, ProblemKind


def _settings(module: str, name: str) -> Callable[[], type[Any]]:
    """Return what loads the settings ``name`` of ``braess.domains.architecture.<module>`` when they are asked for."""

    def load() -> type[Any]:
        found: type[Any] = getattr(import_module(f"braess.domains.architecture.{module}"), name)
        return found

    return load


ARCHITECTURE = Domain(
    name="architecture",
    summary="Neural networks: operations, widths and depth; the follower trains the weights.",
    problems=(
        ProblemKind(
            "proxied",
            "Networks of another problem, scored before they are trained.",
            _settings("proxied_settings", "ProxiedSettings"),
        ),
        ProblemKind(
            "nas-bench-201",
            "Six operations of a cell, all 15,625 trained on three data sets and timed on 27 devices.",
            _settings("tables.settings", "NASBench201Settings"),
        ),
        ProblemKind(
            "nas-bench-macro",
            "A block for each of eight layers, all 6,561 networks trained three times.",
            _settings("tables.settings", "NASBenchMacroSettings"),
        ),
        ProblemKind(
            "nas-bench-graph",
            "Shape and operations of a graph neural network, all trained on nine data sets; test data are held out.",
            _settings("tables.settings", "NASBenchGraphSettings"),
        ),
        ProblemKind(
            "fbnet-latency",
            "A block for each of 22 layers: much computing in little predicted time on several devices.",
            _settings("tables.settings", "FBNetLatencySettings"),
        ),
        ProblemKind(
            "sparse-network",
            "Which units of an untrained perceptron to keep, so many of each layer, judged by the loss before training.",
            _settings("sparse.settings", "SparseNetworkSettings"),
        ),
        ProblemKind(
            "growing-network",
            "Plain convolutional networks that are widened and deepened, each trained on from the weights of a smaller one.",
            _settings("growing.settings", "GrowingNetworkSettings"),
        ),
        ProblemKind(
            "cell",
            "Operations in the cell of a network whose weights are trained.",
            _settings("training.settings", "CellSettings"),
        ),
        ProblemKind(
            "chain",
            "Inverted residual blocks of a network whose weights are trained.",
            _settings("training.settings", "ChainSettings"),
        ),
        ProblemKind(
            "resnet-widths",
            "Widths of a residual network whose weights are trained.",
            _settings("training.settings", "ResNetSettings"),
        ),
        ProblemKind(
            "program",
            "Networks whose weights are trained, of a space that a Python file writes as a program. The file is executed, "
            "so read it first.",
            _settings("language.settings", "ProgramSettings"),
        ),
        ProblemKind(
            "mlp-widths", "Widths of a perceptron whose weights are trained.", _settings("training.settings", "MLPSettings")
        ),
    ),
)
