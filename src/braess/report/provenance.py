"""Where a result comes from, and how to get it again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from braess.report.html import Content, Markup, element, facts, join
from braess.report.text import moment

if TYPE_CHECKING:
    from braess.study.result import Result

_DEEPEST = 6  # levels of a description that are shown one by one
_LONGEST = 400  # characters of one value


def provenance(result: Result) -> Markup:
    """Show seed, version, problem, search, budget and the study file, and the commands that repeat or continue it."""
    record = result.record
    origin: list[tuple[Content, Content]] = [
        ("Study", record.name),
        ("Recorded", moment(record.created)),
        ("braess", record.version),
        ("Seed", str(record.seed)),
        ("Designs asked for at a time", str(record.batch)),
    ]
    parts: list[Content] = [facts(origin)]
    for title, settings in (("Problem", record.problem), ("Search", record.search), ("Budget", record.budget)):
        parts += [element("h3", title), facts(flatten(settings))]
    return join([*parts, *_reproduction(record.study_file)])


def _reproduction(study_file: str | None) -> Iterator[Markup]:
    yield element("h3", "How to get it again")
    resume = join(["To go on after an interruption, give the run's folder to ", element("code", "braess resume"), "."])
    same = "With one worker and the same version the result is the same, bit for bit."
    if not study_file:
        yield element("p", f"The study was started from Python: build the same problem and search and use this seed. {same}")
        return
    yield element("p", "Save the text below as ", element("code", "study.toml"), f" and run it. {same} ", resume)
    yield element("pre", "braess run study.toml")
    yield element("pre", study_file, aria_label="study file", role="region")


def flatten(settings: Mapping[str, Any], path: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield the values of nested plain data with their dotted paths, long ones cut."""
    for key, value in settings.items():
        name = f"{path}.{key}" if path else str(key)
        if isinstance(value, Mapping) and value and depth < _DEEPEST:
            yield from flatten(value, name, depth + 1)
        else:
            yield name, _shown(value)


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
