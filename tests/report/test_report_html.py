import math

import pytest

from braess.problem import Objective
from braess.report.html import Markup, element, escape, join, table
from braess.report.text import change, heading, number, percent, quantity, seconds


def test_text_is_escaped_and_markup_is_not():
    """The one rule of the builder."""
    assert str(element("p", "<b>&\"'", Markup("<i>x</i>"))) == "<p>&lt;b&gt;&amp;&quot;&#x27;<i>x</i></p>"
    assert str(element("img", alt='"><script>', src="data:,")) == '<img alt="&quot;&gt;&lt;script&gt;" src="data:,">'
    assert str(join(["<", None, 3])) == "&lt;3"


def test_signs_that_deceive_are_replaced():
    """Control characters and marks that turn the direction of writing can hide what a text says."""
    assert escape("a\x00b\u202ec\ud800d\ne") == "a\ufffdb\ufffdc\ufffdd\ne"


@pytest.mark.parametrize("name", ["script onload", "", "P", "1a", 'a"b'])
def test_names_of_elements_are_checked(name):
    """A name is written as it is, so it must be one."""
    with pytest.raises(ValueError, match="not names of HTML"):
        element(name)


def test_table_has_headings_for_rows_and_columns():
    """Screen readers tell a cell by its headings."""
    source = str(table(("a", "b"), [("x", 1)], caption="A & B", numeric=(1,), row_heads=True))
    assert '<th scope="col" class="number">b</th>' in source
    assert '<tr><th scope="row">x</th><td class="number">1</td></tr>' in source
    assert "<caption>A &amp; B</caption>" in source


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (12.0, "12"),
        (0.1, "0.1"),
        (1234.5678, "1,234.57"),
        (7480225.34, "7,480,225"),
        (-2.5, "−2.5"),
        (1e-9, "1e−09"),
        (math.nan, "n/a"),
        (-math.inf, "−∞"),
    ],
)
def test_numbers(value, text):
    """Six digits are enough for people; a missing value is said."""
    assert number(value) == text


def test_other_wording():
    """Units, shares, changes and durations are written one way everywhere."""
    assert quantity(3.0, "") == "3"
    assert quantity(3.0, "min") == "3 min"
    assert [percent(v) for v in (0.5, 1.0, 0.0, 2e-5, math.nan)] == ["50.0 %", "100.0 %", "0.0 %", "0.0020 %", "n/a"]
    assert [change(4, 3), change(-4, -3), change(0, 1), change(1, math.nan)] == ["−25.0 %", "+25.0 %", "", ""]
    assert [seconds(v) for v in (0.5, 75, 7300, math.nan)] == ["0.5 s", "1 min 15 s", "2 h 1 min", "n/a"]
    assert heading(Objective("total_cost", "max", "M$")) == "total cost, M$ (maximise)"
