"""How a study went, drawn: convergence, Pareto front, hypervolume. Legible in print and for the colour-blind."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from braess.problem import Objective

if TYPE_CHECKING:
    from braess.study.result import Result

# Okabe and Ito's palette for all kinds of colour vision.
_BLUE, _ORANGE, _GREY = "#0072B2", "#D55E00", "#8C8C8C"
_LARGE = 1e8  # from here on axes write powers of ten
_MOST_POINTS = 20_000  # points drawn: more make a page slow and no picture clearer


def figures(result: Result) -> dict[str, Figure]:
    """Draw a result: titles to figures; none where nothing was feasible."""
    if not result.evaluations.feasible.any():
        return {}
    if len(result.objectives) == 1:
        return {"Convergence": convergence(result)}
    return {"Pareto front": front(result), "Hypervolume": hypervolume(result)}


def convergence(result: Result) -> Figure:
    """Draw the best value so far and every feasible value against the number of evaluations."""
    figure, axes = canvas()
    feasible = np.flatnonzero(result.evaluations.feasible)
    shown = feasible[:: max(1, len(feasible) // _MOST_POINTS)]
    values, best = result.evaluations.objectives[:, 0], result.history()[:, 0]
    axes.scatter(
        shown + 1, values[shown], s=4, color=_GREY, alpha=0.35, linewidths=0, label="feasible designs", rasterized=True
    )
    axes.step(np.arange(1, len(best) + 1), best, where="post", color=_BLUE, linewidth=2, label="best so far")
    low, high = np.nanmin(best), np.nanquantile(values[feasible], 0.98)
    if result.objectives[0].sense == "max":
        low, high = np.nanquantile(values[feasible], 0.02), np.nanmax(best)
    margin = 0.05 * (high - low) or abs(low) * 0.01 or 1.0
    axes.set(xlabel="evaluations", ylabel=label_of(result.objectives[0]), ylim=(low - margin, high + margin))
    axes.legend(frameon=False)
    return figure


def front(result: Result) -> Figure:
    """Draw the front and the other feasible designs, one panel for each pair of objectives."""
    pairs = list(combinations(range(len(result.objectives)), 2))
    columns = min(3, len(pairs))
    rows = -(-len(pairs) // columns)
    figure = Figure(figsize=(6.4 if len(pairs) == 1 else 4.2 * columns, 4.2 * rows), layout="constrained")
    values = result.evaluations.objectives
    feasible = np.flatnonzero(result.evaluations.feasible)
    others = feasible[:: max(1, len(feasible) // _MOST_POINTS)]
    for place, (i, j) in enumerate(pairs, start=1):
        axes = figure.add_subplot(rows, columns, place)
        axes.scatter(
            values[others, i], values[others, j], s=6, color=_GREY, alpha=0.35, linewidths=0, label="feasible", rasterized=True
        )
        kept = result.front[np.argsort(values[result.front, i], kind="stable")]
        axes.plot(values[kept, i], values[kept, j], "o", markersize=5, color=_ORANGE, markeredgecolor="black", label="front")
        axes.set(xlabel=label_of(result.objectives[i]), ylabel=label_of(result.objectives[j]))
        _tidy(axes)
        if place == 1:
            axes.legend(frameon=False)
    return figure


def hypervolume(result: Result) -> Figure:
    """Draw how the hypervolume of the front grew."""
    trace = result.hypervolume_trace()
    figure, axes = canvas()
    axes.step(trace.evaluations, trace.hypervolume, where="post", color=_BLUE, linewidth=2)
    signs = [1.0 if objective.sense == "min" else -1.0 for objective in result.objectives]
    point = ", ".join(f"{value * sign:.4g}" for value, sign in zip(trace.reference, signs, strict=True))
    axes.set(xlabel="evaluations", ylabel="hypervolume")
    axes.set_title(f"reference point ({point})", loc="left", fontsize=9)
    return figure


def canvas() -> tuple[Figure, Any]:
    """Return a figure and its axes, with what all have in common."""
    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    axes = figure.add_subplot()
    _tidy(axes)
    return figure, axes


def _tidy(axes: Any) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    axes.ticklabel_format(useOffset=False, style="plain")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(_number)
    axes.xaxis.set_major_locator(MaxNLocator(4))


def _number(value: float, _position: int | None = None) -> str:
    return f"{value:,.10g}" if abs(value) < _LARGE else f"{value:.3g}"


def label_of(objective: Objective) -> str:
    """Name an objective and its unit on an axis."""
    name = objective.name.replace("_", " ").replace("$", r"\$")
    unit = objective.unit.replace("$", r"\$")
    return f"{name} ({unit})" if unit else name
