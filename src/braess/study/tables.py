"""Tables of a TOML file as typed settings; every mistake in them is answered with file, line and key."""

from __future__ import annotations

import dataclasses
import json
import re
import sys
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from braess.errors import InputError, nearest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class TomlText:
    """The text of a TOML file, which knows on which line what stands.

    Parameters
    ----------
    text
        As written.
    file
        Its path, for messages; ``None`` where the text came from elsewhere.
    """

    text: str
    file: Path | None = None

    @classmethod
    def of(cls, path: str | Path) -> TomlText:
        """Read a file; `InputError` where it is missing or no text."""
        try:
            return cls(Path(path).read_text(encoding="utf-8"), Path(path))
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot read the file: {error}", file=path) from None

    @cached_property
    def tables(self) -> dict[str, Any]:
        """What is written; `InputError` where it is not TOML."""
        try:
            tables: dict[str, Any] = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"at line (\d+)", str(error))
            line = int(found[1]) if found else self.text.count("\n") + 1  # "at end of document"
            raise InputError(f"not TOML: {error}", file=self.file, line=line) from None
        return tables

    def settings(self, cls: type[Any], table: Mapping[str, Any], section: str = "") -> Any:
        """Check a table and return it as an object of a dataclass.

        Where the class wants a list of tables (a field of type ``tuple[OtherDataclass, ...]``), one table may stand alone.

        Parameters
        ----------
        cls
            A dataclass with typed fields, which may be dataclasses again.
        table
            The keys and values.
        section
            Dotted name of the table, empty for the top level.

        Raises
        ------
        InputError
            An unknown key (with the nearest right one), a key that is missing, or a wrong value.
        """
        whole = self._lists(cls, table, section)
        try:
            return self.located(section, TypeAdapter(cls).validate_json, json.dumps(whole, default=str), strict=True)
        except ValidationError as error:
            raise self.first(error, section) from None

    def _lists(self, cls: type[Any], table: Mapping[str, Any], section: str) -> dict[str, Any]:
        """Refuse unknown keys in a table and those below it, and put single tables that may be several into lists."""
        hints = typing.get_type_hints(cls)
        self.refuse_unknown([item.name for item in dataclasses.fields(cls) if item.init], table, section)
        whole = dict(table)
        for name, value in table.items():
            inner, several = settings_within(hints[name])
            path = _join(section, name)
            if inner is None:
                continue
            if isinstance(value, dict):
                one = self._lists(inner, value, path)
                whole[name] = [one] if several else one
            elif several and isinstance(value, list):
                whole[name] = [
                    self._lists(inner, row, f"{path}.{at}") if isinstance(row, dict) else row for at, row in enumerate(value)
                ]
        return whole

    def refuse_unknown(self, known: Iterable[str], table: Mapping[str, Any], section: str = "") -> None:
        """Refuse a key that a table should not have (`InputError`)."""
        known = list(known)
        for key in table:
            if key not in known:
                expected = f"one of {', '.join(known) or 'no keys'}"
                raise self.error(_join(section, key), f"unknown key{nearest(key, known)}", found=key, expected=expected)

    def located(self, section: str, function: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Call a function; an input error it raises without a file gets this file, section (may be empty) and line."""
        try:
            return function(*args, **options)
        except InputError as error:
            if error.file is not None:
                raise
            field = section if error.field in (None, section) else _join(section, str(error.field))
            raise self.error(field, error.message, found=error.found, expected=error.expected) from None

    def first(self, error: ValidationError, section: str = "") -> InputError:
        """Return the first thing that is wrong."""
        first = error.errors()[0]
        path = ".".join([section, *(str(part) for part in first["loc"])]).strip(".")
        found = None if first["type"] == "missing" else first["input"]
        return self.error(path, first["msg"][0].lower() + first["msg"][1:], found=found)

    def error(self, path: str, message: str, found: Any = None, expected: str | None = None) -> InputError:
        """Return an error about a dotted key, with its line."""
        path = self._as_written(path)
        return InputError(message, file=self.file, line=line_of(self.text, path), field=path, found=found, expected=expected)

    def _as_written(self, path: str) -> str:
        """Leave out the number of a table that stands alone where there may be several."""
        here: Any = self.tables
        kept = []
        for part in path.split("."):
            if part.isdecimal() and isinstance(here, dict) and part not in here:
                continue
            kept.append(part)
            if isinstance(here, list):
                here = here[int(part)] if part.isdecimal() and int(part) < len(here) else None
            else:
                here = here.get(part) if isinstance(here, dict) else None
        return ".".join(kept)


def settings_within(annotation: Any) -> tuple[type[Any] | None, bool]:
    """Find the dataclass that a field holds, if any, and whether it holds several."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return next((found for part in inner if (found := settings_within(part))[0] is not None), (None, False))
    if origin is tuple and len(inner) == 2 and inner[1] is Ellipsis:
        return settings_within(inner[0])[0], True
    return (annotation, False) if isinstance(annotation, type) and dataclasses.is_dataclass(annotation) else (None, False)


def line_of(text: str, path: str) -> int | None:
    """Find the line of a dotted key in TOML: that of the key, else that of the nearest table above it, else none.

    Tables of an array ``[[name]]`` are ``name.0``, ``name.1`` and so on.
    """
    parts = path.split(".")
    table: list[str] = []
    counts: dict[tuple[str, ...], int] = {}
    best: tuple[int, int | None] = (0, None)
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*(\[+)\s*([\w.\"' -]+?)\s*\]+", line)
        key = re.match(r"\s*([\w.\"'-]+)\s*=", line)
        if header:
            name = tuple(_dotted(header[2]))
            table = list(name)
            if header[1] == "[[":
                table.append(str(counts.setdefault(name, 0)))
                counts[name] += 1
            here = table if len(parts) > len(name) else list(name)
        elif key:
            here = table + _dotted(key[1])
        else:
            continue
        if here == parts[: len(here)] and len(here) > best[0]:
            best = (len(here), number)
    return best[1]


def _dotted(key: str) -> list[str]:
    return [part.strip().strip("\"'") for part in key.split(".")]


def _join(section: str, key: str) -> str:
    return f"{section}.{key}" if section else key
