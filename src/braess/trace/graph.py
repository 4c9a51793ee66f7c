"""The recorded run of a workflow: a graph of values in the order in which they were computed."""

from __future__ import annotations

import keyword
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from braess.errors import InputError
from braess.problem.evaluations import Bools
from braess.trace.node import Node
from braess.trace.operators import Call, Operator, Slot, template_of


class TraceWarning(UserWarning):
    """A trace that may not say what its reader thinks."""


@dataclass(frozen=True, eq=False)
class Entry:
    """What is known of a node beside its value.

    Parameters
    ----------
    name
        Unique in the run.
    level
        0 for roots, else one more than that of the highest parent.
    parents
        Indices of the nodes it was computed from, each once.
    call
        How it was computed, ``None`` for roots.
    trainable
        Whether it is a parameter.
    constraint
        What a parameter must keep, in words.
    """

    name: str
    level: int
    parents: tuple[int, ...]
    call: Call | None
    trainable: bool
    constraint: str


@dataclass(frozen=True, eq=False)
class Read:
    """A value that plain Python took out of the trace, such as the condition of an ``if``.

    What was done with it is not in the trace; a replay is the same run only as long as the same would be read.

    Parameters
    ----------
    index
        Whose value.
    how
        By what, such as ``"bool"``.
    convert
        From the value to what was read.
    found
        What was read.
    """

    index: int
    how: str
    convert: Callable[[Any], Any]
    found: Any


class Trace:
    """Nodes in the order in which they were made: parents come before their children.

    Attributes
    ----------
    entries, values
        What is known of each node, and its value.
    roots
        For each node the parameters it was computed from, as bits: bit ``k`` stands for ``parameters[k]``.
    parameters
        Indices of the trainable nodes.
    reads
        What plain Python took out.
    error
        Index of the node of the exception that ended the run, ``None`` where it did not.
    feedback
        Index of a parameter to the messages that reached it.
    spent
        Nodes that a backward pass went through and did not retain.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.values: list[Any] = []
        self.roots: list[int] = []
        self.parameters: list[int] = []
        self.reads: list[Read] = []
        self.error: int | None = None
        self.feedback: dict[int, list[Any]] = {}
        self.spent: set[int] = set()
        self._names: dict[str, int] = {}
        self._counts: dict[str, int] = {}

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self.entries)

    def __getitem__(self, name: str) -> Node:
        """Return a node by name."""
        if name not in self._names:
            raise InputError("no such node", field="name", found=name)
        return Node(self, self._names[name])

    def node(self, value: Any, name: str = "", *, trainable: bool = False, constraint: str = "") -> Node:
        """Add a root: a parameter where it is trainable, an input where not.

        Raises
        ------
        InputError
            The name is taken or is no name of Python.
        """
        if name:
            require_name(name)
        if name in self._names:
            raise InputError("another node has this name", field="name", found=name, expected="a name of its own")
        bit = 1 << len(self.parameters) if trainable else 0
        if trainable:
            self.parameters.append(len(self))
        return self._add(Entry(name or self._free("input"), 0, (), None, trainable, constraint), value, bit)

    def call(self, made: Operator, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Node:
        """Run an operator on arguments with nodes in them, and add what it returns.

        What it raises is added as a node, too, and raised.

        Raises
        ------
        InputError
            A node belongs to another trace.
        """
        parents: dict[int, int] = {}

        def slot(argument: Any) -> Slot | None:
            if not isinstance(argument, Node):
                return None
            if argument.trace is not self:
                raise InputError("a node of another run", field=made.name, found=argument.name, expected="nodes of one trace")
            return Slot(parents.setdefault(argument.index, len(parents)))

        given = tuple(template_of(argument, slot) for argument in arguments)
        call = Call(made, given, {name: template_of(value, slot) for name, value in keywords.items()})
        entry = self._made(self._free(made.name), tuple(parents), call)
        bits = self.bits(entry.parents)
        try:
            value = call.run([self.values[parent] for parent in entry.parents])
        except Exception as error:
            self._add(entry, error, bits)
            raise
        return self._add(entry, value, bits)

    def fail(self, error: Exception) -> None:
        """Note what ended the run: the operator that raised it, or else a node below all that plain Python has read."""
        for index in reversed(range(len(self))):
            if self.values[index] is error:
                self.error = index
                return
        parents = tuple(dict.fromkeys(read.index for read in self.reads))
        raised = Operator("error", _raise(error), "raised outside of any operator")
        entry = self._made(self._free("error"), parents, Call(raised, tuple(map(Slot, range(len(parents)))), {}))
        self.error = len(self)
        self._add(entry, error, self.bits(parents))

    def read(self, index: int, how: str, convert: Callable[[Any], Any]) -> Any:
        """Take a value out of the trace, and note that it was."""
        found = convert(self.values[index])
        self.reads.append(Read(index, how, convert, found))
        return found

    def ancestors(self, *outputs: int) -> Bools:
        """Tell which nodes these were computed from, themselves included, ``[nodes]``."""
        reached = np.zeros(len(self), dtype=np.bool_)
        reached[list(outputs)] = True
        for index in range(max(outputs, default=-1), -1, -1):
            if reached[index]:
                reached[list(self.entries[index].parents)] = True
        return reached

    def unreached(self, *outputs: int) -> dict[str, str]:
        """Return the parameters that no output was computed from, with what is known of why."""
        used = self.bits(outputs)
        found = {}
        for k, index in enumerate(self.parameters):
            if not used >> k & 1:
                how = sorted({read.how for read in self.reads if self.roots[read.index] >> k & 1})
                found[self.entries[index].name] = f"its value left the trace by {', '.join(how)}" if how else "it was not used"
        return found

    def warn_unreached(self, *outputs: int) -> None:
        """Warn of parameters that no output was computed from: nothing can be learned of them."""
        for name, why in self.unreached(*outputs).items():
            message = f"the output was not computed from the parameter {name!r}: {why}"
            warnings.warn(message, TraceWarning, stacklevel=3)

    def clear_feedback(self) -> None:
        """Forget what arrived at the parameters, and which nodes were passed."""
        self.feedback, self.spent = {}, set()

    def with_values(self, values: list[Any]) -> Trace:
        """Return the same graph with other values, not yet gone through."""
        other = Trace()
        other.entries, other.values, other.roots = list(self.entries), values, list(self.roots)
        other.parameters, other.reads = list(self.parameters), list(self.reads)
        other._names, other._counts = dict(self._names), dict(self._counts)
        return other

    def _made(self, name: str, parents: tuple[int, ...], call: Call) -> Entry:
        level = 1 + max((self.entries[parent].level for parent in parents), default=0)
        return Entry(name, level, parents, call, trainable=False, constraint="")

    def bits(self, nodes: Sequence[int]) -> int:
        """Return the parameters that nodes were computed from, as bits."""
        bits = 0
        for index in nodes:
            bits |= self.roots[index]
        return bits

    def _add(self, entry: Entry, value: Any, bits: int) -> Node:
        index = len(self)
        self.entries.append(entry)
        self.values.append(value)
        self.roots.append(bits)
        self._names[entry.name] = index
        return Node(self, index)

    def _free(self, base: str) -> str:
        """Return a name that is not taken; the count of a name goes on from where it was."""
        base = base if base.isidentifier() else "call"
        count = self._counts.get(base, 0)
        while (name := f"{base}_{count}") in self._names:
            count += 1
        self._counts[base] = count + 1
        return name


def require_name(name: str) -> None:
    """Refuse what Python would not take for a name (`InputError`)."""
    if not name.isidentifier() or keyword.iskeyword(name):
        raise InputError("not a name for a node", field="name", found=name, expected="a name of Python")


def _raise(error: Exception) -> Callable[..., Any]:
    def again(*_: Any) -> Any:
        raise error

    return again
