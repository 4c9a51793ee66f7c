"""The figures of the equilibrium benchmark, each drawn from its result file alone.

An SVG carries a digest of the points it shows and of this file, so that it can be told whether it is current without comparing
what another version of matplotlib would have drawn.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
from pathlib import Path
from typing import Any

from equilibrium_tables import Result, origin_links, part
from markdown_tables import rows_of
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter, NullLocator

# Okabe and Ito's palette for all kinds of colour vision; marks differ too.
_BLUE, _ORANGE, _GREEN = "#0072B2", "#D55E00", "#009E73"
_INK, _MUTED = "#1a1a1a", "#5c6066"
_SERIES = (
    ("braess", "seconds", "braess", _BLUE, "o"),
    ("tap_b", "seconds", "TAP-B", _ORANGE, "s"),
    ("aequilibrae", "cpu_seconds", "AequilibraE", _GREEN, "^"),
)
_KINDS = {  # label, colour, mark and line
    "networks": ("networks", _BLUE, "o", "none"),
    "cities": ("generated cities", _ORANGE, "s", "-"),
}
_COLUMNS = 3
_FEW = 4  # decades, of which the steps between are marked
_NAME = (1.1, 0.35)  # decades that a name takes up
_GAP = 1e-6  # of the figure of sizes
_SMALLEST = 1000  # origins times links: less is an example, solved in the time of a call

Points = list[tuple[float, float]]


def gap_points(result: Result) -> dict[str, dict[str, Points]]:
    """Return, for each network and solver, gaps and the seconds to reach them, smaller networks first.

    The gap is the one asked for, which was reached; AequilibraE's is the one that was verified afterwards. A solve that ended
    before the gap asked for is left out.
    """
    sizes = {row["network"]: origin_links(row) or 0 for row in rows_of(part(result, "cold"))}
    rows = sorted(rows_of(part(result, "curves")), key=lambda row: sizes.get(row["network"], 0))
    shown = {}
    for row in rows:
        lines = {
            key: [
                (point["reached"] if key == "aequilibrae" else point["gap"], point[seconds])
                for point in row.get(key) or []
                if point.get(seconds) is not None and point.get("own_gap", 0.0) <= point["gap"]
            ]
            for key, seconds, *_ in _SERIES
        }
        shown[row["network"]] = {key: points for key, points in lines.items() if points}
    return shown


def size_points(result: Result) -> dict[str, dict[str, tuple[float, float]]]:
    """Return, for real networks and generated cities that are no mere examples, origins times links and the seconds to 1e-6."""
    seconds = {
        row["network"]: point["seconds"]
        for row in rows_of(part(result, "curves"))
        for point in row.get("braess") or []
        if math.isclose(point["gap"], _GAP)
    }
    real = {row["network"]: (origin_links(row), seconds.get(row["network"])) for row in rows_of(part(result, "cold"))}
    grown = {
        f"{row['nodes']:,} nodes": (origin_links(row), row.get("seconds"))
        for row in rows_of(part(result, "scale"))
        if math.isclose(row["relative_gap"], _GAP)
    }
    return {kind: _complete(points) for kind, points in (("networks", real), ("cities", grown))}


def _complete(points: dict[str, tuple[int | None, float | None]]) -> dict[str, tuple[float, float]]:
    return {name: (float(x), float(y)) for name, (x, y) in points.items() if x and y and x >= _SMALLEST}


def draw_gap(points: dict[str, dict[str, Points]]) -> Figure:
    """Draw time against gap, one panel a network; all show as many decades, so that slopes can be compared."""
    rows = max(1, -(-len(points) // _COLUMNS))
    figure = Figure(figsize=(9.6, 0.5 + 2.7 * rows), layout="constrained")
    if not points:
        return _nothing(figure)
    decades = {
        network: _decades([seconds for line in lines.values() for _, seconds in line]) for network, lines in points.items()
    }
    most = max(high - low for low, high in decades.values())
    for place, (network, lines) in enumerate(points.items()):
        axes = figure.add_subplot(rows, _COLUMNS, place + 1)
        for key, _, label, colour, mark in _SERIES:
            if key in lines:
                axes.plot(*zip(*lines[key], strict=True), marker=mark, markersize=4, color=colour, linewidth=1.5, label=label)
        low, high = decades[network]
        low -= (most - (high - low)) // 2
        _times_axis(axes, low, low + most)
        axes.set(xscale="log", xlim=(3e-3, 1e-13))
        axes.set_xticks([1e-3, 1e-6, 1e-9, 1e-12])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_title(network, loc="left", fontsize=10, color=_INK)
        if place >= len(points) - _COLUMNS:
            axes.set_xlabel("relative gap", color=_INK)
        if place % _COLUMNS == 0:
            axes.set_ylabel("time of a solve", color=_INK)
    _legend(figure)
    return figure


def _legend(figure: Figure) -> None:
    """Name each solver once, over the panels."""
    handles = {}
    for axes in figure.axes:
        handles.update({label: handle for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)})
    labels = [label for _, _, label, *_ in _SERIES if label in handles]
    figure.legend(
        [handles[label] for label in labels], labels, loc="outside upper right", ncols=len(labels), frameon=False, fontsize=9
    )


def draw_size(points: dict[str, dict[str, tuple[float, float]]]) -> Figure:
    """Draw the time to 1e-6 against origins times links, with a line for times that grow in proportion."""
    figure = Figure(figsize=(7.2, 4.4), layout="constrained")
    shown = [point for kind in points.values() for point in kind.values()]
    if not shown:
        return _nothing(figure)
    axes = figure.add_subplot()
    for kind, (label, colour, mark, line) in _KINDS.items():
        if points[kind]:
            x, y = zip(*points[kind].values(), strict=True)
            axes.plot(x, y, mark, color=colour, markersize=6, label=label, linestyle=line, linewidth=1)
    _proportional(axes, shown)
    _name_points(axes, points)
    axes.set(xscale="log", xlim=(min(x for x, _ in shown) / 3, 8 * max(x for x, _ in shown)))
    _times_axis(axes, *_decades([share * seconds for _, seconds in shown for share in (0.5, 1.0)]))  # room for names
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("origins × links", color=_INK)
    axes.set_ylabel("time to a relative gap of 1e-6", color=_INK)
    axes.legend(frameon=False, loc="upper left", fontsize=9)
    return figure


def _name_points(axes: Axes, points: dict[str, dict[str, tuple[float, float]]]) -> None:
    """Write names beside points: cities to the left, networks to the right and below, unless another one lies there."""
    for kind, found in points.items():
        for name, point in found.items():
            left = kind == "cities" or any(_under_name(point, other) for other in found.values())
            axes.annotate(
                name,
                point,
                xytext=(-7, 3) if left else (7, -3),
                textcoords="offset points",
                ha="right" if left else "left",
                va="bottom" if left else "top",
                fontsize=8,
                color=_MUTED,
                zorder=1.9,  # over the guide, under the marks
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
            )


def _under_name(point: tuple[float, float], other: tuple[float, float]) -> bool:
    """Tell whether another point lies where the name of a point would be written."""
    across, up = (math.log10(there / here) for here, there in zip(point, other, strict=True))
    return 0 < across < _NAME[0] and -_NAME[1] < up < _NAME[1] / 2


def _proportional(axes: Axes, shown: Points) -> None:
    """Draw a line of slope one through the middle of the points, by their median time for each origin and link."""
    each = sorted(seconds / size for size, seconds in shown)[len(shown) // 2]
    ends = [min(size for size, _ in shown), max(size for size, _ in shown)]
    label = f"in proportion, {1e9 * each:.0f} ns each"
    axes.plot(ends, [each * size for size in ends], "--", color=_MUTED, linewidth=1, label=label, zorder=1)


def _times_axis(axes: Axes, low: int, high: int) -> None:
    """Show decades of time from one power of ten to another, with units."""
    axes.set(yscale="log", ylim=(10.0**low, 10.0**high))
    axes.yaxis.set_major_locator(LogLocator(numticks=20))
    axes.yaxis.set_major_formatter(EngFormatter(unit="s", places=0))
    axes.yaxis.set_minor_locator(LogLocator(subs=range(2, 10), numticks=20) if high - low < _FEW else NullLocator())
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(_MUTED)
    axes.tick_params(which="both", colors=_MUTED, labelsize=8)
    axes.grid(alpha=0.25)


def _decades(values: list[float]) -> tuple[int, int]:
    """Return the exponents of the powers of ten around all values, at least a decade apart."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _nothing(figure: Figure) -> Figure:
    figure.text(0.5, 0.5, "not measured yet", ha="center", va="center", color=_MUTED)
    return figure


def figures(result: Result) -> dict[str, tuple[Any, Figure]]:
    """Return each figure with the points it shows, by the name of its file."""
    gaps, sizes = gap_points(result), size_points(result)
    return {"equilibrium-gap": (gaps, draw_gap(gaps)), "equilibrium-size": (sizes, draw_size(sizes))}


def svg(points: Any, figure: Figure) -> str:
    """Write a figure as SVG: equal points give equal text under one version of matplotlib."""
    told = hashlib.sha256(json.dumps(points).encode() + Path(__file__).read_bytes()).hexdigest()
    text = io.StringIO()
    with rc_context({"svg.hashsalt": "braess", "svg.fonttype": "path"}):
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": "braess", "Description": f"digest {told}"})
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def digest(text: str) -> str | None:
    """Read the digest that an SVG carries."""
    found = re.search(r"digest ([0-9a-f]{64})", text)
    return None if found is None else found[1]
