import io
import json
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from braess.domains.road import load, published_flows
from braess.domains.road.artifact import LinkState, RoadArtifact, write_artifact
from braess.domains.road.pictures import draw, flow_map
from braess.domains.road.pictures.map import badge_labels
from braess.domains.road.pictures.ribbons import frame, ribbons
from braess.domains.road.pictures.style import SATURATION_COLOURS, change, number, round_flows, saturation_colours
from braess.errors import InputError

SIOUX_FALLS, DEMAND = load("sioux-falls")
FLOW = published_flows("sioux-falls")


def comparison(changes=None, **parts):
    changes = {15: "lane added", 18: "opened"} if changes is None else changes
    exists = np.ones(SIOUX_FALLS.links, dtype=bool)
    exists[18] = False
    before = LinkState.of(SIOUX_FALLS, FLOW, exists=exists)
    after = LinkState.of(SIOUX_FALLS, 0.9 * FLOW)
    return RoadArtifact.of(SIOUX_FALLS, after, before, changes=changes, **parts)


def drawn(figure, name):
    return [len(c.get_paths()) for c in figure.axes[0].collections if c.get_gid() == name]


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_flow_map_draws_every_link_and_names_every_node():
    """A map of 24 nodes that loses a road or a label misleads."""
    figure = flow_map(SIOUX_FALLS, FLOW, flow_unit="veh/h")
    assert drawn(figure, "links") == [76]
    shown = texts(figure)
    assert {str(label) for label in SIOUX_FALLS.node_ids} <= set(shown)
    assert any("7,480,2" in text for text in shown)
    assert "flow (veh/h)" in shown


def test_before_and_after_mark_what_was_chosen():
    """Chosen links must be found by outline and letter, not by colour alone; a link not yet built is dashed."""
    figures = draw(write_artifact(comparison()))
    assert list(figures) == ["Before and after", "Change of flow"]
    both = figures["Before and after"]
    assert drawn(both, "links") == [75, 76]
    assert drawn(both, "missing") == [1]
    assert drawn(both, "chosen") == [2]
    assert drawn(both, "badges") == [2]
    assert {"6 → 8   lane added", "8 → 6   opened"} <= set(texts(both))
    assert {"before", "after", "A", "B"} <= set(texts(both))


def test_change_map_tells_more_from_less():
    """One link opened, all others carry a tenth less: the map must say exactly that."""
    figure = draw(write_artifact(comparison()))["Change of flow"]
    assert drawn(figure, "more") == [1]
    assert sum(drawn(figure, "less")) > 60


def test_many_changes_are_dots_and_a_count():
    """Forty letters are a legend, eighty are not."""
    figures = draw(write_artifact(comparison(dict.fromkeys(range(76), "toll"))))
    figure = figures["Before and after"]
    assert drawn(figure, "badges") == [76]
    assert "A" not in texts(figure)
    assert any("76 links are chosen" in text for text in texts(figure))


def test_ribbons_grow_with_flow_and_lie_on_the_right():
    """Width is the reader's measure of flow: it must be linear in it; two directions must not cover each other."""
    artifact = comparison()
    place = frame(artifact, 400, 500)
    widths = np.linspace(1.0, 9.0, SIOUX_FALLS.links)
    corners = ribbons(place, artifact.tail, artifact.head, widths)
    thick = np.hypot(*(corners[:, 3] - corners[:, 0]).T)
    np.testing.assert_allclose(thick, widths)
    along = place.points[artifact.head] - place.points[artifact.tail]
    aside = corners.mean(axis=1) - place.points[artifact.tail]
    assert np.all(along[:, 0] * aside[:, 1] - along[:, 1] * aside[:, 0] < 0)


def test_parallel_links_lie_side_by_side():
    """Two roads between the same places are two ribbons."""
    artifact = comparison()
    twice = np.array([0, 0])
    corners = ribbons(frame(artifact, 400, 500), twice, np.array([1, 1]), np.array([4.0, 4.0]))
    across = (corners[1, 0] - corners[0, 0]) @ (corners[0, 3] - corners[0, 0])
    assert across > 16


def test_map_keeps_proportions():
    """North to south and east to west must be at one scale: a degree of longitude shrinks with latitude."""
    artifact = comparison()
    assert artifact.placement == "geographic"
    place = frame(artifact, 400, 500)
    degrees = np.ptp(artifact.positions, axis=0)
    assert place.width <= 400 + 1e-9
    assert place.height <= 500 + 1e-9
    assert place.width / place.height == pytest.approx(degrees[0] * np.cos(np.radians(43.55)) / degrees[1], rel=1e-3)


def test_colours_fall_in_lightness_and_change_at_capacity():
    """In grey print, and to every kind of colour vision, darker must mean fuller."""
    light = [np.dot([0.2126, 0.7152, 0.0722], np.power(to_rgb(colour), 2.2)) for colour in SATURATION_COLOURS]
    assert np.all(np.diff(light) < -0.01)
    below, above = saturation_colours(np.array([1.0, 1.0001]))
    assert to_rgb(below)[2] > to_rgb(below)[0]
    assert to_rgb(above)[0] > to_rgb(above)[2]


@pytest.mark.parametrize("name", ["braess", "eastern-massachusetts", "anaheim"])
def test_networks_of_all_sizes_are_drawn(name):
    """With and without coordinates, with and without connectors: every shipped network has a map."""
    network, _ = load(name)
    figure = flow_map(network, network.capacity * 0.8)
    assert isinstance(figure, Figure)
    assert sum(drawn(figure, "links")) + sum(drawn(figure, "plain")) == network.links
    unplaced = any("layout" in text for text in texts(figure))
    assert unplaced == (network.coordinates is None)


@pytest.mark.parametrize("nothing", [0.0, 1e-300])
def test_an_empty_network_is_drawn(nothing):
    """Before the first vehicle there is a map too."""
    figure = flow_map(SIOUX_FALLS, np.full(76, nothing))
    figure.savefig(io.BytesIO())
    assert drawn(figure, "links") == [76]


def test_hostile_names_are_drawn_as_they_are():
    """Mathematics, markup and signs without a glyph in a foreign record must neither raise, warn nor be obeyed."""
    document = json.loads(write_artifact(comparison(title="$\\frac{$ <script>alert(1)</script> 道路 \\undefined_$")))
    for feature in document["features"]:
        feature["properties"]["from"] = "$" + feature["properties"]["from"] + "^"
    document["features"][15]["properties"]["change"] = "</text><script>$\\bad$" + "W" * 150
    document["braess"]["units"]["flow"] = "$\\hbar"
    for figure in draw(json.dumps(document).encode()).values():
        svg = io.StringIO()
        figure.savefig(svg, format="svg")
        assert "<script" not in svg.getvalue()
        assert any("$\\frac{$ <script>" in text and "道" not in text for text in texts(figure))


def test_one_place_for_all_nodes_is_drawn():
    """A foreign record may put every node at one point."""
    document = json.loads(write_artifact(comparison()))
    for feature in document["features"]:
        feature["geometry"]["coordinates"] = [[5, 5], [5, 5]]
    for figure in draw(json.dumps(document).encode()).values():
        figure.savefig(io.BytesIO())


def test_flow_of_another_network_is_refused():
    """A flow of the wrong length must not be drawn on the wrong roads."""
    with pytest.raises(InputError, match="does not match the links"):
        flow_map(SIOUX_FALLS, FLOW[:-1])


def test_numbers_are_written_for_people():
    """Legends and sub-titles use the same few rules."""
    assert [number(v) for v in (0.0, 0.12345, 12.5, 7480225.3, 3e12)] == ["0", "0.1235", "12.5", "7,480,225", "3e+12"]
    assert change(200.0, 150.0) == "−25.0 %"
    assert change(0.0, 1.0) == ""
    assert round_flows(23192.0) == [5000.0, 10000.0, 20000.0]
    assert round_flows(0.0) == []


def test_badges_never_repeat():
    """A letter on the map must lead to one line of the list."""
    labels = badge_labels(40)
    assert labels[25:28] == ["Z", "AA", "AB"]
    assert max(Counter(labels).values()) == 1


def test_matplotlib_is_imported_late():
    """Solving without drawing must not pay for the drawing library."""
    modules = "braess.domains.road, braess.domains.road.artifact, braess.domains.road.pictures"
    code = f"import sys, {modules}; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
