"""What a record keeps of a road design: its links before and after as GeoJSON, drawn or exported without the problem."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

import numpy as np

from braess.domains.road.layout import stress_layout
from braess.domains.road.network import Bools, Floats, Ints, RoadNetwork
from braess.errors import InputError

MEDIA_TYPE: Final = "application/vnd.braess.road+geojson"
VERSION: Final = 1
LONGEST_TEXT: Final = 200  # characters: longer names are no names
_SLUG = re.compile("[a-z]+(-[a-z]+)*")

Placement = Literal["geographic", "planar", "layout"]


@dataclass(frozen=True, eq=False)
class LinkState:
    """What the links of a network carry in one state; NaN where a link does not exist in that state.

    Parameters
    ----------
    capacity, flow
        ``[links]`` flow units.
    time
        ``[links]`` travel times, time units.
    """

    capacity: Floats
    flow: Floats
    time: Floats

    @classmethod
    def of(cls, network: RoadNetwork, flow: Floats, *, exists: Bools | None = None) -> LinkState:
        """Take capacities and BPR times from a network that carries a flow ``[links]``; ``exists`` ``[links]`` masks links."""
        there = np.ones(network.links, dtype=np.bool_) if exists is None else exists
        time = network.travel_time(flow)
        return cls(*(np.where(there, values, np.nan) for values in (network.capacity, flow, time)))

    @property
    def exists(self) -> Bools:
        """``[links]`` whether the link is there."""
        return np.isfinite(self.flow) & np.isfinite(self.capacity)

    @property
    def volume_capacity(self) -> Floats:
        """``[links]`` flow over capacity; NaN where the link does not exist."""
        ratio: Floats = self.flow / self.capacity
        return ratio

    @property
    def total_travel_time(self) -> float:
        """Flow times travel time, summed over the links that exist."""
        return float(np.nansum(self.flow * self.time))


@dataclass(frozen=True)
class Total:
    """A quantity of the whole network before and after the design (``None`` where it was not computed)."""

    name: str
    unit: str
    before: float | None
    after: float | None


@dataclass(frozen=True, eq=False)
class RoadArtifact:
    """A network with the states before and after a design.

    Parameters
    ----------
    title
        What the figure is called.
    nodes
        ``[nodes]`` labels.
    positions
        ``[nodes, 2]`` x and y.
    placement
        Whether positions are degrees, lengths on a plane, or only a layout.
    tail, head
        ``[links]`` node index.
    before, after
        The two states; ``before`` is ``None`` where nothing is compared.
    congestible
        ``[links]`` false for links whose travel time does not depend on their flow, such as zone connectors.
    changes
        Link index to what the design did to it, in words.
    flow_unit, time_unit
        Units as figures write them; empty where the source does not say.
    totals
        Quantities of the whole network.
    """

    title: str
    nodes: tuple[str, ...]
    positions: Floats
    placement: Placement
    tail: Ints
    head: Ints
    before: LinkState | None
    after: LinkState
    congestible: Bools
    changes: Mapping[int, str] = field(default_factory=dict)
    flow_unit: str = ""
    time_unit: str = ""
    totals: tuple[Total, ...] = ()

    @classmethod
    def of(
        cls,
        network: RoadNetwork,
        after: LinkState,
        before: LinkState | None = None,
        *,
        changes: Mapping[int, str] | None = None,
        title: str | None = None,
        flow_unit: str = "",
        time_unit: str = "",
        totals: Sequence[Total] = (),
    ) -> RoadArtifact:
        """Describe a network; total travel time is the first of the totals, a layout replaces unknown coordinates.

        Parameters
        ----------
        network
            With all links that exist before or after.
        after, before
            The states, each of arrays ``[links]``.
        changes
            Link index to what the design did to it.
        title
            The network's name if left out (one written like ``sioux-falls`` becomes "Sioux Falls").
        flow_unit, time_unit, totals
            What figures write.

        Raises
        ------
        InputError
            A state has arrays of another length, or a change names an unknown link.
        """
        _require_links(network, after, before, changes or {})
        placement: Placement = "geographic" if network.geographic else "planar"
        positions = network.coordinates
        if positions is None:
            positions, placement = stress_layout(network), "layout"
        vehicle_time = Total(
            "total travel time",
            f"{flow_unit}·{time_unit}" if flow_unit and time_unit else "",
            None if before is None else before.total_travel_time,
            after.total_travel_time,
        )
        return cls(
            title=_clean(_headline(network.name) if title is None else title),
            nodes=tuple(str(label) for label in network.node_ids),
            positions=positions,
            placement=placement,
            tail=network.tail,
            head=network.head,
            before=before,
            after=after,
            congestible=(network.free_flow_time > 0) & (network.b > 0) & (network.power > 0),
            changes={int(link): _clean(text) for link, text in (changes or {}).items()},
            flow_unit=_clean(flow_unit),
            time_unit=_clean(time_unit),
            totals=tuple(replace(t, name=_clean(t.name), unit=_clean(t.unit)) for t in (vehicle_time, *totals)),
        )


def _require_links(network: RoadNetwork, after: LinkState, before: LinkState | None, changes: Mapping[int, str]) -> None:
    for name, state in (("after", after), ("before", before)):
        if state is None:
            continue
        shapes = {np.shape(values) for values in (state.capacity, state.flow, state.time)}
        if shapes != {(network.links,)}:
            raise InputError(
                "arrays do not match the links", field=name, found=sorted(shapes), expected=f"({network.links},) each"
            )
    unknown = [link for link in changes if not 0 <= link < network.links]
    if unknown:
        raise InputError("no such link", field="changes", found=unknown[0], expected=f"0 to {network.links - 1}")


def _headline(name: str) -> str:
    """Write a name that files and commands use as one that people use; any other stays as it is."""
    return name.replace("-", " ").title() if _SLUG.fullmatch(name) else name


def _clean(text: str) -> str:
    """Make a text one that readers accept: printable, and not longer than a name is."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    return shown if len(shown) <= LONGEST_TEXT else shown[: LONGEST_TEXT - 1] + "…"


def write_artifact(artifact: RoadArtifact) -> bytes:
    """Write GeoJSON with one feature for each link; the same artifact gives the same bytes.

    The member ``braess`` holds what the links do not: version, title, units, placement and totals. Positions that are
    not ``geographic`` are not degrees, other than GeoJSON (RFC 7946) asks: programs that draw maps show them at a
    wrong place.
    """
    links = len(artifact.tail)
    columns: dict[str, list[float | None]] = {}
    for name, state in (("before", artifact.before), ("after", artifact.after)):
        kept = None if state is None else _rounded(state)
        for what in ("capacity", "flow", "time", "volume_capacity"):
            columns[f"{what}_{name}"] = [None] * links if kept is None else [_plain(value) for value in getattr(kept, what)]
    features = [_feature(artifact, link, {name: column[link] for name, column in columns.items()}) for link in range(links)]
    braess = {
        "version": VERSION,
        "title": artifact.title,
        "units": {"flow": artifact.flow_unit, "time": artifact.time_unit},
        "placement": artifact.placement,
        "compared": artifact.before is not None,
        "totals": [
            {"name": total.name, "unit": total.unit, "before": _plain(total.before), "after": _plain(total.after)}
            for total in artifact.totals
        ],
    }
    document = {"type": "FeatureCollection", "braess": braess, "features": features}
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _feature(artifact: RoadArtifact, link: int, measured: Mapping[str, float | None]) -> dict[str, Any]:
    ends = (int(artifact.tail[link]), int(artifact.head[link]))
    properties = {
        "id": link,
        "from": artifact.nodes[ends[0]],
        "to": artifact.nodes[ends[1]],
        **measured,
        "congestible": bool(artifact.congestible[link]),
        "chosen": link in artifact.changes,
        "change": artifact.changes.get(link),
    }
    line = [[_plain(value) for value in artifact.positions[end]] for end in ends]
    return {"type": "Feature", "properties": properties, "geometry": {"type": "LineString", "coordinates": line}}


def _rounded(state: LinkState) -> LinkState:
    """Round first and divide then, so that what is read back is written as the same bytes."""
    columns = (state.capacity, state.flow, state.time)
    return LinkState(
        *(np.array([np.nan if _plain(v) is None else _plain(v) for v in column], dtype=np.float64) for column in columns)
    )


def _plain(value: float | None) -> float | None:
    """Round to nine digits, so that bytes do not depend on the last bits; NaN and infinity become null."""
    return None if value is None or not np.isfinite(value) else float(f"{value:.9g}")
