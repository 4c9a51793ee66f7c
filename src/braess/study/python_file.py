"""Objects that a user's Python file defines, for study files that name one. The file is executed."""

from __future__ import annotations

import hashlib
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, TypeVar

from braess.errors import InputError, nearest

_Found = TypeVar("_Found")


def load_object(file: str | Path, name: str, kind: type[_Found], field: str) -> _Found:
    """Execute a Python file and return an object that it defines.

    Parameters
    ----------
    file
        Its path.
    name
        Of the object, or of a function without arguments that returns it.
    kind
        What it must be.
    field
        Which setting gives the name, for errors.

    Raises
    ------
    InputError
        There is no such file or object, or the file raised something.
    """
    made = _executed(file)
    found = getattr(made, name, None)
    if not isinstance(found, kind) and callable(found):
        try:
            found = found()
        except InputError:
            raise
        except Exception as error:
            raise _failed(file, error) from error
    if not isinstance(found, kind):
        known = [key for key, value in vars(made).items() if isinstance(value, kind)]
        expected = f"a {kind.__name__}, or a function that returns one"
        raise InputError(f"no {field} of this name{nearest(name, known)}", field=field, found=name, expected=expected)
    return found


def text_digest(file: Path) -> str:
    """Return what tells one text of a file from another."""
    return hashlib.blake2b(file.read_bytes(), digest_size=8).hexdigest()


def _executed(file: str | Path) -> Any:
    path = Path(file).resolve()
    if path.suffix != ".py" or not path.is_file():
        raise InputError("no such Python file", field="file", found=str(file), expected="the path of a .py file")
    module = f"braess_file_{hashlib.blake2b(str(path).encode(), digest_size=8).hexdigest()}"
    spec = spec_from_file_location(module, path)
    assert spec is not None
    assert spec.loader is not None
    made = module_from_spec(spec)
    sys.modules[module] = made  # so that its functions pickle and its dataclasses find their annotations
    try:
        spec.loader.exec_module(made)
    except InputError:
        raise
    except Exception as error:
        raise _failed(file, error) from error
    return made


def _failed(file: str | Path, error: Exception) -> InputError:
    return InputError(f"the file cannot be executed: {type(error).__name__}: {error}", field="file", found=str(file))
