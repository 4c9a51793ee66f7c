"""Values for some links: found by either kind of name, and refused by line where they cannot be."""

from __future__ import annotations

import numpy as np
import pytest

from braess.domains.road import load
from braess.domains.road.formats import read_link_values, write_links_csv
from braess.errors import InputError


@pytest.fixture(scope="module")
def network():
    return load("sioux-falls")[0]


@pytest.mark.parametrize(
    "text",
    [
        "init_node,term_node,flow\n6,8,5.5\n8,6,2\n",
        "flow,to_node,from_node\n5.5,8,6\n2,6,8\n",
        "link,flow\n6->8,5.5\n8->6,2\n",
        "link;init_node;term_node;flow\n6->8;6;8;5.5\n18;8;6;2\n",
    ],
)
def test_links_by_their_nodes_or_by_name(network, tmp_path, text):
    """Each spelling must mean the same two links, in any order of columns, and zero elsewhere."""
    path = tmp_path / "flows.csv"
    path.write_text(text)
    labels = [network.link_label(link) for link in range(network.links)]
    expected = np.zeros(network.links)
    expected[labels.index("6->8")], expected[labels.index("8->6")] = 5.5, 2
    assert labels[18] == "8->6"
    np.testing.assert_array_equal(read_link_values(path, network, "flow"), expected)


def test_written_link_flows_read_back(network, tmp_path):
    """The flows of one assignment are the preload of another."""
    flow = np.random.default_rng(1).uniform(0, 1e4, network.links)
    write_links_csv(network, tmp_path / "flows.csv", {"flow": flow})
    np.testing.assert_array_equal(read_link_values(tmp_path / "flows.csv", network, "flow"), flow)


def test_links_left_out_keep_their_value(network, tmp_path):
    """A list of tolls changes those tolls only."""
    path = tmp_path / "tolls.csv"
    path.write_text("link,toll\n3,-1.5\n")
    otherwise = np.arange(float(network.links))
    found = read_link_values(path, network, "toll", otherwise=otherwise)
    assert found[3] == -1.5
    np.testing.assert_array_equal(np.delete(found, 3), np.delete(otherwise, 3))


def test_parallel_links_need_a_number(network, tmp_path):
    """Two roads between the same nodes have one label: only the number tells them apart."""
    twice = network.with_links(tail=np.r_[network.tail[:-1], network.tail[0]], head=np.r_[network.head[:-1], network.head[0]])
    path = tmp_path / "flows.csv"
    for text in ("init_node,term_node,flow\n1,2,5\n", "link,flow\n1->2,5\n"):
        path.write_text(text)
        with pytest.raises(InputError, match="several parallel links"):
            read_link_values(path, twice, "flow")
    path.write_text("link,flow\n75,5\n0,4\n")
    assert read_link_values(path, twice, "flow")[[0, 75]].tolist() == [4, 5]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("init_node,term_node,flow\n6,8,5\n6,88,1\n", 3, "there is no link 6->88"),
        ("link,flow\n6->88,5\n", 2, "there is no such link"),
        ("link,flow\n76,5\n", 2, "0 to 75"),
        ("link,flow\n6->8,5\n6->8,6\n", 3, "given twice"),
        ("init_node,term_node,flow\n6,8,-5\n", 2, "at least 0"),
        ("init_node,term_node,flow\n6,8,many\n", 2, "not a number"),
        ("init_node,term_node,flow\n6,8\n", 2, "wrong number of values"),
        ("init_node,term_node,volume\n6,8,5\n", 1, "flow: the column is missing"),
        ("init_node,flow\n6,5\n", 1, "term_node: the column is missing"),
        ("link,from_node,to_node,flow\n0,1,3,5\n", 2, "not a node of this link"),
    ],
)
def test_bad_values_are_refused_by_line(network, tmp_path, text, line, words):
    """Every mistake must be answered with file and line."""
    path = tmp_path / "flows.csv"
    path.write_text(text)
    with pytest.raises(InputError) as found:
        read_link_values(path, network, "flow", least=0.0)
    assert words in str(found.value)
    assert found.value.file == str(path)
    assert found.value.line == line


def test_a_missing_file_is_named(network, tmp_path):
    with pytest.raises(InputError, match=r"nothing\.csv: there is no such file"):
        read_link_values(tmp_path / "nothing.csv", network, "flow")
