"""Tables of the engineering problems: what the corrected variants do otherwise, and what is known of each."""

from __future__ import annotations

from markdown_tables import markdown_table

from braess.domains.engineering import PROBLEMS


def differences_table() -> str:
    """Tabulate what is corrected."""
    rows = [(f"`{name}`", f"{cls.differences}.") for name, cls in PROBLEMS.items() if cls.differences]
    return markdown_table(("problem", "corrected"), rows)


def known_table() -> str:
    """Tabulate sizes, shares of feasible designs and best objectives."""
    rows = []
    for name, cls in PROBLEMS.items():
        for variant, known in cls.facts.items():
            problem = cls(variant)
            percent = 100 * known.feasible_share
            best = "no design is feasible" if known.objective is None else f"{known.objective:.9g}"
            rows.append(
                (
                    f"`{name}`" + (f", {variant}" if cls.differences else ""),
                    str(problem.space.width),
                    str(len(problem.constraints)),
                    f"{percent:.1f} %" if percent >= 1 else f"{percent:.2g} %",
                    best + (", large" if problem.objectives[0].sense == "max" else ""),
                    cls.reference,
                )
            )
    return markdown_table(("problem", "variables", "constraints", "feasible", "best known", "source"), rows)
