"""Figures inside the page: as images in data URIs, where browsers run nothing and load nothing."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from braess.report.html import Markup, element

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.text import Text

_LARGEST_SVG = 600_000  # bytes: larger drawings are smaller, and faster to show, as pixels
_PNG_DPI = 170
_CSS_DPI = 96


def embed(figure: Figure, title: str, description: str | None = None) -> Markup:
    """Build a figure element with the drawing as SVG, or as PNG where the SVG would be large.

    Parameters
    ----------
    figure
        A matplotlib figure; its texts are shown as they are, dollar signs included.
    title
        Caption.
    description
        Text in place of the image for those who cannot see it; the title where left out.
    """
    image = _image(figure)
    width = round(figure.get_figwidth() * _CSS_DPI)
    shown = element("img", src=image, alt=description or title, width=str(width))
    return element("figure", shown, element("figcaption", title))


def _image(figure: Figure) -> str:
    for text in _written(figure):
        text.set_parse_math(False)
    try:
        return _encoded(figure)
    except ValueError:
        # What is left are labels of ticks; formatters of numbers use mathematics, names must not.
        for text in _texts(figure):
            text.set_parse_math(False)
        return _encoded(figure)


def _encoded(figure: Figure) -> str:
    svg = _rendered(figure, "svg")
    if len(svg) <= _LARGEST_SVG:
        return "data:image/svg+xml;base64," + base64.b64encode(svg).decode()
    return "data:image/png;base64," + base64.b64encode(_rendered(figure, "png")).decode()


def _rendered(figure: Figure, kind: str) -> bytes:
    import matplotlib as mpl

    buffer = io.BytesIO()
    metadata: dict[str, str | None] = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": "braess"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        figure.savefig(buffer, format=kind, metadata=metadata, dpi=_PNG_DPI)
    return buffer.getvalue()


def _texts(figure: Figure) -> list[Text]:
    from matplotlib.text import Text

    return [item for item in figure.findobj(Text) if isinstance(item, Text)]


def _written(figure: Figure) -> Iterator[Text]:
    """Yield the texts that somebody wrote: all but those that formatters of numbers make."""
    made = {
        id(label)
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for label in (
            *(label for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()) for label in (tick.label1, tick.label2)),
            axis.get_offset_text(),
        )
    }
    return (text for text in _texts(figure) if id(text) not in made)
