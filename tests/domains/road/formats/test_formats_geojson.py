"""Node coordinates in GeoJSON are read, and every defect is reported where it is."""

from __future__ import annotations

import json

import pytest

from braess.domains.road.formats import read_geojson_nodes
from braess.errors import InputError


def point(label, x, y, key="id"):
    return {"type": "Feature", "properties": {key: label}, "geometry": {"type": "Point", "coordinates": [x, y]}}


def write(tmp_path, features):
    path = tmp_path / "nodes.geojson"
    path.write_text(features if isinstance(features, str) else json.dumps({"type": "FeatureCollection", "features": features}))
    return path


@pytest.mark.parametrize("key", ["id", "node", "node_id"])
def test_points(tmp_path, key):
    """Because the published files label their points, and heights may follow."""
    features = [point(2, -96.7, 43.6, key), point(1, -96, 43, key)]
    features[0]["geometry"]["coordinates"].append(400)
    nodes = read_geojson_nodes(write(tmp_path, features))
    assert nodes.node_ids.tolist() == [2, 1]
    assert nodes.xy.tolist() == [[-96.7, 43.6], [-96, 43]]
    assert nodes.geographic


DEFECTS = {
    "not JSON": ('{\n"features": [,]}', 2, None, "not JSON"),
    "no collection": ('{"type": "Point"}', None, "features", "not GeoJSON"),
    "a list": ("[1]", None, "features", "not GeoJSON"),
    "nested": ("[" * 100_000, None, None, "nested too deeply"),
    "empty": ([], None, "features", "there are no features"),
    "no label": ([point(1, 0, 0), point(None, 0, 0)], None, "feature 2", "the point has no label"),
    "label text": ([point("one", 0, 0)], None, "feature 1", "the point has no label"),
    "label true": ([point(True, 0, 0)], None, "feature 1", "the point has no label"),
    "coordinate text": ([point(1, "0", 0)], None, "feature 1", "not a point with two coordinates"),
    "coordinate NaN": ([point(1, float("nan"), 0)], None, "feature 1", "not a point with two coordinates"),
    "one coordinate": (
        [{**point(1, 0, 0), "geometry": {"type": "Point", "coordinates": [1]}}],
        None,
        "feature 1",
        "not a point",
    ),
    "line": (
        [{**point(1, 0, 0), "geometry": {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}}],
        None,
        "feature 1",
        "not a point",
    ),
    "null": ([{**point(1, 0, 0), "geometry": None}], None, "feature 1", "not a point"),
    "no feature": ([5], None, "feature 1", "the point has no label"),
    "twice": ([point(1, 0, 0), point(1, 1, 1)], None, "feature 2", "the node is given twice"),
}


@pytest.mark.parametrize(("features", "line", "field", "message"), DEFECTS.values(), ids=DEFECTS.keys())
def test_defects_are_located(tmp_path, features, line, field, message):
    """Because a wrong position spoils every map."""
    with pytest.raises(InputError, match=message) as caught:
        read_geojson_nodes(write(tmp_path, features))
    assert (caught.value.line, caught.value.field) == (line, field)
