"""The errors braess raises on purpose: one class per kind, so that callers can tell them apart.

Anything else that escapes is a defect of braess itself.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class BraessError(Exception):
    """Base class of every error that braess raises on purpose."""


class InputError(BraessError):
    """What was given cannot be used: says where, what was found and what was expected.

    Parameters
    ----------
    message
        What is wrong, in one clause.
    file, line, field
        Where: path, one-based line number, name of the field or key. Leave out what does not apply.
    found, expected
        The offending value and a description of a right one.
    """

    def __init__(
        self,
        message: str,
        *,
        file: str | Path | None = None,
        line: int | None = None,
        field: str | None = None,
        found: Any = None,
        expected: str | None = None,
    ) -> None:
        self.message = message
        self.file = None if file is None else str(file)
        self.line = line
        self.field = field
        self.found = found
        self.expected = expected
        super().__init__(str(self))

    def __str__(self) -> str:
        """Write the error on one line: ``file:line: field: message (found …, expected …)``."""
        where = "" if self.file is None else self.file + (f":{self.line}" if self.line else "") + ": "
        if self.file is None and self.line:
            where = f"line {self.line}: "
        field = "" if self.field is None else f"{self.field}: "
        details = []
        if self.found is not None:
            details.append(f"found {self.found!r}")
        if self.expected is not None:
            details.append(f"expected {self.expected}")
        return where + field + self.message + (f" ({', '.join(details)})" if details else "")

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by keyword, so that the error survives a trip between processes."""
        return _restore, (self.message, self.file, self.line, self.field, self.found, self.expected)


def _restore(
    message: str, file: str | None, line: int | None, field: str | None, found: Any, expected: str | None
) -> InputError:
    return InputError(message, file=file, line=line, field=field, found=found, expected=expected)


@contextmanager
def within(section: str) -> Iterator[None]:
    """Put the name of a section before the field of an `InputError` raised inside, unless it is about another file."""
    try:
        yield
    except InputError as error:
        if error.file is not None:
            raise
        field = section if error.field is None else f"{section}.{error.field}"
        raise InputError(error.message, line=error.line, field=field, found=error.found, expected=error.expected) from None


class ConvergenceError(BraessError):
    """A follower did not reach the precision that was asked for.

    Parameters
    ----------
    message
        What was solved and what it reached.
    reached, asked
        The relative gap at the end and the one asked for.
    """

    def __init__(self, message: str, *, reached: float, asked: float) -> None:
        self.reached = reached
        self.asked = asked
        super().__init__(message)


class StoreError(BraessError):
    """The record cannot be read or written (full disk, read-only file, foreign schema, study in use)."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Suggest the known word most like a wrong one: ``"; did you mean 'x'?"`` or nothing."""
    match = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean {match[0]!r}?" if match else ""
