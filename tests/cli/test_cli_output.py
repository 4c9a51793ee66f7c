"""What commands print: numbers for people, nothing that a terminal obeys."""

from __future__ import annotations

import json

import pytest

from braess.cli.output import number, say, say_json, say_table


def test_terminals_obey_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """A name in somebody else's record must not move the cursor, ring, or be read as markup."""
    say("\x1b[2J\x07[bold]name[/bold]")
    say_table(["head"], [["\x1b]0;title\x07[red]x"]])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "[bold]name[/bold]" in out
    assert "[red]x" in out


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7480225.342, "7,480,225.3"),
        (0.5, "0.5"),
        (12, "12"),
        (1234567, "1,234,567"),
        (1e-9, "1e-09"),
        (4.381976e12, "4.38198e+12"),
        (True, "True"),
        (0.0, "0"),
    ],
)
def test_numbers_for_people(value: float, text: str) -> None:
    """Numbers have their thousands apart and no digits that mean nothing."""
    assert number(value) == text


def test_json_has_no_nan(capsys: pytest.CaptureFixture[str]) -> None:
    """NaN is no JSON: programs that read the output must get null."""
    say_json({"a": [float("nan"), 1.5], "b": float("inf")})
    assert json.loads(capsys.readouterr().out) == {"a": [None, 1.5], "b": None}
