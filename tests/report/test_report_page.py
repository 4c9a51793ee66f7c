import base64
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib.figure import Figure

from braess.errors import InputError
from braess.problem import Artifact
from braess.report import write_report
from braess.report.text import number, percent

VOID = {"br", "hr", "img", "meta", "link"}


class Page(HTMLParser):
    """Parses a page strictly: every element must be closed in order."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.elements, self.text, self._open = [], "", []
        self.feed(source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if "style" not in self._open:
            self.text += data + "\n"

    def tags(self):
        return {tag for tag, _ in self.elements}


def draw(data):
    figure = Figure()
    figure.add_subplot(title=data.decode()).plot([1.0, 2.0])
    return {"Before and after": figure}


DRAWERS = {"test/figure": draw}


def page(result, tmp_path, drawers=DRAWERS):
    source = write_report(result, tmp_path / "report.html", drawers).read_text(encoding="utf-8")
    return source, Page(source)


def test_page_says_what_matters(make_result, tmp_path):
    """A reader must find the answer, how sure it is and where it comes from, without opening anything else."""
    _, parsed = page(make_result(), tmp_path)
    shown = " ".join(parsed.text.split())
    for fact in (
        "The budget is spent.",
        "750.5 h",
        "no proof of optimality",
        "66.7 % 4 of 6 designs",
        "83.3 % solved exactly",
        "1 failed",
        "6.5 s",
        "2026-01-02 03:04 UTC",
        "ConvergenceError: stuck at 2->3",
        "over budget",
        "−0.5 M$",
        "9.8.7",
        "41",
        "genetic",
        "nested.share 0.15",
        "braess run study.toml",
        'name = "2->3" seed = 41',
    ):
        assert fact in shown, fact


def test_chosen_design_is_told_by_labels(make_result, tmp_path):
    """Nobody reads a vector of zeros and ones: chosen elements by name, changed numbers with their values."""
    _, parsed = page(make_result(), tmp_path)
    shown = " ".join(parsed.text.split())
    assert "1 of 3 chosen 2→3 buses" in shown
    assert "1 of 2 above their lowest value 1: 4" in shown
    assert "toll 0.35" in shown
    assert "mode fast" in shown
    assert "order 2 → 0 → 1" in shown


def test_best_evaluations_are_ranked_without_repeats(make_result, tmp_path):
    """Feasible ones by objective, then infeasible, then failed; the same design is no second best."""
    source, _ = page(make_result(), tmp_path)
    body = source.split('id="best"')[1].split("<tbody>")[1].split("</tbody>")[0]
    first_cells = re.findall(r'<tr><td class="number">(\d+)</td>', body)
    assert first_cells == ["1", "2", "0", "3", "4"]
    assert "no, by 2.5" in body


def test_page_for_several_objectives_shows_the_front(make_result, tmp_path):
    """With several objectives the answer is the front, sorted, not one number."""
    source, parsed = page(make_result(objectives=2), tmp_path)
    assert "2 designs" in parsed.text
    body = source.split('id="front"')[1].split("<tbody>")[1].split("</tbody>")[0]
    assert re.findall(r'<tr><td class="number">(\d+)</td>', body) == ["1", "2"]


def test_before_and_after_come_from_the_artifact(make_result, tmp_path):
    """A total that is the objective is told with it, another has a card of its own; nonsense is left out."""
    data = (
        b'{"braess": {"totals": [{"name": "total travel time", "unit": "h", "before": 1501, "after": 750.5},'
        b'{"name": "crowded", "unit": "", "before": 8, "after": 2},'
        b'{"name": "bad", "unit": "", "before": NaN, "after": 1}, 3]}}'
    )
    result = make_result(artifacts={"best": Artifact("best.json", "application/x+json", data)})
    shown = " ".join(page(result, tmp_path)[1].text.split())
    assert "1,501 before the design: −50.0 %" in shown
    assert "crowded 8 → 2 before → after, −75.0 %" in shown
    assert "bad" not in shown


@pytest.mark.parametrize("data", [b"", b"[" * 99999, b'{"braess": 1}', b'{"braess": {"totals": {}}}', b"\xff"])
def test_strange_artifacts_are_left_out(make_result, tmp_path, data):
    """An artifact of an unknown kind must not stop the report."""
    result = make_result(artifacts={"x": Artifact("x", "application/json", data)})
    assert "750.5" in page(result, tmp_path)[1].text


def test_hostile_names_are_inert(make_result, hostile, tmp_path):
    """A foreign record may hold scripts in every name: they must be text, in elements, attributes and drawings."""
    source, parsed = page(make_result(hostile), tmp_path)
    assert parsed.tags().isdisjoint({"script", "iframe", "object", "embed", "svg", "form", "base"})
    for tag, attributes in parsed.elements:
        assert not [name for name in attributes if name.startswith("on")], tag
    assert "<script" not in source
    assert "<script>alert(1)</script>" in parsed.text
    for image in re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', source):
        assert b"<script" not in base64.b64decode(image)


def test_page_is_self_contained_and_forbids_requests(make_result, tmp_path):
    """The page is mailed around: it must show the same without network, and ask nobody for anything."""
    source, parsed = page(make_result(), tmp_path)
    for tag, attributes in parsed.elements:
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            if name in attributes:
                assert attributes[name].startswith(("data:image/", "#")), (tag, attributes[name])
    assert "url(" not in source
    assert "@import" not in source
    policy = next(a["content"] for t, a in parsed.elements if t == "meta" and a.get("http-equiv"))
    assert policy.startswith("default-src 'none'")
    assert len(source) < 500_000


def test_page_is_accessible(make_result, tmp_path):
    """Images need words, tables need headings, links of the page need their targets."""
    _, parsed = page(make_result(), tmp_path)
    images = [attributes for tag, attributes in parsed.elements if tag == "img"]
    assert len(images) == 2
    assert all(image["alt"] for image in images)
    assert all(attributes.get("scope") for tag, attributes in parsed.elements if tag == "th")
    identities = {attributes["id"] for _, attributes in parsed.elements if "id" in attributes}
    assert {a["href"][1:] for t, a in parsed.elements if t == "a"} == identities
    assert ("html", {"lang": "en"}) in parsed.elements


@pytest.mark.parametrize("error", [InputError("not a road artifact"), KeyError("not a road artifact")])
def test_drawings_that_fail_are_named(make_result, tmp_path, error):
    """A damaged artifact costs its picture, not the report."""

    def refuse(data):
        raise error

    _, parsed = page(make_result(), tmp_path, {"test/figure": refuse})
    assert f"best.geojson cannot be drawn: {error}" in parsed.text


def test_of_many_drawings_a_few_are_shown(make_result, tmp_path):
    """A front of fifty designs must not make a page of fifty maps."""
    many = {f"front-{i}": Artifact(f"front-{i}.json", "test/figure", b"x") for i in range(50)}
    source, parsed = page(make_result(artifacts=many), tmp_path)
    assert "3 of 50 drawings are shown" in parsed.text
    assert "Before and after: front-49.json" in source


def test_study_without_a_feasible_design(make_result, tmp_path):
    """The report must say that nothing was found, not fail or praise the least bad."""
    whole = make_result()
    result = replace(whole, designs=whole.designs.take([3, 4]), evaluations=whole.evaluations.take([3, 4]), artifacts={})
    shown = " ".join(page(result, tmp_path)[1].text.split())
    assert "no design was evaluated as feasible" in shown
    assert "no, by 2.5" in shown


def test_study_without_evaluations(make_result, tmp_path):
    """A study interrupted at once has a page too."""
    whole = make_result()
    result = replace(
        whole, designs=whole.designs.take([]), evaluations=whole.evaluations.take([]), elapsed=np.empty(0), artifacts={}
    )
    assert "n/a 0 of 0 designs" in " ".join(page(result, tmp_path)[1].text.split())


def test_proven_gap_and_python_studies(make_result, tmp_path):
    """A bound is the strongest thing a search can say; a study without a file says how to repeat it."""
    whole = make_result(gap=0.0135)
    result = replace(whole, record=replace(whole.record, study_file=None))
    shown = page(result, tmp_path)[1].text
    assert "1.4 % proven gap" in shown
    assert "started from Python" in shown


def test_every_number_of_the_summary_is_on_the_page(make_result, tmp_path):
    """The page and `braess show` must tell the same story."""
    result = make_result()
    shown = " ".join(page(result, tmp_path)[1].text.split())
    summary = result.summary()
    for fact in ("evaluations", "feasible", "failed", "seconds", "best", "best_position"):
        assert re.search(rf"(?<![\d.]){re.escape(number(summary[fact]))}(?![\d.]\d)", shown), fact
    assert percent(summary["exact_share"]) in shown


def test_equal_results_make_equal_pages(make_result, tmp_path):
    """Pages are compared and kept under version control."""
    first = write_report(make_result(), tmp_path / "a" / "one.html", DRAWERS).read_bytes()
    assert first == write_report(make_result(), tmp_path / "two.html", DRAWERS).read_bytes()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["one.html"]
