"""Blocks of parameters that share nothing before the sum, each improved by itself in the same runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from braess.errors import InputError
from braess.space import Real
from braess.trace.operators import Slot
from braess.trace.proposers._coordinates import is_real
from braess.trace.suggestion import Suggestion
from braess.trace.workflow import Parameter, Run, Workflow


@dataclass(frozen=True)
class Block:
    """Parameters that no other parameter shares a term of the objective or a constraint with.

    Parameters
    ----------
    parameters
        Their names.
    terms
        Nodes whose weighted sum is the part of the objective, to be made small, that they decide.
    constraints
        Nodes of the constraints they decide.
    """

    parameters: tuple[str, ...]
    terms: tuple[tuple[int, float], ...]
    constraints: tuple[int, ...]

    def rank(self, run: Run) -> tuple[float, float]:
        """Return violation and part of the objective in a run: the smaller the better."""
        values = run.trace.values
        violation = sum(max(0.0, float(values[index])) for index in self.constraints)
        return violation, sum(weight * float(values[index]) for index, weight in self.terms)


def terms(run: Run) -> dict[int, float]:
    """Return the nodes that the first objective is a sum of, with weights that make it small: additions are looked through."""
    output = run.outputs[run.workflow.objectives[0].name]
    found = {output: run.sign}
    for index in range(output, -1, -1):  # children before parents, so that each is looked through once
        parts = list(_addends(run, index)) if index in found else []
        weight = found.pop(index) if parts else 0.0
        for part, sign in parts:
            found[part] = found.get(part, 0.0) + weight * sign
    return dict(sorted(found.items()))


def blocks(run: Run) -> tuple[Block, ...]:
    """Return the blocks of a run that did not fail; parameters it did not use are in none.

    Two parameters are in one block if they are behind the same term or constraint, or behind two that have others in common.
    """
    weights = terms(run)
    ends = {run.outputs[constraint.name] for constraint in run.workflow.constraints}
    groups: list[int] = []
    for index in (*weights, *ends):
        bits = run.trace.roots[index]
        if bits:
            groups = [*(group for group in groups if not group & bits), _joined([bits, *(g for g in groups if g & bits)])]
    names = [run.trace.entries[index].name for index in run.trace.parameters]
    return tuple(
        Block(
            tuple(name for k, name in enumerate(names) if group >> k & 1),
            tuple((index, weight) for index, weight in weights.items() if run.trace.roots[index] & group),
            tuple(sorted(index for index in ends if run.trace.roots[index] & group)),
        )
        for group in sorted(groups, key=lambda bits: bits & -bits)
    )


def _joined(groups: list[int]) -> int:
    bits = 0
    for group in groups:
        bits |= group
    return bits


def _addends(run: Run, index: int) -> Iterator[tuple[int, float]]:
    """Return the parts of a sum or difference with their signs; nothing where a node is no such."""
    entry, values = run.trace.entries[index], run.trace.values
    signs = {"add": (1.0, 1.0), "subtract": (1.0, -1.0), "negative": (-1.0,)}
    if entry.call is None or entry.call.operator.name not in signs or np.ndim(values[index]):
        return
    for argument, sign in zip(entry.call.arguments, signs[entry.call.operator.name], strict=True):
        if isinstance(argument, Slot):
            yield entry.parents[argument.k], sign


@dataclass
class _Track:
    """Where the search of one block is: its best rank, its step, and which move comes next."""

    block: Block
    rank: tuple[float, float]
    moves: list[tuple[str, int, int]]
    step: float
    at: int = 0
    gained: bool = False
    over: bool = False
    pending: bool = False


class Structure:
    """Pattern search in all blocks at once: each run tries one move in every block, and each block keeps it or not by itself.

    Reals move by a share of their range that is halved where a round of moves gains nothing, whole numbers by at least
    one; options are tried one by one. What the run did not use is not moved. Where a move changes the blocks (another
    branch), the run counts as a whole. It needs no derivatives; a sum of many parts is improved as fast as its largest block.

    Parameters
    ----------
    workflow
        Whose parameters are moved: those with a variable (no permutations), and floats without.
    step
        First move, as a share of the range.
    smallest
        Share of the range below which moves end.

    Raises
    ------
    InputError
        There is no such parameter, or a setting is impossible.
    """

    def __init__(self, workflow: Workflow, *, step: float = 0.25, smallest: float = 1e-6) -> None:
        if not 0.0 < smallest <= step <= 1.0:
            raise InputError(
                "impossible steps", field="step, smallest", found=(step, smallest), expected="0 < smallest <= step <= 1"
            )
        self._parameters = {name: one for name, one in workflow.parameters.items() if _movable(one)}
        if not self._parameters:
            raise InputError(
                "no parameter to move", field="workflow", found=list(workflow.parameters), expected="one with a variable"
            )
        self.step, self.smallest = step, smallest
        self._base: dict[str, Any] = {}
        self._best: dict[str, Any] = {}
        self._rank = (np.inf, np.inf)  # of the best run
        self._steps: dict[tuple[str, ...], float] = {}
        self._tracks: list[_Track] = []
        self._mixed = False  # whether what was kept of the last runs was never run together
        self._shape: Any = None

    def propose(self, run: Run) -> Suggestion:
        """Return one move for each block; nothing where no step is left that gains."""
        if not self._tracks:
            if run.failed:
                return Suggestion({})
            self._begin(run)
        else:
            self._judge(run)
            if not self._tracks:
                return Suggestion(dict(self._best))
        values: dict[str, Any] = {}
        wrapped = False
        for track in self._tracks:
            wrapped |= self._advance(track, values)
        if self._mixed and (wrapped or not values):
            for track in self._tracks:
                track.pending = False
            return Suggestion(dict(self._base))
        return Suggestion({**self._base, **values} if values else {})

    def _begin(self, run: Run) -> None:
        self._steps |= {track.block.parameters: track.step for track in self._tracks}
        self._base = self._best = {name: run.values[name] for name in self._parameters}
        self._rank, self._mixed = run.rank, False
        self._tracks, self._shape = [], _shape(run)
        for block in self._shape[0]:
            moves = [
                move for name in block.parameters if name in self._parameters for move in _moves(name, self._parameters[name])
            ]
            if moves:
                step = self._steps.get(block.parameters, self.step)
                self._tracks.append(_Track(block, block.rank(run), moves, step))

    def _judge(self, run: Run) -> None:
        """Keep what was gained: block by block where the blocks are what they were, else the whole run or nothing."""
        tried = [track for track in self._tracks if track.pending]
        same = not run.failed and _shape(run) == self._shape
        if same and not tried:
            for track in self._tracks:
                track.rank = track.block.rank(run)
            self._mixed = False
        elif same:
            better = [track for track in tried if track.block.rank(run) < track.rank]
            for track in better:
                track.rank, track.gained = track.block.rank(run), True
                self._base = self._base | {name: run.values[name] for name in track.block.parameters if name in self._base}
            self._mixed |= 0 < len(better) < len(tried)
            for track in tried:
                track.at += track not in better
        elif run.rank < self._rank:
            self._begin(run)
        elif tried:
            for track in tried:
                track.at += 1
        else:  # together, what was kept leads elsewhere: back to the best run, with smaller steps
            self._steps |= {track.block.parameters: 0.5 * track.step for track in self._tracks}
            self._tracks = []
        if run.rank < self._rank:
            self._best, self._rank = {name: run.values[name] for name in self._parameters}, run.rank

    def _advance(self, track: _Track, values: dict[str, Any]) -> bool:
        """Add the next move of a block that changes something; says whether a round of moves came to its end."""
        track.pending = wrapped = False
        while not track.over:
            if track.at >= len(track.moves):
                wrapped = True
                if not track.gained:
                    track.step *= 0.5
                    track.over = track.step < self._least(track)
                track.at, track.gained = 0, False
                continue
            name, element, move = track.moves[track.at]
            moved = _moved(self._parameters[name], self._base[name], element, move, track.step)
            if moved is not None:
                values[name], track.pending = moved, True
                break
            track.at += 1
        return wrapped

    def _least(self, track: _Track) -> float:
        """Return the step below which a block is not moved: whole numbers and options need no small ones."""
        if any(is_real(self._parameters[name]) for name, _, _ in track.moves):
            return self.smallest
        widest = max(float(np.max(np.subtract(*_ends(self._parameters[name])))) for name, _, _ in track.moves)
        return 0.5 / max(1.0, widest)


def _shape(run: Run) -> tuple[tuple[Block, ...], list[tuple[int, str]]]:
    """Return the blocks, and what plain Python read: where both are the same, blocks do not touch each other."""
    return blocks(run), [(read.index, repr(read.found)) for read in run.trace.reads]


def _movable(parameter: Parameter) -> bool:
    return is_real(parameter) or (parameter.variable is not None and parameter.variable.kind != "permutation")


def _ends(parameter: Parameter) -> tuple[Any, Any]:
    assert parameter.variable is not None
    low, high = parameter.variable.bounds()
    return high, low


def _moves(name: str, parameter: Parameter) -> list[tuple[str, int, int]]:
    """Return what can be done with each element: up and down, or as many options on."""
    variable = parameter.variable
    if variable is None or variable.kind in ("real", "integer"):
        return [(name, element, side) for element in range(int(np.size(parameter.value))) for side in (1, -1)]
    options = int(variable.bounds()[1][0]) + 1
    return [(name, element, on) for element in range(variable.width) for on in range(1, options)]


def _moved(parameter: Parameter, value: Any, element: int, move: int, step: float) -> Any:
    """Return a value with one element moved, ``None`` where nothing changes."""
    variable = parameter.variable
    if variable is None:
        moved = np.array(value, dtype=np.float64)
        flat = moved.reshape(-1)
        flat[element] += move * step * max(1.0, abs(flat[element]))
        return moved if moved.shape else float(moved)
    stored = np.array(parameter.stored(value), dtype=np.float64)
    before = stored[element]
    if isinstance(variable, Real):
        unit = variable.to_unit(stored[None])
        unit[0, element] = np.clip(unit[0, element] + move * step, 0.0, 1.0)
        stored[element] = variable.from_unit(unit)[0, element]
    else:
        low, high = (end[element] for end in variable.bounds())
        if variable.kind == "integer":
            stored[element] = np.clip(before + move * max(1.0, np.round(step * (high - low))), low, high)
        else:
            stored[element] = (before + move) % (high + 1)
    return None if stored[element] == before else parameter.read(stored)
