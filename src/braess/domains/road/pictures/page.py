"""A figure whose one set of axes is measured in points, so that everything on it is placed and sized as on paper."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from braess.domains.road.network import Floats
from braess.domains.road.pictures.style import FONT, INK, legible

_POINTS_PER_INCH = 72.0


class Page:
    """An empty white page.

    Parameters
    ----------
    width, height
        In points.
    """

    def __init__(self, width: float, height: float) -> None:
        self.width = width
        self.height = height
        self.figure = Figure(figsize=(width / _POINTS_PER_INCH, height / _POINTS_PER_INCH), facecolor="white", dpi=144)
        self.axes: Axes = self.figure.add_axes((0.0, 0.0, 1.0, 1.0))
        self.axes.set_xlim(0.0, width)
        self.axes.set_ylim(0.0, height)
        self.axes.set_axis_off()

    def text(self, x: float, y: float, text: str, **style: Any) -> None:
        """Write text at a point; nothing in it is taken for mathematics or markup."""
        settings = {"fontfamily": FONT, "fontsize": 9.0, "color": INK, "va": "center", "ha": "left", **style}
        self.axes.text(x, y, legible(text), parse_math=False, usetex=False, **settings)

    def polygons(self, corners: Floats, name: str, **style: Any) -> None:
        """Fill polygons ``[n, corners, 2]``; the collection can be found by its name (``gid``)."""
        collection = PolyCollection(list(np.asarray(corners)), gid=name, **style)
        self.axes.add_collection(collection, autolim=False)

    def circles(self, centres: Floats, radius: float, name: str, **style: Any) -> None:
        """Draw circles of one radius in points around centres ``[n, 2]``."""
        turns = np.linspace(0.0, 2.0 * np.pi, 33)[:-1]
        outline = radius * np.column_stack([np.cos(turns), np.sin(turns)])
        self.polygons(centres[:, None, :] + outline, name, **style)
