"""Runs proposed code in a process of its own (`braess.trace.code.Sandbox`): task as JSON in, answer as JSON out."""

from __future__ import annotations

import ctypes
import json
import os
import sys
from typing import Any

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # flags of Linux's unshare


def main() -> None:
    """Read the task, put up the limits, call, answer."""
    source, name, arguments, keywords, limits = json.loads(sys.stdin.read())
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the code prints is no answer
    try:
        given = _unpacked(arguments), _unpacked(keywords)
        confine(limits)
        space: dict[str, Any] = {"__name__": "proposed"}
        exec(compile(source, "<proposed>", "exec"), space)  # noqa: S102 -- what this process is for
        answer = json.dumps({"value": space[name](*given[0], **given[1])}, default=_packed)
    except BaseException as error:  # noqa: BLE001 -- whatever it is, the one who asked must be told
        answer = json.dumps({"error": f"{type(error).__name__}: {error}"})
    answers.write(answer)
    answers.close()


def confine(limits: dict[str, Any]) -> None:
    """Give up the network, files to write, and more time and memory than allowed."""
    import resource

    if not _alone() and not limits["network"]:
        raise RuntimeError("the network cannot be cut off here")
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (limits["bytes"], limits["bytes"]))
    seconds = int(limits["seconds"]) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def _alone() -> bool:
    """Leave for a network without connections; says whether that worked."""
    try:
        return ctypes.CDLL(None).unshare(_NEW_USER | _NEW_NETWORK) == 0  # type: ignore[no-any-return]
    except (OSError, AttributeError, TypeError):
        return False


def _unpacked(value: Any) -> Any:
    if isinstance(value, list):
        return [_unpacked(part) for part in value]
    if isinstance(value, dict):
        if "__array__" in value:
            import numpy as np

            return np.asarray(value["__array__"])
        return {key: _unpacked(part) for key, part in value.items()}
    return value


def _packed(value: Any) -> Any:
    if hasattr(value, "tolist"):
        found = value.tolist()
        return {"__array__": found} if isinstance(found, list) else found
    raise TypeError(f"{type(value).__name__} is no plain data")


if __name__ == "__main__":
    main()
