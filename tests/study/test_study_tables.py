"""Tables of TOML files: where a key stands, and what is refused, however deep."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from braess.errors import InputError, within
from braess.study.tables import TomlText, line_of


@dataclass(frozen=True, kw_only=True)
class Inner:
    size: float
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Outer:
    name: str
    part: Inner | None = None
    piece: tuple[Inner, ...] = ()


TEXT = """name = "x"
[part]
size = 1
[[piece]]
size = 2
[[piece]]
tags = ["a"]
"size" = 3
[other.deep]
key.inner = 4
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("name", 1),
        ("part.size", 3),
        ("part.missing", 2),
        ("piece", 4),
        ("piece.0.size", 5),
        ("piece.1.size", 8),
        ("piece.1.missing", 6),
        ("other.deep.key.inner", 10),
        ("nothing", None),
    ],
)
def test_lines_of_keys(path, line):
    """An error must name the line of its key, in the right one of several tables."""
    assert line_of(TEXT, path) == line


def _read(text):
    source = TomlText(text, Path("x.toml"))
    return source.settings(Outer, source.tables)


def test_nested_tables():
    """Tables become objects; one that may be several may stand alone."""
    assert _read('name = "x"\npart = {size = 1}\n[piece]\nsize = 2') == Outer(
        name="x", part=Inner(size=1.0), piece=(Inner(size=2.0),)
    )
    several = 'name = "x"\n[[piece]]\nsize = 2\ntags = ["a"]\n[[piece]]\nsize = 3'
    assert _read(several).piece == (Inner(size=2.0, tags=("a",)), Inner(size=3.0))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('name = "x"\n[part]\nsiz = 1', "x.toml:3: part.siz: unknown key; did you mean 'size'?"),
        ('name = "x"\n[piece]\nsiz = 1', "x.toml:3: piece.siz: unknown key; did you mean 'size'?"),
        ('name = "x"\n[[piece]]\nsize = 1\n[[piece]]\nsiz = 1', "x.toml:5: piece.1.siz: unknown key"),
        ('name = "x"\n[piece]\nsize = "a"', "x.toml:3: piece.size: input should be a valid number"),
        ('name = "x"\n[[piece]]\nsize = 1\n[[piece]]', "x.toml:4: piece.1.size: field required"),
        ('name = "x"\npiece = [3]', "x.toml:2: piece.0: "),
        ('name = "x"\npart = [{size = 1}]', "x.toml:2: part: "),
        ("[part]\nsize = 1", "x.toml: name: field required"),
        ('name = "x"\nname = "y"', "x.toml:2: not TOML"),
        ('name = "x"\n[part', "x.toml:2: not TOML"),
    ],
)
def test_mistakes(text, words):
    """Every mistake must be answered with file, line and dotted key."""
    with pytest.raises(InputError) as found:
        _read(text)
    assert str(found.value).startswith(words)


def test_errors_get_their_section_but_not_those_of_other_files():
    """A wrong value is in the section that named it; a wrong line of another file is not."""
    with pytest.raises(InputError) as found, within("outer"), within("inner.2"):
        raise InputError("wrong", field="key", found=3)
    assert found.value.field == "outer.inner.2.key"
    with pytest.raises(InputError) as found, within("outer"):
        raise InputError("wrong")
    assert found.value.field == "outer"
    with pytest.raises(InputError) as found, within("outer"):
        raise InputError("wrong", file="a.csv", line=3, field="flow")
    assert found.value.field == "flow"
