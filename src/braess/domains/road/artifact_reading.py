"""Reading artifacts of the road domain, trusting nothing in them: a record may come from anybody."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, NoReturn, cast

import numpy as np

from braess.domains.road.artifact import LONGEST_TEXT, VERSION, LinkState, Placement, RoadArtifact, Total
from braess.domains.road.network import Floats
from braess.errors import InputError

_LARGEST = 256 * 2**20  # bytes
_MOST_LINKS = 500_000
_MOST_TOTALS = 50
_PLACEMENTS = ("geographic", "planar", "layout")
_FARTHEST = 1e12  # beyond it differences of coordinates lose their digits


def read_artifact(data: bytes) -> RoadArtifact:
    """Read what `write_artifact` wrote and check all of it.

    Raises
    ------
    InputError
        The data is not such an artifact; names the offending member.
    """
    document = _parse(data)
    if _member(document, "type", "", str) != "FeatureCollection":
        raise InputError("not a road artifact", field="type", expected="'FeatureCollection'")
    braess = _member(document, "braess", "", dict)
    version = _member(braess, "version", "braess", int)
    if version != VERSION:
        raise InputError("unknown version of the layout", field="braess.version", found=version, expected=str(VERSION))
    placement = _member(braess, "placement", "braess", str)
    if placement not in _PLACEMENTS:
        raise InputError("unknown placement", field="braess.placement", expected=f"one of {', '.join(_PLACEMENTS)}")
    compared = _member(braess, "compared", "braess", bool)
    units = _member(braess, "units", "braess", dict)
    features = _member(document, "features", "", list)
    if not 1 <= len(features) <= _MOST_LINKS:
        raise InputError("impossible number of links", field="features", found=len(features), expected=f"1 to {_MOST_LINKS}")
    links = [_Link(feature, f"features[{i}]") for i, feature in enumerate(features)]
    places = {link_end: None for link in links for link_end in link.ends}
    index = {place: i for i, place in enumerate(places)}
    return RoadArtifact(
        title=_text(braess, "title", "braess"),
        nodes=tuple(label for label, _, _ in places),
        positions=np.array([(x, y) for _, x, y in places], dtype=np.float64),
        placement=cast("Placement", placement),
        tail=np.array([index[link.ends[0]] for link in links], dtype=np.int64),
        head=np.array([index[link.ends[1]] for link in links], dtype=np.int64),
        before=_state(links, "before") if compared else None,
        after=_state(links, "after"),
        congestible=np.array([link.congestible for link in links], dtype=np.bool_),
        changes={i: link.change for i, link in enumerate(links) if link.change is not None},
        flow_unit=_text(units, "flow", "braess.units"),
        time_unit=_text(units, "time", "braess.units"),
        totals=_totals(_member(braess, "totals", "braess", list)),
    )


def _parse(data: bytes) -> dict[str, Any]:
    if len(data) > _LARGEST:
        raise InputError("a road artifact too large to read", found=len(data), expected=f"at most {_LARGEST} bytes")
    try:
        document = json.loads(data.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InputError(f"a road artifact that is not JSON: {str(error)[:LONGEST_TEXT]}") from error
    if not isinstance(document, dict):
        raise InputError("not a road artifact", expected="a GeoJSON object")
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


class _Link:
    """One feature, checked."""

    def __init__(self, feature: Any, where: str) -> None:
        if not isinstance(feature, dict):
            raise InputError("not a feature", field=where, expected="an object")
        properties = _member(feature, "properties", where, dict)
        geometry = _member(feature, "geometry", where, dict)
        line = _member(geometry, "coordinates", f"{where}.geometry", list)
        if geometry.get("type") != "LineString" or len(line) != 2:
            raise InputError("not a link", field=f"{where}.geometry", expected="a LineString of two points")
        inside = f"{where}.properties"
        self.ends = tuple(
            (_text(properties, name, inside), *_point(point, f"{where}.geometry.coordinates"))
            for name, point in zip(("from", "to"), line, strict=True)
        )
        self.congestible = _member(properties, "congestible", inside, bool)
        chosen = _member(properties, "chosen", inside, bool)
        self.change = _text(properties, "change", inside) if chosen else None
        self.values = {
            f"{what}_{state}": _number(properties, f"{what}_{state}", inside, lowest=0.0)
            for what in ("capacity", "flow", "time")
            for state in ("before", "after")
        }


def _state(links: list[_Link], name: str) -> LinkState:
    def column(what: str) -> Floats:
        values = [link.values[f"{what}_{name}"] for link in links]
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)

    capacity = column("capacity")
    return LinkState(np.where(capacity > 0, capacity, np.nan), column("flow"), column("time"))


def _totals(entries: list[Any]) -> tuple[Total, ...]:
    if len(entries) > _MOST_TOTALS:
        raise InputError("too many totals", field="braess.totals", found=len(entries), expected=f"at most {_MOST_TOTALS}")
    totals = []
    for i, entry in enumerate(entries):
        where = f"braess.totals[{i}]"
        if not isinstance(entry, dict):
            raise InputError("not a total", field=where, expected="an object")
        before, after = _number(entry, "before", where), _number(entry, "after", where)
        totals.append(Total(_text(entry, "name", where), _text(entry, "unit", where), before, after))
    return tuple(totals)


def _member(owner: dict[str, Any], name: str, where: str, kind: type) -> Any:
    value = owner.get(name)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        path = f"{where}.{name}" if where else name
        raise InputError("missing or of the wrong type", field=path, found=type(value).__name__, expected=kind.__name__)
    return value


def _text(owner: dict[str, Any], name: str, where: str) -> str:
    text: str = _member(owner, name, where, str)
    if len(text) > LONGEST_TEXT or not text.isprintable():
        raise InputError(
            "not a text to show",
            field=f"{where}.{name}",
            found=text[:20],
            expected=f"at most {LONGEST_TEXT} printable characters",
        )
    return text


def _number(owner: dict[str, Any], name: str, where: str, *, lowest: float = -math.inf) -> float | None:
    value = owner.get(name)
    if value is None:
        return None
    return _finite(value, f"{where}.{name}", lambda number: number >= lowest)


def _point(point: Any, where: str) -> tuple[float, float]:
    if not isinstance(point, list) or len(point) != 2:
        raise InputError("not a position", field=where, expected="two numbers")
    x, y = (_finite(value, where, lambda number: abs(number) <= _FARTHEST) for value in point)
    return x, y


def _finite(value: Any, where: str, allowed: Callable[[float], bool]) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300 and allowed(float(value)):
        return float(value)
    raise InputError("an impossible number", field=where, found=repr(value)[:20], expected="a finite number in its range")
