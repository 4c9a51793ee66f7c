"""What a map's widths, colours and marks mean."""

from __future__ import annotations

import numpy as np

from braess.domains.road.artifact import RoadArtifact
from braess.domains.road.pictures.map import BADGE, MOST_BADGES, badge_labels
from braess.domains.road.pictures.page import Page
from braess.domains.road.pictures.style import (
    INK,
    KEY_EDGE,
    KEY_FILL,
    LESS,
    LESS_EDGE,
    MORE,
    MUTED,
    PLAIN_LINK,
    SATURATION_COLOURS,
    SATURATION_STEPS,
    fit,
    number,
    round_flows,
)

HEIGHT = 46.0  # points taken by a legend
ROW = 15.0  # points taken by a row of the list of changes
_SMALL = 8.0
_COLUMN = 190.0  # least width of a column of the list of changes


def saturation_legend(page: Page, x: float, top: float, width: float) -> None:
    """Explain the colours of flow over capacity within ``width`` points."""
    page.text(x, top - 6, "volume / capacity", fontsize=_SMALL, weight="bold")
    cell = width / len(SATURATION_COLOURS)
    lefts = x + cell * np.arange(len(SATURATION_COLOURS))
    boxes = np.array([[(left, top - 26), (left + cell, top - 26), (left + cell, top - 15), (left, top - 15)] for left in lefts])
    page.polygons(boxes, "key", facecolor=list(SATURATION_COLOURS), edgecolor=KEY_EDGE, linewidth=0.25)
    over = float(lefts[1 + SATURATION_STEPS.index(1.0)])
    page.text(over + 2, top - 6, "over capacity →", fontsize=_SMALL, color=MUTED)
    page.text(x, top - 33, "0", fontsize=_SMALL)
    for left, step in zip(lefts[1:], SATURATION_STEPS, strict=True):
        page.text(float(left), top - 33, f"{step:g}", fontsize=_SMALL, ha="center", weight="bold" if step == 1 else "normal")


def width_legend(page: Page, x: float, top: float, *, largest: float, widest: float, heading: str) -> None:
    """Explain widths by round flows, at the scale at which ``largest`` is ``widest`` points wide."""
    page.text(x, top - 6, heading, fontsize=_SMALL, weight="bold")
    for i, flow in enumerate(round_flows(largest)):
        left, width = x + 46.0 * i, flow / largest * widest
        bar = [
            (left, top - 20 - width / 2),
            (left + 30, top - 20 - width / 2),
            (left + 30, top - 20 + width / 2),
            (left, top - 20 + width / 2),
        ]
        page.polygons(np.array([bar]), "key", facecolor=KEY_FILL, edgecolor="none")
        page.text(left + 15, top - 33, number(flow), fontsize=_SMALL, ha="center")


def change_legend(page: Page, x: float, top: float) -> None:
    """Explain the two colours of a change of flow."""
    for i, (text, face, edge) in enumerate((("more flow", MORE, MORE), ("less flow", LESS, LESS_EDGE))):
        left = x + 90.0 * i
        box = [(left, top - 25), (left + 22, top - 25), (left + 22, top - 15), (left, top - 15)]
        page.polygons(np.array([box]), "key", facecolor=face, edgecolor=edge, linewidth=0.6)
        page.text(left + 27, top - 20, text, fontsize=_SMALL)


def mark_legend(page: Page, x: float, top: float, artifact: RoadArtifact) -> None:
    """Explain the marks that this network needs: chosen links, links not built before, links without congestion."""
    rows: list[tuple[str, dict[str, object]]] = []
    if artifact.changes:
        rows.append(("chosen by the design", {"facecolor": "white", "edgecolor": INK, "linewidth": 1.5}))
    if artifact.before is not None and any(not artifact.before.exists[link] for link in artifact.changes):
        rows.append(("not there before", {"facecolor": "none", "edgecolor": INK, "linewidth": 0.7, "linestyle": (0, (2, 1.5))}))
    if not artifact.congestible.all():
        rows.append(("time does not depend on flow", {"facecolor": PLAIN_LINK, "edgecolor": "none"}))
    for i, (text, style) in enumerate(rows):
        y, half = top - 6 - 13.0 * i, 0.6 if style.get("facecolor") == PLAIN_LINK else 3.0
        page.polygons(np.array([[(x, y - half), (x + 22, y - half), (x + 22, y + half), (x, y + half)]]), "key", **style)
        page.text(x + 28, y, text, fontsize=_SMALL)


def list_columns(width: float) -> int:
    """Number of columns of the list of changes in ``width`` points."""
    return max(1, int(width // _COLUMN))


def list_rows(artifact: RoadArtifact, width: float) -> int:
    """Number of rows of the list of changes in ``width`` points."""
    n = len(artifact.changes)
    if n > MOST_BADGES:
        return 1
    return -(-n // list_columns(width))


def change_list(page: Page, x: float, top: float, width: float, artifact: RoadArtifact) -> None:
    """List what the design changed, by the letters on the map; only count where there is too much to list."""
    links = sorted(artifact.changes)
    if len(links) > MOST_BADGES:
        page.text(x, top - ROW / 2, f"{len(links)} links are chosen by the design (dots on the map)", fontsize=_SMALL)
        return
    rows, column = list_rows(artifact, width), width / list_columns(width)
    for i, (link, letter) in enumerate(zip(links, badge_labels(len(links)), strict=True)):
        left, y = x + column * (i // rows), top - ROW * (i % rows + 0.5)
        page.circles(np.array([(left + BADGE, y)]), BADGE, "key", facecolor=INK, edgecolor="none")
        page.text(
            left + BADGE, y - 0.3, letter, fontsize=7.2 if len(letter) == 1 else 5.6, ha="center", color="white", weight="bold"
        )
        ends = f"{artifact.nodes[artifact.tail[link]]} → {artifact.nodes[artifact.head[link]]}"
        page.text(left + 2 * BADGE + 5, y, fit(f"{ends}   {artifact.changes[link]}", column - 24.0, _SMALL), fontsize=_SMALL)
