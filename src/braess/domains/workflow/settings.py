"""The settings of a workflow, as the ``[problem]`` table of a study file writes them."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from braess.errors import InputError, nearest
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
        digest = hashlib.blake2b(self._place[0].read_bytes(), digest_size=8).hexdigest()
        return {**super().describe(), "file": self._place[0].name, "text": digest}

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
    path = Path(file).resolve()
    if path.suffix != ".py" or not path.is_file():
        raise InputError("no such Python file", field="file", found=str(file), expected="the path of a .py file")
    module = f"braess_workflow_{hashlib.blake2b(str(path).encode(), digest_size=8).hexdigest()}"
    spec = spec_from_file_location(module, path)
    assert spec is not None
    assert spec.loader is not None
    made = module_from_spec(spec)
    sys.modules[module] = made  # so that its functions pickle and its dataclasses find their annotations
    try:
        spec.loader.exec_module(made)
        found = getattr(made, name, None)
        workflow = found() if callable(found) else found
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"the file cannot be executed: {type(error).__name__}: {error}", field="file", found=str(file)
        ) from error
    if not isinstance(workflow, Workflow):
        known = [key for key, value in vars(made).items() if isinstance(value, Workflow)]
        raise InputError(
            f"no workflow of this name{nearest(name, known)}",
            field="workflow",
            found=name,
            expected="a Workflow, or a function that returns one",
        )
    return workflow
