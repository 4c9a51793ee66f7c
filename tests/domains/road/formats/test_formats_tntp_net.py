"""TNTP networks as found in the wild are read, and every defect is reported where it is."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from braess.domains.road.formats import read_tntp_net
from braess.errors import InputError

METADATA = ["<NUMBER OF ZONES> 2", "<NUMBER OF NODES> 3", "<FIRST THRU NODE> 3", "<NUMBER OF LINKS> 3", "<END OF METADATA>"]
HEADER = "~\tinit_node\tterm_node\tcapacity\tlength\tfree_flow_time\tb\tpower\tspeed\ttoll\tlink_type\t;"
ROWS = [
    "\t1\t3\t100\t1.5\t2\t0.15\t4\t50\t0\t1\t;",
    "\t3\t2\t200\t2.5\t3\t0.15\t4\t60\t5\t2\t;",
    "\t2\t1\t300\t3.5\t4\t0\t4\t70\t0\t3\t;",
]
GOOD = [*METADATA, "", HEADER, *ROWS]  # the rows are on lines 8, 9 and 10


def write(tmp_path, lines, end="\n"):
    path = tmp_path / "small_net.tntp"
    path.write_bytes(end.join(lines).encode() if isinstance(lines, list) else lines)
    return path


def edited(line, old, new):
    """Return the good file with a replacement on one line (counted from 1)."""
    lines = list(GOOD)
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new)
    return lines


def assert_small(network):
    assert (network.zones, network.nodes, network.links) == (2, 3, 3)
    assert network.through.tolist() == [False, False, True]
    assert network.tail.tolist() == [0, 2, 1]
    assert network.head.tolist() == [2, 1, 0]
    assert network.capacity.tolist() == [100, 200, 300]
    assert network.length.tolist() == [1.5, 2.5, 3.5]
    assert network.free_flow_time.tolist() == [2, 3, 4]
    assert network.b.tolist() == [0.15, 0.15, 0]
    assert network.speed.tolist() == [50, 60, 70]
    assert network.toll.tolist() == [0, 5, 0]
    assert network.link_type.tolist() == [1, 2, 3]


def test_small_network(tmp_path):
    """Because each column must land in its own array."""
    network = read_tntp_net(write(tmp_path, GOOD))
    assert_small(network)
    assert network.name == "small"
    assert network.node_ids.tolist() == [1, 2, 3]


VARIANTS = {
    "CRLF": "\r\n".join(GOOD).encode(),
    "CR": "\r".join(GOOD).encode(),
    "byte order mark": b"\xef\xbb\xbf" + "\n".join(GOOD).encode(),
    "UTF-16": "\n".join(GOOD).encode("utf-16"),
    "gzip": gzip.compress("\n".join(GOOD).encode()),
    "Latin-1 comment": "\n".join([*METADATA, "~ Stra\xdfe", HEADER, *ROWS]).encode("latin-1"),
    "blank lines and comments": "\n\n".join([*METADATA, "~ drawn by hand", "  \t ", HEADER, *ROWS, "", "~ end"]).encode(),
    "no semicolons": "\n".join(GOOD).replace(";", "").encode(),
    "spaces": "\n".join(GOOD).replace("\t", "   ").encode(),
    "no header": "\n".join([*METADATA, *ROWS]).encode(),
    "metadata in another order": "\n".join([*METADATA[-2::-1], METADATA[-1], HEADER, *ROWS]).encode(),
    "metadata in lower case": "\n".join([*(line.lower() for line in METADATA), HEADER, *ROWS]).encode(),
    "further metadata": "\n".join(["<ORIGINAL HEADER>~ Init node Term node", *METADATA, HEADER, *ROWS]).encode(),
    "trailing tabs in metadata": "\n".join([*(line + "\t\t\t" for line in METADATA), HEADER, *ROWS]).encode(),
    "spelled-out header": "\n".join(
        [
            *METADATA,
            "~ \tInit node \tTerm node \tCapacity (veh/h)\tLength (ft)\tFree Flow Time \tB\tPower\tSpeed limit\tToll  Type",
            *ROWS,
        ]
    ).encode(),
    "spelled-out header with spaces": "\n".join(
        [*METADATA, "~ Init node Term node Capacity Length Free Flow Time B Power Speed limit Toll Type ;", *ROWS]
    ).encode(),
    "comment behind a row": "\n".join([*METADATA, HEADER, ROWS[0] + " ~ main road", *ROWS[1:]]).encode(),
}


@pytest.mark.parametrize("data", VARIANTS.values(), ids=VARIANTS.keys())
def test_variants_of_the_format(tmp_path, data):
    """Because published files differ in all these ways and mean the same."""
    assert_small(read_tntp_net(write(tmp_path, data)))


def test_header_decides_the_order_of_columns(tmp_path):
    """Because a file with swapped or further columns must not be read by position."""
    order = [10, 4, 3, 2, 1, 0, 6, 5, 7, 8, 9]
    lines = list(METADATA)
    for line in (HEADER.lstrip("~"), *ROWS):
        cells = [*line.strip(";\t").split("\t"), "lanes" if "init" in line else "7"]
        lines.append(("~ " if "init" in line else "") + "\t".join(cells[k] for k in order))
    assert_small(read_tntp_net(write(tmp_path, lines)))


def test_missing_values_become_zero_where_zero_means_unknown(tmp_path):
    """Because many files leave out tolls and types, at the end of a row or between tabs."""
    rows = ["\t1\t3\t100\t1.5\t2\t0.15\t4\t\t\t1\t;", "\t3\t2\t200\t\t3\t0.15\t4\t60\t5\t2\t;", "\t2\t1\t300\t3.5\t4\t0\t4"]
    network = read_tntp_net(write(tmp_path, [*METADATA, HEADER, *rows]))
    assert network.speed.tolist() == [0, 60, 0]
    assert network.length.tolist() == [1.5, 0, 3.5]
    assert network.link_type.tolist() == [1, 2, 0]


def test_zero_capacity_is_an_error_unless_replaced(tmp_path):
    """Because a zero capacity must never be replaced in silence."""
    path = write(tmp_path, edited(8, "100", "0"))
    with pytest.raises(InputError, match="zero capacity") as caught:
        read_tntp_net(path)
    assert (caught.value.line, caught.value.field) == (8, "capacity")
    assert read_tntp_net(path, zero_capacity=1e-6).capacity.tolist() == [1e-6, 200, 300]


@pytest.mark.parametrize(
    ("column", "row"), [("b", "\t2\t1\t0\t3\t4\t0\t4\t7\t0\t3"), ("power", "\t2\t1\t0\t3\t4\t1\t0\t7\t0\t3")]
)
def test_zero_capacity_without_meaning_becomes_one(tmp_path, column, row):
    """Because a link of constant cost needs no capacity, whichever coefficient is zero."""
    network = read_tntp_net(write(tmp_path, [*GOOD[:-1], row]))
    assert network.capacity[2] == 1
    assert getattr(network, column)[2] == 0


def test_factors_come_from_arguments_then_metadata(tmp_path):
    """Because some files name the weights of the generalised cost."""
    path = write(tmp_path, ["<TOLL FACTOR> 0.02", "<DISTANCE FACTOR> 0.04", *GOOD])
    network = read_tntp_net(path)
    assert (network.toll_factor, network.distance_factor) == (0.02, 0.04)
    assert read_tntp_net(path, toll_factor=0.5, name="mine").toll_factor == 0.5


def test_parallel_links_and_loops_are_kept(tmp_path):
    """Because parallel links are ordinary input."""
    network = read_tntp_net(write(tmp_path, [*GOOD[:-1], ROWS[0]]))
    assert network.tail.tolist() == [0, 2, 0]


DEFECTS = {
    "negative capacity": (edited(8, "100", "-5"), 8, "capacity", "negative capacity"),
    "negative time": (edited(9, "\t3\t0.15", "\t-3\t0.15"), 9, "free_flow_time", "negative value"),
    "negative length": (edited(9, "2.5", "-2.5"), 9, "length", "negative value"),
    "negative power": (edited(10, "\t4\t70", "\t-4\t70"), 10, "power", "negative value"),
    "unknown node": (edited(10, "\t2\t1", "\t2\t4"), 10, "term_node", "there is no such node"),
    "node zero": (edited(8, "\t1\t3", "\t0\t3"), 8, "init_node", "there is no such node"),
    "fractional node": (edited(8, "\t1\t3", "\t1.5\t3"), 8, "init_node", "not a whole number"),
    "enormous type": (edited(8, "\t1\t;", "\t1e300\t;"), 8, "link_type", "not a whole number"),
    "NaN": (edited(9, "200", "nan"), 9, "capacity", "not a number"),
    "infinity": (edited(9, "200", "inf"), 9, "capacity", "not a number"),
    "word": (edited(9, "200", "many"), 9, "capacity", "not a number"),
    "decimal comma": (edited(9, "0.15", "0,15"), 9, "b", "not a number"),
    "Python number": (edited(9, "200", "2_00"), 9, "capacity", "not a number"),
    "required value missing": (edited(9, "200", ""), 9, "capacity", "the value is missing"),
    "row too short": (edited(10, "\t4\t0\t4\t70\t0\t3\t;", ""), 10, None, "the row has 4 values"),
    "row too long": (edited(10, "\t;", "\t9\t9"), 10, None, "the row has 12 values"),
    "two rows on a line": (edited(8, ";", ";" + ROWS[1]), 8, None, "text after the semicolon"),
    "link lost": (GOOD[:-1], 4, "<NUMBER OF LINKS>", "wrong number of links"),
    "link added": ([*GOOD, ROWS[0]], 4, "<NUMBER OF LINKS>", "wrong number of links"),
    "metadata twice": (["<NUMBER OF NODES> 3", *GOOD], 3, "<NUMBER OF NODES>", "metadata is given twice"),
    "metadata missing": (GOOD[1:], None, "<NUMBER OF ZONES>", "metadata is missing"),
    "metadata no number": (edited(4, "3", "three"), 4, "<NUMBER OF LINKS>", "not a number"),
    "metadata not whole": (edited(2, "3", "3.5"), 2, "<NUMBER OF NODES>", "not a count"),
    "metadata absurd": (edited(2, "3", "1e15"), 2, "<NUMBER OF NODES>", "not a count"),
    "more zones than nodes": (edited(1, "2", "4"), 1, "<NUMBER OF ZONES>", "more zones than nodes"),
    "cut in the metadata": (GOOD[:3], None, "<END OF METADATA>", "truncated"),
    "column missing": (edited(7, "capacity\t", ""), 7, "capacity", "the header lacks a column"),
    "column misspelled": (edited(7, "capacity", "kapacity"), 7, "capacity", "unknown: 'kapacity'"),
    "column twice": (edited(7, "speed", "toll"), 7, "toll", "the header names a column twice"),
    "negative cost": (["<TOLL FACTOR> 1", *edited(9, "\t5\t2\t;", "\t-50\t2\t;")], None, "toll", "links are wrong"),
}


@pytest.mark.parametrize(("lines", "line", "field", "message"), DEFECTS.values(), ids=DEFECTS.keys())
def test_defects_are_located(tmp_path, lines, line, field, message):
    """Because a user can repair a file only when told what is wrong and where."""
    path = write(tmp_path, lines)
    with pytest.raises(InputError, match=message) as caught:
        read_tntp_net(path)
    assert (caught.value.file, caught.value.line, caught.value.field) == (str(path), line, field)


def test_further_offenders_are_named(tmp_path):
    """Because a systematic mistake should be seen as one."""
    with pytest.raises(InputError, match=r":8: capacity: negative capacity; also on lines 9, 10 \(found '-100'"):
        read_tntp_net(
            write(
                tmp_path,
                [
                    *METADATA,
                    "",
                    HEADER,
                    *(
                        r.replace("00\t", "00\t")
                        .replace("\t100", "\t-100")
                        .replace("\t200", "\t-200")
                        .replace("\t300", "\t-300")
                        for r in ROWS
                    ),
                ],
            )
        )


NO_TEXT = {
    "missing": (None, "there is no such file"),
    "empty": (b"", "the file is empty"),
    "blank": (b" \n\n", "the file is empty"),
    "binary": (bytes(range(256)) * 20, "is not a text file"),
    "picture": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "is not a text file"),
    "broken UTF-16": (b"\xff\xfe\x00", "is not a text file"),
    "broken gzip": (gzip.compress("\n".join(GOOD).encode())[:-20], "damaged or truncated"),
    "other text": (b"Dear reader,\nthis is a letter.\n", "not a TNTP file"),
}


@pytest.mark.parametrize(("data", "message"), NO_TEXT.values(), ids=NO_TEXT.keys())
def test_files_that_are_no_text(tmp_path, data, message):
    """Because the wrong file is the commonest mistake of all."""
    path = tmp_path / "missing" if data is None else write(tmp_path, data)
    with pytest.raises(InputError, match=message) as caught:
        read_tntp_net(path)
    assert caught.value.file == str(path)


def test_folder_and_impossible_path(tmp_path):
    """Because both raise odd operating system errors otherwise."""
    with pytest.raises(InputError, match="is a folder"):
        read_tntp_net(tmp_path)
    with pytest.raises(InputError, match="is not a path"):
        read_tntp_net("a\0b")


def test_travel_time_of_what_was_read(tmp_path):
    """Because units and coefficients must arrive as the BPR function needs them."""
    network = read_tntp_net(write(tmp_path, GOOD))
    np.testing.assert_allclose(network.travel_time(np.array([100.0, 0.0, 50.0])), [2 * 1.15, 3, 4])
