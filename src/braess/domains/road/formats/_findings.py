"""What is wrong with one file: readers add defects here, and either raise them or hand them to a report."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn, TypeVar

from braess.errors import InputError

Result = TypeVar("Result")

_KEPT = 100  # problems kept per file: a file in the wrong format would otherwise give one for each line
_SHOWN = 60  # characters of an offending text that are shown
_LINES_NAMED = 4  # further lines with the same defect that a raised error names


def shorten(text: str) -> str:
    """Cut a text to what fits into an error message."""
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


class Findings:
    """Collects the defects and oddities of one file.

    Reading and checking share their code: a reader adds what it finds and goes on as far as it can, then
    `result` raises the first problem; a check hands out all of them.

    Parameters
    ----------
    file
        The file that the findings are about.

    Attributes
    ----------
    problems
        Defects that forbid use of the file, the first hundred.
    warnings
        Oddities that do not.
    """

    def __init__(self, file: str | Path) -> None:
        self.file = str(file)
        self.problems: list[InputError] = []
        self.warnings: list[str] = []

    def add(
        self,
        message: str,
        *,
        line: int | None = None,
        field: str | None = None,
        found: Any = None,
        expected: str | None = None,
    ) -> None:
        """Record a defect; the parameters are those of `InputError`, long texts are cut."""
        if isinstance(found, str):
            found = shorten(found)
        if len(self.problems) < _KEPT:
            self.problems.append(InputError(message, file=self.file, line=line, field=field, found=found, expected=expected))

    def fail(
        self,
        message: str,
        *,
        line: int | None = None,
        field: str | None = None,
        found: Any = None,
        expected: str | None = None,
    ) -> NoReturn:
        """Record a defect after which reading cannot go on, and raise the first problem of the file."""
        self.add(message, line=line, field=field, found=found, expected=expected)
        raise self._first()

    def warn(self, text: str) -> None:
        """Record an oddity."""
        self.warnings.append(text)

    def result(self, value: Result | None) -> Result:
        """Return what was read, or raise the first problem, naming the lines that share it."""
        if self.problems:
            raise self._first()
        if value is None:
            raise InputError("nothing could be read", file=self.file)
        return value

    def _first(self) -> InputError:
        first = self.problems[0]
        same = [p.line for p in self.problems[1:] if (p.message, p.field) == (first.message, first.field) and p.line]
        if not same:
            return first
        named = ", ".join(str(line) for line in same[:_LINES_NAMED])
        rest = len(same) - _LINES_NAMED
        also = f"; also on line{'s' if len(same) > 1 else ''} {named}" + (f" and {rest} more" if rest > 0 else "")
        return InputError(
            first.message + also,
            file=first.file,
            line=first.line,
            field=first.field,
            found=first.found,
            expected=first.expected,
        )


class FindingsOfFiles:
    """The findings of files that belong together, one for each; ``every`` holds them in the order of asking."""

    def __init__(self) -> None:
        self.every: list[Findings] = []

    def of(self, file: str | Path) -> Findings:
        """Return new findings for a file."""
        self.every.append(Findings(file))
        return self.every[-1]
