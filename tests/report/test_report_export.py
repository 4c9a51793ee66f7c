import csv
import json

import pytest

from braess.report import export_csv, export_json


def test_csv_has_a_row_for_each_evaluation(make_result, tmp_path):
    """Other programs read the table: names, order and values must be as documented."""
    path = export_csv(make_result(), tmp_path / "result.csv")
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 6
    second = rows[1]
    assert float(second["total_travel_time"]) == 750.5
    assert (second["position"], second["elapsed"], second["feasible"], second["exact"]) == ("1", "2.0", "True", "True")
    assert (second["lanes[2->3]"], second["buses[0]"], second["toll"], second["mode"]) == ("True", "4", "0.35", "fast")
    assert rows[4]["total_travel_time"] == ""
    assert rows[4]["error"].startswith("ConvergenceError")


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_formulas_are_inert(make_result, tmp_path, formula):
    """A spreadsheet must not calculate what a foreign record wrote into a text."""
    result = make_result()
    errors = (formula, *result.evaluations.errors[1:])
    object.__setattr__(result.evaluations, "errors", errors)
    with export_csv(result, tmp_path / "result.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert rows[0]["error"] == "'" + formula
    assert rows[0]["over_budget"] == "-1.0"


def test_json_is_strict_and_complete(make_result, tmp_path):
    """NaN is no JSON; everything else must be there under the documented names."""
    text = export_json(make_result(), tmp_path / "result.json").read_text(encoding="utf-8")
    assert "NaN" not in text
    document = json.loads(text)
    assert document["version"] == 1
    assert document["study"]["seed"] == 41
    assert document["status"] == {"name": "budget_spent", "message": "The budget is spent."}
    assert document["objectives"] == [{"name": "total_travel_time", "sense": "min", "unit": "h"}]
    assert (document["best"], document["gap"]) == (1, None)
    failed = document["evaluations"][4]
    assert failed["objectives"] == [None]
    assert failed["error"].startswith("ConvergenceError")
    assert document["evaluations"][1]["design"]["lanes"] == [False, True, False]
