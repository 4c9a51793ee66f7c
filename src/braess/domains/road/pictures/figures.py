"""The figures of a road design: one map, before and after side by side, and the change of flow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from braess.domains.road.artifact import LinkState, RoadArtifact
from braess.domains.road.pictures import legend
from braess.domains.road.pictures.map import MapPainter
from braess.domains.road.pictures.page import Page
from braess.domains.road.pictures.ribbons import MapFrame, frame
from braess.domains.road.pictures.style import INK, MUTED, change, fit, number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MARGIN = 22.0  # points
_SPACE = 44.0  # points between two maps
_NARROWEST = 560.0  # points that titles and legends need
_PANEL = (430.0, 560.0)  # most points of one of two maps
_WHOLE = (660.0, 620.0)  # most points of a single map
_BAND = 18.0  # height of a heading over a map


def flow_figure(artifact: RoadArtifact) -> Figure:
    """Draw the state after (the only one, where nothing is compared)."""
    place = frame(artifact, *_WHOLE)
    layout = _Layout(artifact, place, maps=1, headings=False)
    largest = _largest([artifact.after], artifact)
    layout.painter(0, largest).state(artifact.after, built=True)
    layout.flow_legends(largest)
    layout.write([_totals_line(artifact), _saturation_line(artifact)])
    return layout.page.figure


def comparison_figure(artifact: RoadArtifact) -> Figure:
    """Draw the states before and after side by side, at one scale of widths and colours."""
    before = artifact.after if artifact.before is None else artifact.before
    place = frame(artifact, *_PANEL)
    layout = _Layout(artifact, place, maps=2, headings=True)
    largest = _largest([before, artifact.after], artifact)
    layout.painter(0, largest).state(before, built=False)
    layout.painter(1, largest).state(artifact.after, built=True)
    layout.heading(0, "before")
    layout.heading(1, "after")
    layout.flow_legends(largest)
    layout.write([_totals_line(artifact), _saturation_line(artifact)])
    return layout.page.figure


def change_figure(artifact: RoadArtifact) -> Figure:
    """Draw where flow grew and where it shrank."""
    before = artifact.after if artifact.before is None else artifact.before
    place = frame(artifact, *_WHOLE)
    layout = _Layout(artifact, place, maps=1, headings=False)
    shifted = np.abs(np.nan_to_num(artifact.after.flow) - np.nan_to_num(before.flow))[artifact.congestible]
    largest = float(shifted.max(initial=0.0))
    layout.painter(0, largest).difference(before, artifact.after)
    x, top = layout.legend_corner
    legend.change_legend(layout.page, x, top)
    _width_key(layout, x + 200, "change of flow", largest)
    layout.write([_totals_line(artifact), "change of link flows by the design"])
    return layout.page.figure


class _Layout:
    """Places title, maps, legend and list of changes on a page just large enough."""

    def __init__(self, artifact: RoadArtifact, place: MapFrame, *, maps: int, headings: bool) -> None:
        self.artifact = artifact
        self.place = place
        inner = max(maps * place.width + (maps - 1) * _SPACE, _NARROWEST if maps == 1 else 1.1 * _NARROWEST)
        self.inner = inner
        list_height = legend.ROW * legend.list_rows(artifact, inner)
        note = 14.0 if artifact.placement == "layout" else 0.0
        top_block = 62.0 + (_BAND if headings else 0.0)
        self.map_bottom = _MARGIN + note + list_height + (8.0 if list_height else 0.0) + legend.HEIGHT + 14.0
        self.page = Page(inner + 2 * _MARGIN, self.map_bottom + place.height + top_block + 10.0)
        share = inner / maps
        self.lefts = [_MARGIN + share * i + (share - place.width) / 2 for i in range(maps)]
        self.legend_corner = (_MARGIN, self.map_bottom - 14.0)
        legend.change_list(self.page, _MARGIN, _MARGIN + note + list_height - 6.0, inner, artifact)

    def painter(self, i: int, largest: float) -> MapPainter:
        return MapPainter(self.page, self.artifact, self.place, self.lefts[i], self.map_bottom, largest)

    def heading(self, i: int, text: str) -> None:
        middle = self.lefts[i] + self.place.width / 2
        self.page.text(middle, self.map_bottom + self.place.height + 17.0, text, ha="center", fontsize=10.5, weight="bold")

    def flow_legends(self, largest: float) -> None:
        x, top = self.legend_corner
        legend.saturation_legend(self.page, x, top, 190.0)
        _width_key(self, x + 215, "flow", largest)
        legend.mark_legend(self.page, x + 375, top, self.artifact)

    def write(self, lines: Sequence[str]) -> None:
        top = self.page.height - 18.0
        self.page.text(_MARGIN, top, fit(self.artifact.title, self.inner, 15.0), fontsize=14.0, weight="bold")
        for i, line in enumerate(lines):
            size, colour = (9.5, INK) if i == 0 else (8.5, MUTED)
            self.page.text(_MARGIN, top - 19.0 - 14.0 * i, fit(line, self.inner, size), fontsize=size, color=colour)
        if self.artifact.placement == "layout":
            note = "The network has no coordinates: positions are a layout by link length, not geography."
            self.page.text(_MARGIN, _MARGIN - 6.0, note, fontsize=7.5, color=MUTED, style="italic")


def _width_key(layout: _Layout, x: float, heading: str, largest: float) -> None:
    unit = layout.artifact.flow_unit
    text = f"{heading} ({unit})" if unit else heading
    legend.width_legend(layout.page, x, layout.legend_corner[1], largest=largest, widest=layout.place.widest, heading=text)


def _largest(states: Sequence[LinkState], artifact: RoadArtifact) -> float:
    """Largest flow on a link that can be congested: connectors do not set the scale."""
    return max(float(np.nan_to_num(state.flow[artifact.congestible]).max(initial=0.0)) for state in states)


def _totals_line(artifact: RoadArtifact) -> str:
    parts = []
    for total in artifact.totals[:3]:
        unit = f" {total.unit}" if total.unit else ""
        if total.before is None or total.after is None:
            shown = "not computed" if total.after is None else number(total.after) + unit
            parts.append(f"{total.name} {shown}")
            continue
        percent = change(total.before, total.after)
        parts.append(
            f"{total.name} {number(total.before)} → {number(total.after)}{unit}" + (f" ({percent})" if percent else "")
        )
    return " · ".join(parts)


def _saturation_line(artifact: RoadArtifact) -> str:
    after = _over_capacity(artifact.after, artifact)
    if artifact.before is None:
        return f"{after} of {int(artifact.congestible.sum())} links over capacity"
    return f"links over capacity: {_over_capacity(artifact.before, artifact)} → {after}"


def _over_capacity(state: LinkState, artifact: RoadArtifact) -> int:
    return int(np.sum(state.volume_capacity[artifact.congestible] > 1.0))
