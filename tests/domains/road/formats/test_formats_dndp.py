"""Network design instances: which rows are candidates, which links may be enlarged, and whose demand it is."""

from __future__ import annotations

import pytest

from braess.domains.road.formats import read_design_instance
from braess.errors import InputError

HEADER = "~ \tInit node \tTerm node \tCapacity \tLength \tFree Flow Time \tB\tPower\tSpeed limit \tToll \tType\tCost\t;"
TRIPS = "<NUMBER OF ZONES> 2\n<TOTAL OD FLOW> 6\n<END OF METADATA>\nOrigin 1\n2 : 6;\n"


def row(tail, head, cost):
    return f"\t{tail}\t{head}\t10\t1\t1\t0.15\t4\t0\t0\t1\t{cost}\t;"


def write(tmp_path, rows, links, new=None, trips=TRIPS, header=HEADER):
    lines = ["<NUMBER OF ZONES> 2", "<NUMBER OF NODES> 3", "<FIRST THRU NODE> 1", f"<NUMBER OF LINKS> {links}"]
    lines += [] if new is None else [f"<NUMBER OF NEW LINKS> {new}"]
    path = tmp_path / "XX_DNDP_2_1.txt"
    path.write_bytes("\r\n".join([*lines, "<END OF METADATA>", header, *rows]).encode())
    if trips is not None:
        (tmp_path / "trips.txt").write_text(trips)
    return path


DISCRETE = [row(1, 3, 0), row(3, 2, 0), row(1, 2, 750), row(2, 1, 825)]


def test_discrete_instance(tmp_path):
    """Because the rows after the existing links are the candidates."""
    instance = read_design_instance(write(tmp_path, DISCRETE, 2, 2), demand_factor=4)
    assert instance.name == "XX_DNDP_2_1"
    assert instance.network.links == 4
    assert instance.candidates.tolist() == [2, 3]
    assert instance.existing.tolist() == [True, True, False, False]
    assert instance.enlargeable.tolist() == []
    assert instance.cost.tolist() == [0, 0, 750, 825]
    assert instance.demand.matrix.tolist() == [[0, 24], [0, 0]]
    assert "XX_DNDP_2_1" in repr(instance)


@pytest.mark.parametrize("new", [None, 0, 2])
def test_continuous_instance(tmp_path, new):
    """Because some files count the enlargeable links as new ones though they are among the existing."""
    rows = [row(1, 3, 0.25), row(3, 2, 0), row(2, 1, 0.5)]
    instance = read_design_instance(write(tmp_path, rows, 3, new))
    assert instance.candidates.tolist() == []
    assert instance.enlargeable.tolist() == [0, 2]
    assert instance.existing.all()


def test_demand_from_elsewhere(tmp_path):
    """Because the demand file may have another name."""
    path = write(tmp_path, DISCRETE, 2, 2, trips=None)
    (tmp_path / "other.tntp").write_text(TRIPS)
    assert read_design_instance(path, trips=tmp_path / "other.tntp").demand.total == 6


def test_missing_demand_is_reported(tmp_path):
    """Because an instance without demand has no equilibrium."""
    with pytest.raises(InputError, match=r"trips.txt: there is no such file"):
        read_design_instance(write(tmp_path, DISCRETE, 2, 2, trips=None))


def test_demand_of_another_network_is_refused(tmp_path):
    """Because trips between zones that the network lacks cannot travel."""
    with pytest.raises(InputError, match="belongs to another network") as caught:
        read_design_instance(write(tmp_path, DISCRETE, 2, 2, trips=TRIPS.replace("ZONES> 2", "ZONES> 3")))
    assert caught.value.found == 3


DEFECTS = {
    "row lost": ((DISCRETE[:3], 2, 2), 4, "<NUMBER OF LINKS>", "wrong number of links"),
    "negative cost": (([*DISCRETE[:3], row(2, 1, -1)], 2, 2), 11, "cost", "negative cost"),
    "no cost": (([*DISCRETE[:3], row(2, 1, "")], 2, 2), 11, None, "the row has 10 values"),
    "cost no number": (([*DISCRETE[:3], row(2, 1, "free")], 2, 2), 11, "cost", "not a number"),
    "negative count": ((DISCRETE, 2, -2), 5, "<NUMBER OF NEW LINKS>", "not a count"),
    "no cost column": ((DISCRETE, 2, 2, TRIPS, HEADER.replace("Cost", "")), 7, "cost", "the header lacks a column"),
}


@pytest.mark.parametrize(("content", "line", "field", "message"), DEFECTS.values(), ids=DEFECTS.keys())
def test_defects_are_located(tmp_path, content, line, field, message):
    """Because a wrong cost changes which designs are affordable."""
    with pytest.raises(InputError, match=message) as caught:
        read_design_instance(write(tmp_path, *content))
    assert (caught.value.line, caught.value.field) == (line, field)
