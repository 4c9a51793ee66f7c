"""How pictures of roads look: colours, steps of width and saturation, and text that any font can show."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.font_manager import findfont, get_font
from numpy.typing import NDArray

from braess.domains.road.network import Floats

FONT = "DejaVu Sans"  # comes with matplotlib, so figures look the same everywhere

_SIGN_WIDTH = 0.62  # mean width of a sign of that font, by its size

# Flow over capacity, cut at fixed places so that figures can be compared. Lightness falls from step to step (legible in
# grey and for every kind of colour vision); the change from blue to orange at 1 marks what is over capacity.
SATURATION_STEPS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
SATURATION_COLOURS = ("#c0d3e2", "#9bbdd8", "#74a5cc", "#dc7633", "#bf4520", "#8b1c2c", "#430a28")

INK = "#1a1a1a"
MUTED = "#5c6066"
PLAIN_LINK = "#c9ccd1"  # links whose time does not depend on flow
KEY_EDGE = "#6d747c"
KEY_FILL = "#9aa0a6"
MORE = "#c4501b"
LESS = "#d3e5f4"
LESS_EDGE = "#1f5f99"


def saturation_colours(ratio: Floats) -> NDArray[np.str_]:
    """Colour of each of ``[links]`` ratios of flow to capacity."""
    return np.array(SATURATION_COLOURS)[np.digitize(ratio, SATURATION_STEPS, right=True)]


def darker(colours: NDArray[np.str_]) -> list[tuple[float, float, float]]:
    """Shade each of ``[n]`` colours for its outline."""
    return [(0.7 * red, 0.7 * green, 0.7 * blue) for red, green, blue in map(to_rgb, colours)]


def round_flows(largest: float) -> list[float]:
    """Choose up to three round flows, at most ``largest``, that show what a width means."""
    if not (math.isfinite(largest) and largest > 0):
        return []
    unit = 10.0 ** math.floor(math.log10(largest))
    top = max(step * unit for step in (1.0, 2.0, 4.0, 8.0) if step * unit <= largest * (1 + 1e-9))
    return [top / 4, top / 2, top]


def number(value: float) -> str:
    """Write a number as people read it: thousands separated, four digits where it is small."""
    if value != 0 and (abs(value) < 1e-3 or abs(value) >= 1e9):
        return f"{value:.4g}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def change(before: float, after: float) -> str:
    """Write a change in percent of the value before, or nothing where that is 0."""
    if before == 0:
        return ""
    return f"{(after - before) / abs(before):+.1%}".replace("-", "−").replace("%", " %")


def fit(text: str, width: float, size: float) -> str:
    """Cut a text that would be wider than ``width`` points at a font size in points."""
    most = max(1, int(width / (_SIGN_WIDTH * size)))
    return text if len(text) <= most else text[: most - 1] + "…"


def legible(text: str) -> str:
    """Replace what the font cannot show by a box, so that any name can be drawn."""
    return "".join(sign if sign.isprintable() and _shown(sign) else "□" for sign in text)


@cache
def _shown(sign: str) -> bool:
    return bool(get_font(findfont(FONT)).get_char_index(ord(sign)))
