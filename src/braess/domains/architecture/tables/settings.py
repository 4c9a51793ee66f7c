"""The settings of the problems over measured tables, as the ``[problem]`` table of a study file writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from braess.domains.architecture.tables.problems import FBNetLatency, NASBench201, NASBenchGraph, NASBenchMacro


@dataclass(frozen=True, kw_only=True)
class NASBench201Settings:
    """Settings of a problem over NAS-Bench-201.

    Parameters
    ----------
    objectives
        Among ``accuracy-cifar10``, ``accuracy-cifar100``, ``accuracy-imagenet16-120`` (%), ``flops``, ``parameters``
        (millions) and ``latency-`` with a device (ms).
    budgets
        Limits by quantity: the most of costs, the least of accuracies.
    isomorphic
        ``apart``: each cell has its own row; ``merged``: cells of the same function are one.
    """

    objectives: tuple[str, ...] = ("accuracy-cifar10", "flops")
    budgets: Mapping[str, float] = field(default_factory=dict)
    isomorphic: str = "apart"

    def build(self, folder: Path) -> NASBench201:  # noqa: ARG002 -- there are no files to name
        """Build the problem."""
        return NASBench201(self.objectives, self.budgets, self.isomorphic)


@dataclass(frozen=True, kw_only=True)
class NASBenchMacroSettings:
    """Settings of a problem over NAS-Bench-Macro.

    Parameters
    ----------
    objectives
        Among ``accuracy`` (%, mean of three trainings), ``accuracy-1``, ``accuracy-2``, ``accuracy-3``, ``flops`` and
        ``parameters`` (millions).
    budgets
        Limits by quantity: the most of costs, the least of accuracies.
    """

    objectives: tuple[str, ...] = ("accuracy", "flops")
    budgets: Mapping[str, float] = field(default_factory=dict)

    def build(self, folder: Path) -> NASBenchMacro:  # noqa: ARG002 -- there are no files to name
        """Build the problem."""
        return NASBenchMacro(self.objectives, self.budgets)


@dataclass(frozen=True, kw_only=True)
class NASBenchGraphSettings:
    """Settings of a problem over NAS-Bench-Graph.

    Parameters
    ----------
    dataset
        ``cora``, ``citeseer``, ``pubmed``, ``cs``, ``physics``, ``photo``, ``computers``, ``arxiv`` or ``proteins``.
    objectives
        Among ``validation`` (%), ``latency`` (ms) and ``parameters`` (millions).
    budgets
        Limits by quantity: the most of costs, the least of validation.
    """

    dataset: str = "cora"
    objectives: tuple[str, ...] = ("validation", "latency")
    budgets: Mapping[str, float] = field(default_factory=dict)

    def build(self, folder: Path) -> NASBenchGraph:  # noqa: ARG002 -- there are no files to name
        """Build the problem."""
        return NASBenchGraph(self.dataset, self.objectives, self.budgets)


@dataclass(frozen=True, kw_only=True)
class FBNetLatencySettings:
    """Settings of a problem over the FBNet space.

    Parameters
    ----------
    objectives
        Among ``multiply-adds`` (millions, to be large) and ``latency-`` with a device (ms).
    budgets
        Limits by quantity: the most of latencies, the least of multiply-adds.
    """

    objectives: tuple[str, ...] = ("multiply-adds", "latency-titan_rtx_1")
    budgets: Mapping[str, float] = field(default_factory=dict)

    def build(self, folder: Path) -> FBNetLatency:  # noqa: ARG002 -- there are no files to name
        """Build the problem."""
        return FBNetLatency(self.objectives, self.budgets)
