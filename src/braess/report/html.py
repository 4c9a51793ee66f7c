"""A tiny HTML builder in which text can only come out escaped."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias

_VOID = frozenset({"br", "hr", "img", "meta", "link"})
_NAME = re.compile(r"[a-z][a-z0-9-]*")
# Control characters that HTML forbids, half surrogate pairs, and the marks that turn the direction of writing.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


class Markup:
    """HTML that this module made; anything else is text and gets escaped.

    Parameters
    ----------
    source
        The HTML. Only `element`, `join` and constants of this package may be its source.
    """

    __slots__ = ("source",)

    def __init__(self, source: str) -> None:
        self.source = source

    def __str__(self) -> str:
        """Return the HTML."""
        return self.source


Content: TypeAlias = "Markup | str | float | None"


def escape(content: Content) -> str:
    """Turn content into HTML: markup as it is, anything else as visible text, ``None`` as nothing."""
    if content is None:
        return ""
    if isinstance(content, Markup):
        return content.source
    return html.escape(_UNPRINTABLE.sub("\ufffd", str(content)), quote=True)


def join(parts: Iterable[Content]) -> Markup:
    """Put pieces of content one after the other."""
    return Markup("".join(escape(part) for part in parts))


def element(tag: str, *children: Content, **attributes: str | None) -> Markup:
    """Build an element.

    Parameters
    ----------
    tag
        Name of the element.
    children
        What is inside.
    attributes
        Values are escaped, ``None`` leaves the attribute out; a trailing underscore in a name is dropped
        (``class_``), other underscores become hyphens.
    """
    names = {key: key.rstrip("_").replace("_", "-") for key in attributes}
    if not all(_NAME.fullmatch(name) for name in (tag, *names.values())):
        raise ValueError(f"not names of HTML: {tag!r}, {sorted(names.values())}")
    shown = "".join(f' {names[key]}="{escape(value)}"' for key, value in attributes.items() if value is not None)
    if tag in _VOID:
        return Markup(f"<{tag}{shown}>")
    return Markup(f"<{tag}{shown}>{join(children)}</{tag}>")


def table(
    heads: Sequence[Content],
    rows: Iterable[Sequence[Content]],
    *,
    caption: str,
    numeric: Sequence[int] = (),
    row_heads: bool = False,
) -> Markup:
    """Build a table that scrolls within the page where it is too wide.

    Parameters
    ----------
    heads
        Column headings.
    rows
        Cells, one sequence for each row.
    caption
        What the table shows; read aloud by screen readers and printed above it.
    numeric
        Columns whose cells are aligned as numbers.
    row_heads
        Whether the first cell of a row is its heading.
    """
    kinds = ["number" if i in numeric else None for i in range(len(heads))]
    head = element("tr", *(element("th", text, scope="col", class_=kind) for text, kind in zip(heads, kinds, strict=True)))
    body = []
    for row in rows:
        cells = [element("td", cell, class_=kind) for cell, kind in zip(row, kinds, strict=True)]
        if row_heads:
            cells[0] = element("th", row[0], scope="row")
        body.append(element("tr", *cells))
    inside = (element("caption", caption), element("thead", head), element("tbody", *body))
    return element("div", element("table", *inside), class_="scroll", tabindex="0", role="region", aria_label=caption)


def facts(pairs: Iterable[tuple[Content, Content]]) -> Markup:
    """Build a list of names and values."""
    return element("dl", *(element("div", element("dt", name), element("dd", value)) for name, value in pairs))


def section(title: str, *children: Content, anchor: str) -> Markup:
    """Build a section with a heading that other pages can link to."""
    return element("section", element("h2", title), *children, id=anchor)
