"""Where things go on the page: node positions in points, and links as ribbons on the right of their direction."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from braess.domains.road.artifact import Placement, RoadArtifact
from braess.domains.road.network import Floats, Ints

_GAP = 0.35  # points between the centre line and a ribbon
_TIP = 0.3  # most of a ribbon's length that its arrow head may take
_LABELLED = 60  # nodes up to which labels can be read
_DOTTED = 150  # nodes up to which dots do not hide the links


@dataclass(frozen=True, eq=False)
class MapFrame:
    """A network laid on the page.

    Parameters
    ----------
    points
        ``[nodes, 2]`` in points, y upwards, from the lower left corner of the map.
    width, height
        Extent of the map in points.
    node_radius
        Radius of a node in points; 0 where nodes are not drawn.
    widest
        Width in points of the largest flow.
    labelled
        Whether nodes carry labels.
    """

    points: Floats
    width: float
    height: float
    node_radius: float
    widest: float
    labelled: bool


def frame(artifact: RoadArtifact, width: float, height: float) -> MapFrame:
    """Fit a network into at most ``width`` by ``height`` points without distorting it."""
    flat = _flat(artifact.positions, artifact.placement)
    extent = np.maximum(flat.max(axis=0) - flat.min(axis=0), 1e-12 * max(1.0, float(np.abs(flat).max())))
    scale = float(min(width / extent[0], height / extent[1]))
    points = (flat - flat.min(axis=0)) * scale
    size = np.maximum(extent * scale, 40.0)
    points += (size - points.max(axis=0)) / 2
    span = points[artifact.head] - points[artifact.tail]
    lengths = np.hypot(span[:, 0], span[:, 1])
    visible = lengths[artifact.congestible & (lengths > 0)]
    typical = float(np.median(visible)) if visible.size else 40.0
    nodes = len(points)
    radius = 0.0
    if nodes <= _LABELLED:
        radius = float(np.clip(0.45 * _closest(points), 3.5, 9.0))
    elif nodes <= _DOTTED:
        radius = 1.8
    widest = float(np.clip(0.25 * typical, 4.5, 11.0))
    return MapFrame(points, float(size[0]), float(size[1]), radius, widest, nodes <= _LABELLED)


def _flat(positions: Floats, placement: Placement) -> Floats:
    """Shrink longitudes by the cosine of the middle latitude, so that distances compare (equirectangular projection)."""
    if placement != "geographic":
        return positions
    middle = (positions[:, 1].min() + positions[:, 1].max()) / 2
    shrink = np.cos(np.radians(np.clip(middle, -85.0, 85.0)))
    flat: Floats = positions * np.array([shrink, 1.0])
    return flat


def _closest(points: Floats) -> float:
    """Distance of the two nodes that are closest without coinciding."""
    if len(points) < 2:
        return np.inf
    apart = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    positive = apart[apart > 1e-6]
    return float(positive.min()) if positive.size else np.inf


def ribbons(place: MapFrame, tail: Ints, head: Ints, widths: Floats) -> Floats:
    """Outline each link as a ribbon on the right of its direction, cut to half an arrow head.

    Parameters
    ----------
    place
        The network on the page.
    tail, head
        ``[links]`` node index.
    widths
        ``[links]`` in points; NaN where the link is not drawn.

    Returns
    -------
    ``[links, 4, 2]`` corners in points: inner start, inner tip, outer end, outer start. Parallel links lie side by side.
    """
    start, end = place.points[tail], place.points[head]
    span = end - start
    length = np.hypot(span[:, 0], span[:, 1])
    along = np.divide(span, length[:, None], out=np.zeros_like(span), where=length[:, None] > 0)
    right = np.column_stack([along[:, 1], -along[:, 0]])
    trim = np.where(length > 2.5 * place.node_radius, place.node_radius, 0.25 * length)[:, None]
    start, end = start + along * trim, end - along * trim
    tip = np.minimum(0.75 * np.nan_to_num(widths), _TIP * length)[:, None]
    inner = (_GAP + _stacked(tail, head, widths))[:, None] * right
    outer = inner + np.nan_to_num(widths)[:, None] * right
    return np.stack([start + inner, end + inner, end - along * tip + outer, start + outer], axis=1)


def _stacked(tail: Ints, head: Ints, widths: Floats) -> Floats:
    """Room ``[links]`` that earlier links with the same ends take beside the centre line."""
    taken: defaultdict[tuple[int, int], float] = defaultdict(float)
    room = np.zeros(tail.size)
    for link, ends in enumerate(zip(tail.tolist(), head.tolist(), strict=True)):
        room[link] = taken[ends]
        if np.isfinite(widths[link]):
            taken[ends] += float(widths[link]) + _GAP
    return room
