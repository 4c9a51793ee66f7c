"""Study files: one TOML file names a problem, a search and a budget; every mistake in it is answered with line and key."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from braess.errors import InputError, nearest
from braess.problem import Problem
from braess.search import Search, find
from braess.study.domain import find_problem
from braess.study.tables import TomlText

_LEARN = ("filelock", "lightgbm", "pyarrow", "torch", "torch_geometric")  # modules of the extra `learn`
_Returned = TypeVar("_Returned")


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
    compare: Annotated[
        list[dict[str, Any]], Field(description="More searches for `braess compare`: each `method`, `label`, hyper-parameters.")
    ] = []
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
        try:
            settings = self._source.settings(kind.settings(), table, "problem")
            problem: Problem = self.located("problem", settings.build, self.folder)
        except ModuleNotFoundError as error:
            if error.name not in _LEARN:
                raise
            message, expected = f"needs a package that is not installed: {error.name}", "pip install 'braess[learn]'"
            raise self._source.error("problem.kind", message, kind.name, expected) from None
        return problem

    def build_search(self) -> Search:
        """Build the search of the ``[search]`` table."""
        return self._search(dict(self.settings.search), "search")

    def build_compared(self) -> dict[str, Search]:
        """Build the searches of the ``[search]`` table and of all ``[[compare]]`` tables, by label (left out: the method)."""
        search = self.build_search()
        found = {search.name: search}
        for place, given in enumerate(self.settings.compare):
            table, section = dict(given), f"compare.{place}"
            label = table.pop("label", table.get("method"))
            search = self._search(table, section)
            if not isinstance(label, str) or not label.strip():
                raise self._source.error(f"{section}.label", "a name is needed", found=label, expected="text")
            if label in found:
                message = "another search has this label"
                raise self._source.error(f"{section}.label", message, found=label, expected="a label of its own")
            found[label] = search
        return found

    def _search(self, table: dict[str, Any], section: str) -> Search:
        method = self.located(section, find, self._take(table, section, "method"))
        search: Search = self._source.settings(method, table, section)
        return search.beside(self.folder)

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

    def located(self, section: str, function: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Call a function; an input error it raises without a file gets this file, section (may be empty) and line."""
        return self._source.located(section, function, *args, **options)

    def located_in_search(self, search: Search, function: Callable[[], _Returned]) -> _Returned:
        """Call a function; an input error about a hyper-parameter of the study's search gets this file and its line."""
        try:
            return function()
        except InputError as error:
            known = dataclasses.fields(search)  # type: ignore[arg-type]  # every search is a dataclass
            if error.file is None and error.field in {field.name for field in known}:
                raise self._source.error(f"search.{error.field}", error.message, error.found, error.expected) from None
            raise

    @property
    def _source(self) -> TomlText:
        return TomlText(self.text, self.file)

    def _take(self, table: dict[str, Any], section: str, key: str) -> str:
        value = table.pop(key, None)
        if not isinstance(value, str):
            raise self._source.error(f"{section}.{key}", "a name is needed", found=value, expected="text")
        return value


def read_study(path: str | Path) -> StudyPlan:
    """Read and check a study file.

    Raises
    ------
    InputError
        The file is missing, is not TOML, or has an unknown key or a wrong value; says on which line.
    """
    path = Path(path)
    return parse_study(TomlText.of(path).text, path.resolve().parent, file=path, name=path.stem)


def parse_study(text: str, folder: Path, *, file: Path | None = None, name: str = "study") -> StudyPlan:
    """Check the text of a study file; relative paths in it start at ``folder``; raises as `read_study` does."""
    source = TomlText(text, file)
    tables = source.tables
    if not any(nearest(key, ("problem", "search")) for key in tables):
        raise InputError(
            "has neither a problem nor a search", file=file, expected="a study file (braess check says what it is)"
        )
    for section, model in (("", StudyFile), ("budget", BudgetSection), ("record", RecordSection)):
        table = tables.get(section) if section else tables
        if isinstance(table, dict):
            source.refuse_unknown(model.model_fields, table, section)
    try:
        settings = StudyFile.model_validate({"name": name} | tables)
    except ValidationError as error:
        raise source.first(error) from None
    return StudyPlan(settings, text, folder, file)
