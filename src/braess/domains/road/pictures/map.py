"""One state of a network as a map: ribbons for links, circles for nodes, badges for what the design chose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from braess.domains.road.artifact import LinkState, RoadArtifact
from braess.domains.road.network import Bools, Floats, Ints
from braess.domains.road.pictures.page import Page
from braess.domains.road.pictures.ribbons import MapFrame, ribbons
from braess.domains.road.pictures.style import (
    INK,
    LESS,
    LESS_EDGE,
    MORE,
    PLAIN_LINK,
    darker,
    saturation_colours,
)

HAIRLINE = 0.55  # points: an empty link is still seen
MOST_BADGES = 40  # chosen links up to which each has a badge of its own
BADGE = 5.6  # radius of a badge in points
_PLAIN_WIDTH = 0.5  # points
_FINE = 6.0  # points: maps whose widest ribbon is narrower have no room for outlines
_NOTICED = 0.01  # share of the largest change below which a change is not drawn


@dataclass(frozen=True)
class MapPainter:
    """Draws states of one network at one place of a page.

    Parameters
    ----------
    page
        What is drawn on.
    artifact
        The network.
    place
        The network in points.
    x, y
        Lower left corner of the map on the page, points.
    largest
        Flow that has the full width, flow units.
    """

    page: Page
    artifact: RoadArtifact
    place: MapFrame
    x: float
    y: float
    largest: float

    def state(self, state: LinkState, *, built: bool) -> None:
        """Draw flows and saturation; ``built`` says whether the design is there (marked) or still missing (dashed)."""
        exists = state.exists
        self._plain_links(exists)
        drawn = exists & self.artifact.congestible
        corners = self._ribbons(self._widths(state.flow, drawn))
        colours = saturation_colours(np.nan_to_num(state.volume_capacity))
        self._fill(corners, self._by_weight(drawn, state.volume_capacity), colours, darker(colours))
        chosen = np.isin(np.arange(len(exists)), list(self.artifact.changes))
        if not built:
            outlines = self._ribbons(np.full(len(exists), 0.35 * self.place.widest))[chosen & ~exists]
            self.page.polygons(outlines, "missing", facecolor="none", edgecolor=INK, linewidth=0.7, linestyle=(0, (2, 1.5)))
        elif chosen.any():
            self._chosen(corners[chosen & exists], colours[chosen & exists])
        self._nodes()
        if built:
            self._badges(corners)

    def difference(self, before: LinkState, after: LinkState) -> None:
        """Draw the change of flow: full and orange where it grew, pale with a blue outline where it shrank."""
        change = np.nan_to_num(after.flow) - np.nan_to_num(before.flow)
        exists = before.exists | after.exists
        self._plain_links(exists, everywhere=True)
        noticed = exists & self.artifact.congestible & (np.abs(change) > _NOTICED * self.largest)
        corners = self._ribbons(self._widths(np.abs(change), noticed))
        for name, where, face, edge in (("less", change < 0, LESS, LESS_EDGE), ("more", change > 0, MORE, MORE)):
            rows = self._by_weight(noticed & where, np.abs(change))
            self.page.polygons(corners[rows], name, facecolor=face, edgecolor=edge, linewidth=0.4, joinstyle="miter")
        self._nodes()
        self._badges(corners)

    def _widths(self, flow: Floats, drawn: Bools) -> Floats:
        share = np.nan_to_num(flow) / self.largest if self.largest > 0 else np.zeros(len(flow))
        return np.where(drawn, np.maximum(share * self.place.widest, HAIRLINE), np.nan)

    def _ribbons(self, widths: Floats) -> Floats:
        moved: Floats = ribbons(self.place, self.artifact.tail, self.artifact.head, widths) + np.array([self.x, self.y])
        return moved

    def _by_weight(self, drawn: Bools, weight: Floats) -> Ints:
        """Indices of what is drawn, the heaviest last and so on top."""
        order = np.argsort(np.nan_to_num(weight), kind="stable")
        return order[drawn[order]]

    def _fill(self, corners: Floats, rows: Ints, colours: NDArray[np.str_], edges: Sequence[Any]) -> None:
        shown = corners[rows]
        widths = np.hypot(*(shown[:, 3] - shown[:, 0]).T)
        self.page.polygons(
            shown,
            "links",
            facecolor=list(colours[rows]),
            edgecolor=[edges[row] for row in rows],
            linewidth=np.clip(0.1 * widths, 0.0, 0.3),
            joinstyle="miter",
        )

    def _chosen(self, corners: Floats, colours: NDArray[np.str_]) -> None:
        """Outline in black around white, which stands out against every colour of the scale."""
        halo = 1.0 if self.place.widest > _FINE else 0.6
        for colour, width in ((INK, 4.2 * halo), ("white", 2.0 * halo)):
            self.page.polygons(corners, "outline", facecolor=colour, edgecolor=colour, linewidth=width, joinstyle="miter")
        self.page.polygons(corners, "chosen", facecolor=list(colours), edgecolor="none")

    def _plain_links(self, exists: Bools, *, everywhere: bool = False) -> None:
        plain = exists & (everywhere | ~self.artifact.congestible)
        corners = self._ribbons(np.full(len(exists), _PLAIN_WIDTH))[plain]
        self.page.polygons(corners, "plain", facecolor=PLAIN_LINK, edgecolor="none")

    def _nodes(self) -> None:
        radius = self.place.node_radius
        if radius == 0:
            return
        centres = self.place.points + np.array([self.x, self.y])
        self.page.circles(centres, radius, "nodes", facecolor="white", edgecolor=INK, linewidth=0.7 if radius > 3 else 0.4)
        if self.place.labelled:
            for (x, y), label in zip(centres, self.artifact.nodes, strict=True):
                size = min(1.15 * radius, 3.1 * radius / max(len(label), 1))
                self.page.text(x, y - 0.06 * radius, label, fontsize=size, ha="center")

    def _badges(self, ribbons_drawn: Floats) -> None:
        """Mark each chosen link beside its middle: by its letter, or by a dot where there are too many to list."""
        links = sorted(self.artifact.changes)
        if not links:
            return
        corners = ribbons_drawn[links]
        middle, outward = corners.mean(axis=1), corners[:, 3] - corners[:, 0]
        length = np.hypot(outward[:, 0], outward[:, 1])[:, None]
        away = np.divide(outward, length, out=np.zeros_like(outward), where=length > 0)
        few = len(links) <= MOST_BADGES
        radius = BADGE if few else 1.6
        centres = middle + away * np.maximum(radius + 0.8 - length / 2, 0.0)
        self.page.circles(
            centres, radius, "badges", facecolor=INK if few else "white", edgecolor="white" if few else INK, linewidth=0.8
        )
        if few:
            for (x, y), label in zip(centres, badge_labels(len(links)), strict=True):
                self.page.text(
                    x, y - 0.3, label, fontsize=7.2 if len(label) == 1 else 5.6, ha="center", color="white", weight="bold"
                )


def badge_labels(n: int) -> list[str]:
    """Return the letters of ``n`` chosen links: A to Z, then AA, AB, …."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return [letters[i] if i < len(letters) else letters[i // len(letters) - 1] + letters[i % len(letters)] for i in range(n)]
