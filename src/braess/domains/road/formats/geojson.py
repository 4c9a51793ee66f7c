"""GeoJSON (RFC 7946): reading coordinates of nodes, writing links with their attributes and results."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from braess.domains.road.formats._findings import Findings
from braess.domains.road.formats._text import read_text
from braess.domains.road.formats.coordinates import NodeCoordinates
from braess.domains.road.formats.links_csv import link_columns
from braess.domains.road.network import RoadNetwork
from braess.errors import InputError

_LABELS = ("id", "node", "node_id")


def read_geojson_nodes(path: str | Path) -> NodeCoordinates:
    """Read node coordinates from a collection of points whose property ``id``, ``node`` or ``node_id`` is the label.

    Parameters
    ----------
    path
        The file, plain or gzip.

    Returns
    -------
    Longitudes and latitudes, as the standard says.

    Raises
    ------
    InputError
        The file is not such a collection; the feature is named by its position from 1.
    """
    findings = Findings(path)
    return findings.result(scan_points(read_features(path, findings), findings))


def read_features(path: str | Path, findings: Findings) -> list[Any]:
    """Return the features of a GeoJSON collection.

    Raises
    ------
    InputError
        The file cannot be read or is not a feature collection.
    """
    text = read_text(path, findings)
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        findings.fail("not JSON: " + error.msg, line=error.lineno)
    except RecursionError:
        findings.fail("not GeoJSON: nested too deeply")
    features = data.get("features") if isinstance(data, dict) else None
    if not isinstance(features, list):
        findings.fail("not GeoJSON", field="features", expected="a FeatureCollection with a list of features")
    return features


def scan_points(features: list[Any], findings: Findings) -> NodeCoordinates | None:
    """Read the points of a collection, leaving defects in ``findings``."""
    labels: dict[int, tuple[float, float]] = {}
    for number, feature in enumerate(features, start=1):
        where = f"feature {number}"
        properties, geometry = (_part(feature, key) for key in ("properties", "geometry"))
        label = next((properties[key] for key in _LABELS if key in properties), None)
        point = geometry.get("coordinates")
        if isinstance(label, bool) or not isinstance(label, int):
            findings.add("the point has no label", field=where, found=label, expected="a whole number as property id")
        elif geometry.get("type") != "Point" or not isinstance(point, list) or not _is_position(point):
            findings.add("not a point with two coordinates", field=where, found=geometry.get("type"), expected="a Point")
        elif label in labels:
            findings.add("the node is given twice", field=where, found=label, expected="each node once")
        else:
            labels[label] = (float(point[0]), float(point[1]))
    if not features:
        findings.add("there are no features", field="features", expected="points")
    if findings.problems:
        return None
    return NodeCoordinates(np.array(list(labels)), np.array(list(labels.values())), geographic=True)


def _part(feature: Any, key: str) -> dict[str, Any]:
    part = feature.get(key) if isinstance(feature, dict) else None
    return part if isinstance(part, dict) else {}


def _is_position(point: list[Any]) -> bool:
    return len(point) >= 2 and all(isinstance(value, int | float) and math.isfinite(value) for value in point[:2])


def write_geojson(network: RoadNetwork, path: str | Path, extra: Mapping[str, ArrayLike] | None = None) -> None:
    """Write the links as straight lines with their attributes.

    Numbers read back exactly. Values that JSON lacks (not a number, infinite) are written as ``null``.

    Parameters
    ----------
    network
        The network, with coordinates.
    path
        Where to; folders are made as needed.
    extra
        Further properties, each ``[links]``, as ``{"flow": …, "volume_capacity": …}``.

    Raises
    ------
    InputError
        The network has no coordinates, or a further property has the wrong length or a name already in use.
    """
    if network.coordinates is None:
        raise InputError("the network has no coordinates", field="coordinates", expected="[nodes, 2]")
    columns = link_columns(network, extra)
    lines = np.stack([network.coordinates[network.tail], network.coordinates[network.head]], axis=1).tolist()
    rows = zip(lines, *columns.values(), strict=True)
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "LineString", "coordinates": line},
            "properties": {name: _plain(value) for name, value in zip(columns, values, strict=True)},
        }
        for line, *values in rows
    ]
    collection = {"type": "FeatureCollection", "name": network.name, "features": features}
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(collection, allow_nan=False), encoding="utf-8")


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
