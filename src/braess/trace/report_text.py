"""Reports as text, and back: one section after another, what has several lines set off by bars."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from braess.errors import InputError
from braess.trace.report import Item, Report, Step

_BAR = "| "
_SECTIONS = ("Instruction", "Code", "Documentation", "Variables", "Constraints", "Inputs", "Others", "Outputs", "Feedback")


def render(report: Report) -> str:
    """Write a report as text."""
    code = [f"{step.target} = {step.operator}({_line(step.arguments)})" for step in report.code]
    bodies: tuple[Iterable[str], ...] = (
        _bars(report.instruction),
        code,
        _pairs(report.documentation),
        _values(report.variables),
        _pairs(report.constraints),
        _values(report.inputs),
        _values(report.others),
        _values(report.outputs),
        _bars(report.feedback),
    )
    return "\n".join(line for title, body in zip(_SECTIONS, bodies, strict=True) for line in (f"# {title}", *body)) + "\n"


def parse(text: str) -> Report:
    """Read what `render` wrote.

    Raises
    ------
    InputError
        A section is missing, or a line is none of it.
    """
    sections: dict[str, list[str]] = {}
    lines = text.removesuffix("\n").split("\n")
    for number, line in enumerate(lines, 1):
        if line.startswith("# ") and line[2:] == next(iter(_SECTIONS[len(sections) :]), None):
            sections[line[2:]] = []
        elif not sections:
            raise InputError("no report", line=number, found=line, expected=f"# {_SECTIONS[0]}")
        else:
            sections[list(sections)[-1]].append(line)
    if len(sections) != len(_SECTIONS):
        raise InputError("a section is missing", expected=f"# {_SECTIONS[len(sections)]}")
    try:
        return Report(
            instruction=_unbarred(sections["Instruction"]),
            code=tuple(map(_step, sections["Code"])),
            documentation=dict(_parted(sections["Documentation"])),
            variables=tuple(_items(sections["Variables"])),
            constraints=dict(_parted(sections["Constraints"])),
            inputs=tuple(_items(sections["Inputs"])),
            others=tuple(_items(sections["Others"])),
            outputs=tuple(_items(sections["Outputs"])),
            feedback=_unbarred(sections["Feedback"]),
        )
    except ValueError as error:
        raise InputError(f"no report: {error}", field="text") from None


def _line(text: str) -> str:
    """Keep a text on one line; those that would not be are written as JSON after a bar."""
    return _BAR + json.dumps(text) if "\n" in text or text.startswith(_BAR) else text


def _unlined(text: str) -> str:
    return str(json.loads(text[len(_BAR) :])) if text.startswith(_BAR) else text


def _bars(text: str) -> Iterator[str]:
    return (_BAR + line for line in text.split("\n"))


def _unbarred(lines: list[str]) -> str:
    for line in lines:
        if not line.startswith(_BAR):
            raise ValueError(f"no bar before {line!r}")
    return "\n".join(line[len(_BAR) :] for line in lines)


def _pairs(texts: Mapping[str, str]) -> Iterator[str]:
    return (f"{name}: {_line(text)}" for name, text in texts.items())


def _parted(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, colon, text = line.partition(": ")
        if not colon:
            raise ValueError(f"no name before {line!r}")
        yield name, _unlined(text)


def _values(items: Iterable[Item]) -> Iterator[str]:
    """Write ``(type) name = value``; text of several lines follows with bars."""
    for item in items:
        if isinstance(item.value, str) and "\n" in item.value:
            yield f"({item.type}) {item.name}:"
            yield from _bars(item.value)
        else:
            yield f"({item.type}) {item.name} = {json.dumps(item.value, ensure_ascii=False, allow_nan=False)}"


def _items(lines: list[str]) -> Iterator[Item]:
    at = 0
    while at < len(lines):
        found = re.fullmatch(r"\((\w+)\) (\w+)( = (.*)|:)", lines[at], re.S)
        if found is None:
            raise ValueError(f"no value in {lines[at]!r}")
        at += 1
        if found[4] is not None:
            yield Item(found[2], found[1], json.loads(found[4]))
            continue
        end = next((i for i in range(at, len(lines)) if not lines[i].startswith(_BAR)), len(lines))
        yield Item(found[2], found[1], _unbarred(lines[at:end]))
        at = end


def _step(line: str) -> Step:
    found = re.fullmatch(r"(\w+) = (\w+)\((.*)\)", line, re.S)
    if found is None:
        raise ValueError(f"no step in {line!r}")
    return Step(found[1], found[2], _unlined(found[3]))
