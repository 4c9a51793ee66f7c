"""A comparison drawn: bands of how good the searches were on the way, and their ranks with the critical difference."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from braess.study.figures import canvas, label_of

if TYPE_CHECKING:
    from braess.study.comparison.compared import Compared
    from braess.study.ranking import Ranks

# Okabe and Ito's palette for all kinds of colour vision, then other strokes of the same.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_STROKES = ("-", "--", ":", "-.")
_ROW = 0.32  # inches
_WIDTH = 6.4


def figures(compared: Compared) -> dict[str, Figure]:
    """Draw a comparison: titles to figures; none where nothing was feasible."""
    if not np.isfinite(compared.values).any():
        return {}
    drawn = {"On the way": courses(compared)}
    if compared.ranks is not None:
        drawn["Ranks"] = ranks_figure(compared.labels, compared.ranks, len(compared.seeds))
    return drawn


def courses(compared: Compared) -> Figure:
    """Draw the median of each search over the seeds, and the range that holds half of them."""
    course = compared.course()
    figure, axes = canvas()
    lowest, highest = [], []
    for place, (label, values) in enumerate(zip(compared.labels, course.values, strict=True)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # where no seed has found anything yet
            low, middle, high = np.nanquantile(values, (0.25, 0.5, 0.75), axis=0)
        colour = _COLOURS[place % len(_COLOURS)]
        axes.fill_between(course.at, low, high, color=colour, alpha=0.15, linewidth=0)
        axes.plot(course.at, middle, _STROKES[place // len(_COLOURS) % len(_STROKES)], color=colour, linewidth=1.8, label=label)
        known = middle[np.isfinite(middle)]
        lowest += [np.nanmin(low)] if len(known) else []
        highest += [np.quantile(known, 0.9)] if len(known) else []
    if compared.measure == "hypervolume":
        axes.set_ylabel("hypervolume")
    else:
        axes.set_ylabel(label_of(compared.objectives[0]))
        if compared.objectives[0].sense == "min":
            margin = 0.05 * (max(highest) - min(lowest)) or 1.0
            axes.set_ylim(min(lowest) - margin, max(highest) + margin)
    axes.set_xlabel("seconds of search" if course.unit == "seconds" else "evaluations")
    axes.legend(frameon=False, fontsize=9)
    return figure


def ranks_figure(labels: tuple[str, ...], ranks: Ranks, seeds: int) -> Figure:
    """Draw mean ranks on a line, best to the left; bars join searches that cannot be told apart (Demšar 2006)."""
    k = len(labels)
    order = np.argsort(ranks.mean, kind="stable")
    half = -(-k // 2)
    bars = [clique for clique in ranks.cliques if len(clique) > 1]
    below = 0.6 + 0.45 * len(bars)
    tall = below + half + 1.6
    figure = Figure(figsize=(_WIDTH, max(1.4, _ROW * tall)), layout="constrained")
    axes = figure.add_subplot()
    axes.set(xlim=(1 - 0.9 * k / 2, k + 0.9 * k / 2), ylim=(below + half - 0.4, -2.0))
    axes.axis("off")
    axes.plot([1, k], [0, 0], color="black", linewidth=1)
    for rank in range(1, k + 1):
        axes.plot([rank, rank], [-0.15, 0], color="black", linewidth=1)
        axes.text(rank, -0.25, str(rank), ha="center", va="bottom", fontsize=9)
    axes.plot([1, min(1 + ranks.difference, k)], [-1.2, -1.2], color="black", linewidth=1.5)
    axes.text(1, -1.3, f"critical difference {ranks.difference:.2f}, {seeds} seeds", va="bottom", fontsize=8)
    for row, clique in enumerate(bars):
        ends = ranks.mean[list(clique)]
        height = 0.35 + 0.45 * row
        axes.plot([ends.min() - 0.04, ends.max() + 0.04], [height, height], color=_COLOURS[0], linewidth=3.5)
    for place, which in enumerate(order):
        left = place < half
        height = below + (place if left else k - 1 - place) * 1.0
        mean = ranks.mean[which]
        edge = 1 - 0.15 * k / 2 if left else k + 0.15 * k / 2
        axes.plot([mean, mean, edge], [0, height, height], color="#8C8C8C", linewidth=0.8)
        axes.text(
            edge,
            height,
            f"{labels[which]} {mean:.2f}" if left else f" {mean:.2f} {labels[which]}",
            ha="right" if left else "left",
            va="center",
            fontsize=9,
        )
    return figure
