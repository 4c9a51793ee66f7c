"""A workflow that a Python file defines, as the ``[problem]`` table of a study file names it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from braess.study.python_file import load_object, text_digest
from braess.trace import Workflow, WorkflowProblem


@dataclass(frozen=True, kw_only=True)
class WorkflowSettings:
    """Settings of a workflow.

    Parameters
    ----------
    file
        A Python file, which is executed: from then on it may do whatever its reader may.
    workflow
        What in it is the workflow: a `Workflow`, or a function without arguments that returns one.
    """

    file: str
    workflow: str = "workflow"

    def build(self, folder: Path) -> FileProblem:
        """Execute the file and build the problem."""
        return FileProblem(folder / self.file, self.workflow)


class FileProblem(WorkflowProblem):
    """The workflow of a file as a problem; it pickles as the place of the file, and is made anew from there.

    Parameters
    ----------
    file, name
        As in `load`.
    """

    def __init__(self, file: Path, name: str = "workflow") -> None:
        super().__init__(load(file, name))
        self._place = (Path(file).resolve(), name)

    def describe(self) -> dict[str, Any]:
        """Describe the problem: another text of the file is another problem."""
        return {**super().describe(), "file": self._place[0].name, "text": text_digest(self._place[0])}

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as the place of the file."""
        return FileProblem, self._place


def load(file: str | Path, name: str = "workflow") -> Workflow:
    """Execute a Python file and return the workflow it defines.

    Parameters
    ----------
    file
        Its path.
    name
        Of the workflow, or of a function without arguments that returns it.

    Raises
    ------
    InputError
        There is no such file or workflow, or the file raised something.
    """
    return load_object(file, name, Workflow, "workflow")
