"""Study files: one TOML file names a problem, a search and a budget; every mistake in it is answered with line and key."""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from braess.errors import InputError, nearest
from braess.problem import Problem
from braess.search import Search, find
from braess.study.domain import find_problem

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class BudgetSection(BaseModel):
    """``[budget]``: when to stop; whichever limit is met first ends the study."""

    model_config = ConfigDict(extra="forbid", strict=True)

    evaluations: Annotated[int | None, Field(ge=1, description="Most designs evaluated.")] = None
    seconds: Annotated[float | None, Field(gt=0, description="Most time spent, in seconds, interruptions left out.")] = None
    target: Annotated[float | None, Field(description="Stop at a feasible design at least this good (one objective).")] = None
    stagnation: Annotated[int | None, Field(ge=1, description="Stop after this many evaluations without improvement.")] = None


class RecordSection(BaseModel):
    """``[record]``: where every evaluation is kept."""

    model_config = ConfigDict(extra="forbid", strict=True)

    folder: Annotated[
        str | None, Field(description="Folder of the run, from the study file's folder; default `runs/NAME`.")
    ] = None
    store: Annotated[
        str | None, Field(description="SQLite file or SQLAlchemy URL in place of `record.sqlite` in that folder.")
    ] = None


class StudyFile(BaseModel):
    """A study file, checked; `build_problem` and `build_search` turn its tables into objects."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[
        str, Field(min_length=1, pattern=r"^[\w][\w .+-]*$", description="Name of the study; left out: the file's.")
    ] = "study"
    seed: Annotated[int, Field(ge=0, description="Seed of every random choice.")] = 0
    batch: Annotated[int | None, Field(ge=1, description="Designs asked for at a time; part of what a seed reproduces.")] = None
    workers: Annotated[int | None, Field(ge=1, description="Threads that evaluate; default: one for each core.")] = None
    cache: Annotated[bool, Field(description="Whether a design met again is answered from memory.")] = True
    problem: Annotated[dict[str, Any], Field(description="`kind` and the settings of that kind of problem.")]
    search: Annotated[dict[str, Any], Field(description="`method` and the hyper-parameters of that search.")]
    budget: BudgetSection = BudgetSection()
    record: RecordSection = RecordSection()


@dataclasses.dataclass(frozen=True)
class StudyPlan:
    """A study file that was read: its settings, its text and where it lies.

    Parameters
    ----------
    settings
        The checked tables.
    text
        The TOML as written, for the record.
    folder
        Where its relative paths start.
    file
        Its path, for messages; ``None`` where the text came from a record.
    """

    settings: StudyFile
    text: str
    folder: Path
    file: Path | None = None

    def build_problem(self) -> Problem:
        """Build the problem of the ``[problem]`` table."""
        table = dict(self.settings.problem)
        kind = self.located("problem", find_problem, self._take(table, "problem", "kind"))
        settings = self._settings(kind.settings(), table, "problem")
        problem: Problem = self.located("problem", settings.build, self.folder)
        return problem

    def build_search(self) -> Search:
        """Build the search of the ``[search]`` table."""
        table = dict(self.settings.search)
        method = self.located("search", find, self._take(table, "search", "method"))
        search: Search = self._settings(method, table, "search")
        return search

    @property
    def run_folder(self) -> Path:
        """Where the record and the report go."""
        return self.folder / (self.settings.record.folder or f"runs/{self.settings.name}")

    @property
    def store(self) -> Path | str:
        """Where the record goes: a path or a URL."""
        store = self.settings.record.store
        if store is None:
            return self.run_folder / "record.sqlite"
        return store if "://" in store else self.folder / store

    def _take(self, table: dict[str, Any], section: str, key: str) -> str:
        value = table.pop(key, None)
        if not isinstance(value, str):
            raise self._error(f"{section}.{key}", "a name is needed", found=value, expected="text")
        return value

    def _settings(self, cls: type[Any], table: Mapping[str, Any], section: str) -> Any:
        known = [item.name for item in dataclasses.fields(cls) if item.init]
        for key in table:
            if key not in known:
                expected = f"one of {', '.join(known) or 'no keys'}"
                raise self._error(f"{section}.{key}", f"unknown key{nearest(key, known)}", found=key, expected=expected)
        try:
            return self.located(section, TypeAdapter(cls).validate_json, json.dumps(table, default=str), strict=True)
        except ValidationError as error:
            raise self._first(error, section) from None

    def located(self, section: str, function: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Call a function; an input error it raises without a file gets this file, section (may be empty) and line."""
        try:
            return function(*args, **options)
        except InputError as error:
            if error.file is not None:
                raise
            field = error.field if not section else section if error.field in (None, section) else f"{section}.{error.field}"
            raise self._error(field or "", error.message, found=error.found, expected=error.expected) from None

    def _first(self, error: ValidationError, section: str = "") -> InputError:
        first = error.errors()[0]
        path = ".".join([section, *(str(part) for part in first["loc"])]).strip(".")
        found = None if first["type"] == "missing" else first["input"]
        return self._error(path, first["msg"][0].lower() + first["msg"][1:], found=found)

    def _error(self, path: str, message: str, found: Any = None, expected: str | None = None) -> InputError:
        return InputError(message, file=self.file, line=line_of(self.text, path), field=path, found=found, expected=expected)


def read_study(path: str | Path) -> StudyPlan:
    """Read and check a study file.

    Raises
    ------
    InputError
        The file is missing, is not TOML, or has an unknown key or a wrong value; says on which line.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the study file: {error}", file=path) from None
    return parse_study(text, path.resolve().parent, file=path, name=path.stem)


def parse_study(text: str, folder: Path, *, file: Path | None = None, name: str = "study") -> StudyPlan:
    """Check the text of a study file; relative paths in it start at ``folder``; raises as `read_study` does."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        raise InputError(f"not TOML: {error}", file=file, line=int(found[1]) if found else None) from None
    plan = StudyPlan(StudyFile.model_construct(name=name, problem={}, search={}), text, folder, file)
    _refuse_unknown(plan, tables)
    try:
        settings = StudyFile.model_validate({"name": name} | tables)
    except ValidationError as error:
        raise plan._first(error) from None
    return dataclasses.replace(plan, settings=settings)


def _refuse_unknown(plan: StudyPlan, tables: Mapping[str, Any]) -> None:
    for prefix, model, table in (
        ("", StudyFile, tables),
        ("budget.", BudgetSection, tables.get("budget")),
        ("record.", RecordSection, tables.get("record")),
    ):
        known = list(model.model_fields)
        for key in table if isinstance(table, dict) else ():
            if key not in known:
                raise plan._error(
                    prefix + key, f"unknown key{nearest(key, known)}", found=key, expected=f"one of {', '.join(known)}"
                )


def line_of(text: str, path: str) -> int | None:
    """Find the line of a dotted key in TOML: that of the key, else that of the nearest table above it, else none."""
    parts = path.split(".")
    table: list[str] = []
    best: tuple[int, int | None] = (0, None)
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*\[+\s*([\w.\"' -]+?)\s*\]+", line)
        key = re.match(r"\s*([\w.\"'-]+)\s*=", line)
        if header:
            table = _dotted(header[1])
            here = table
        elif key:
            here = table + _dotted(key[1])
        else:
            continue
        if here == parts[: len(here)] and len(here) > best[0]:
            best = (len(here), number)
    return best[1]


def _dotted(key: str) -> list[str]:
    return [part.strip().strip("\"'") for part in key.split(".")]
