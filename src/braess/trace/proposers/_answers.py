"""What a language model answered, read with patience and checked with rigour."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

STOP = "TERMINATE"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "reasoning": {"type": "string"},
        "answer": {"type": "string"},
        "suggestion": {"type": "object"},
    },
    "required": ["reasoning", "answer", "suggestion"],
    "additionalProperties": False,
}


def suggested(text: str) -> dict[str, Any]:
    """Return the suggestion in an answer: names and values, empty for no change.

    Fences, words around the JSON, trailing commas and the quotes of Python are forgiven; what is found must have a
    ``suggestion`` that is an object, and nothing that the schema does not know.

    Raises
    ------
    ValueError
        There is no such thing; says why.
    """
    if text.strip().strip('."`') == STOP:
        return {}
    why = "no JSON object in the answer"
    for candidate in _objects(text):
        data = _read(candidate)
        if not isinstance(data, dict):
            continue
        unknown = sorted(set(data) - set(SCHEMA["properties"]))
        if unknown:
            why = f"unknown keys {', '.join(map(repr, unknown))}"
        elif data.get("suggestion") == STOP:
            return {}
        elif not isinstance(data.get("suggestion"), dict):
            why = "the suggestion is no object"
        else:
            return {str(name): value for name, value in data["suggestion"].items()}
    raise ValueError(why)


def _objects(text: str) -> Iterator[str]:
    """Return what stands between matching braces outside of strings, whole objects before parts of them."""
    starts = [found.start() for found in re.finditer("{", text)]
    end = -1
    for start in starts:
        if start < end:
            continue
        depth, quoted, at = 0, "", start
        while at < len(text):
            letter = text[at]
            if quoted:
                at += letter == "\\"
                quoted = "" if letter == quoted else quoted
            elif letter == '"':
                quoted = letter
            elif letter in "{}":
                depth += 1 if letter == "{" else -1
                if depth == 0:
                    end = at + 1
                    yield text[start:end]
                    break
            at += 1


def _read(text: str) -> Any:
    for attempt in (text, re.sub(r",(\s*[}\]])", r"\1", text)):
        with suppress(ValueError, RecursionError):
            return json.loads(attempt, strict=False)
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
