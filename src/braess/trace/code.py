"""Code as a parameter: the user's function runs as it is, a proposed text only where that is allowed, and apart."""

from __future__ import annotations

import ast
import inspect
import json
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from braess.errors import BraessError, InputError

_MEGABYTE = 2**20


@dataclass(frozen=True)
class Sandbox:
    """How proposed code is run: in a process of its own, with limits; values go there and back as JSON.

    The process has no environment, an empty folder to work in, may not write files and, on Linux, has no network. It can read
    what the user can read: this holds off accidents and carelessness, not a determined attacker.

    Parameters
    ----------
    seconds
        Most time that a call may take.
    megabytes
        Most memory.
    network
        Whether the network may stay within reach where it cannot be cut off; otherwise nothing is run there.
    """

    seconds: float = 5.0
    megabytes: int = 1024
    network: bool = False

    def __post_init__(self) -> None:
        """Check the limits."""
        for name in ("seconds", "megabytes"):
            if not 0 < getattr(self, name) < np.inf:
                raise InputError("impossible limit", field=name, found=getattr(self, name), expected="more than 0")

    def call(self, source: str, name: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Call a function of a source text.

        Raises
        ------
        BraessError
            It raised something, took too long, returned something else than plain data, or cannot be run apart.
        InputError
            An argument is not plain data.
        """
        try:
            task = json.dumps([source, name, arguments, keywords, self._limits()], default=_packed)
        except TypeError as error:
            raise InputError(f"proposed code is given plain data only: {error}", field="arguments") from None
        driver = Path(__file__).with_name("_apart.py")
        with tempfile.TemporaryDirectory() as folder:
            try:
                done = subprocess.run(  # noqa: S603 -- our own driver; what it runs was allowed, and has limits
                    [sys.executable, "-I", str(driver)],
                    input=task,
                    capture_output=True,
                    text=True,
                    check=False,
                    timeout=self.seconds,
                    cwd=folder,
                    env={"OMP_NUM_THREADS": "1"},
                )
            except subprocess.TimeoutExpired:
                raise BraessError(f"proposed code took more than {self.seconds:g} seconds") from None
        try:
            answer = json.loads(done.stdout)
        except ValueError:
            last = done.stderr.strip().rpartition("\n")[2]
            raise BraessError(f"proposed code ended without an answer: {last or f'exit code {done.returncode}'}") from None
        if "error" in answer:
            raise BraessError(f"proposed code: {answer['error']}")
        return _unpacked(answer["value"])

    def _limits(self) -> dict[str, Any]:
        return {"seconds": self.seconds, "bytes": self.megabytes * _MEGABYTE, "network": self.network}


@dataclass(frozen=True)
class Code:
    """A function that may be rewritten.

    Parameters
    ----------
    source
        Its text, one ``def``.
    function
        The user's own, ``None`` for a proposed text, which runs in the sandbox.
    sandbox
        Where a proposed text runs.
    """

    source: str
    function: Callable[..., Any] | None = field(default=None, compare=False)
    sandbox: Sandbox | None = None

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Code:
        """Take a function whose source can be read."""
        try:
            source = textwrap.dedent(inspect.getsource(function))
        except (OSError, TypeError) as error:
            raise InputError(f"the source cannot be read: {error}", field="function", found=repr(function)) from None
        return cls(source, function)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Call the user's function, or the proposed text in its sandbox; without either nothing is run."""
        if self.function is not None:
            return self.function(*arguments, **keywords)
        if self.sandbox is None:
            raise BraessError("proposed code is not run: no sandbox was given")
        return self.sandbox.call(self.source, _definition(self.source).name, arguments, keywords)

    def revised(self, source: str, sandbox: Sandbox) -> Code:
        """Return the code with another text, which is not run here.

        Raises
        ------
        InputError
            It is not one function of the same name and signature.
        """
        old, new = _definition(self.source), _definition(source)
        if new.decorator_list or ast.dump(old.args) != ast.dump(new.args) or old.name != new.name:
            signature = f"{old.name}({ast.unparse(old.args)})"
            raise InputError(
                "another function", found=f"{new.name}({ast.unparse(new.args)})", expected=f"{signature}, undecorated"
            )
        return self if source == self.source else Code(source, None, sandbox)


def _definition(source: str) -> ast.FunctionDef:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError) as error:
        raise InputError(f"no Python: {error}", field="code") from None
    if len(body) != 1 or not isinstance(body[0], ast.FunctionDef):
        raise InputError("no function", field="code", found=f"{len(body)} statements", expected="one def")
    return body[0]


def _packed(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        return {"__array__": value.tolist()}
    raise TypeError(f"{type(value).__name__} is no plain data")


def _unpacked(value: Any) -> Any:
    if isinstance(value, list):
        return [_unpacked(part) for part in value]
    if isinstance(value, dict):
        return np.asarray(value["__array__"]) if "__array__" in value else {key: _unpacked(part) for key, part in value.items()}
    return value
