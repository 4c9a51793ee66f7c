"""The tree of a space: a design as a history of successive choices, each among finitely many named options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from braess.errors import InputError
from braess.space._vector import Floats
from braess.space.designs import Designs
from braess.space.leaves import Leaf
from braess.space.permutation import Permutation
from braess.space.real import Real
from braess.space.space import Space
from braess.space.variables import is_ordered

_OPEN = -1  # number of a column that is not decided


@dataclass(frozen=True)
class Decision:
    """What is chosen at a node: a name (path, and element in a vector) and the options, in words where they are ranges."""

    name: str
    options: tuple[Any, ...]


class Tree:
    """The designs of a space as the leaves of a tree; at each node one element of a variable is decided.

    Elements are decided in the order of the space, so that what opens a part comes before the part. Those with one value are
    decided without a node: each node has at least two children. A permutation is decided place by place, among the items that
    are left. Reals are cut into equal cells (of their own scale) and found by halving; a cell stands for its middle.

    Parameters
    ----------
    space
        Of the designs.
    bisect
        Whether options with an order are found by halving too: a node for each half of what is left instead of one for each
        value, so that neighbours share what is learned. The leaves stay the same.
    resolution
        Cells of a real; a space with reals needs at least 2.

    References
    ----------
    Negrinho and Gordon (2017), "DeepArchitect", arXiv:1704.08792, sections 4 and 5 (tree restructuring).

    Examples
    --------
    >>> from braess.space import Categorical, Choice, Integer, Space, Tree
    >>> widths = Space({"width": Categorical(options=(16, 32, 64), ordered=True)})
    >>> tree = Tree(Space({"layer": Choice.optional(widths), "depth": Integer(low=1, high=2)}), bisect=True)
    >>> tree.decisions([1, 1, 0, 1])
    [('layer', 'yes'), ('layer.yes.width', '32 to 64'), ('layer.yes.width', 32), ('depth', 2)]
    >>> tree.histories(tree.designs([[1, 1, 0, 1], [0, 0]]))
    [(1, 1, 0, 1), (0, 0)]
    """

    def __init__(self, space: Space, *, bisect: bool = False, resolution: int = 0) -> None:
        if "real" in space.kinds and resolution < 2:
            raise InputError(
                "a real variable has no finite tree", field="resolution", found=resolution, expected="at least 2 cells"
            )
        self.space = space
        self.columns = [(leaf, place) for leaf in space.leaves for place in range(leaf.variable.width)]
        self.levels = [_levels(leaf, place, resolution) for leaf, place in self.columns]
        self.halved = [
            levels > 1 and _halved(leaf, bisect) for (leaf, _), levels in zip(self.columns, self.levels, strict=True)
        ]
        self.labels = space.column_labels()
        starts = {leaf.path: leaf.start for leaf in space.leaves}
        self.opened = [_opening(leaf, starts, space) for leaf, _ in self.columns]

    def walk(self) -> Walk:
        """Start at the root."""
        return Walk(self)

    def walked(self, history: Sequence[int]) -> Walk:
        """Go where a history of choices leads.

        Raises
        ------
        InputError
            There is no such option, or nothing more to choose.
        """
        walk = self.walk()
        for choice in history:
            walk.choose(choice)
        return walk

    def decisions(self, history: Sequence[int]) -> list[tuple[str, Any]]:
        """Return the names of what was decided and the options taken."""
        walk, taken = self.walk(), []
        for choice in history:
            decision = walk.decision()
            walk.choose(choice)
            taken.append((decision.name, decision.options[choice]))
        return taken

    def history(self, decisions: Sequence[tuple[str, Any]]) -> tuple[int, ...]:
        """Return the choices that names and options stand for, as `decisions` writes them.

        Raises
        ------
        InputError
            Something else is decided there, or there is no such option.
        """
        walk, history = self.walk(), []
        for name, option in decisions:
            decision = walk.decision()
            if name != decision.name:
                raise InputError("not what is decided next", field=name, expected=decision.name)
            if option not in decision.options:
                raise InputError("no such option", field=name, found=option, expected=f"one of {list(decision.options)}")
            history.append(decision.options.index(option))
            walk.choose(history[-1])
        return tuple(history)

    def designs(self, histories: Sequence[Sequence[int]]) -> Designs:
        """Return the designs that histories lead to; one that ends too early raises `InputError`."""
        return self.of_numbers(np.array([self.walked(history).numbers() for history in histories], dtype=np.int64))

    def of_numbers(self, numbers: Any) -> Designs:
        """Return the designs ``[n]`` of finished walks, from the `Walk.numbers` of each, ``[n, width]``."""
        given = np.asarray(numbers, dtype=np.int64).reshape(-1, len(self.columns))
        return self.space.from_unit((np.maximum(given, 0) + 0.5) / np.array(self._scales, dtype=np.float64))

    def histories(self, designs: Designs) -> list[tuple[int, ...]]:
        """Return the choices that lead to designs; to those in whose cell they are where there are reals."""
        scales = np.array(self._scales)
        numbers = np.clip(np.floor(self.space.to_unit(designs) * scales), 0, scales - 1).astype(np.int64)
        found = []
        for row in numbers.tolist():
            walk, history = self.walk(), []
            while walk.options:
                history.append(walk.towards(row))
                walk.choose(history[-1])
            found.append(tuple(history))
        return found

    @property
    def _scales(self) -> list[int]:
        """Cells of the unit interval of each column: a permutation's are all its items, whatever is left."""
        return [
            leaf.variable.size if isinstance(leaf.variable, Permutation) else levels
            for (leaf, _), levels in zip(self.columns, self.levels, strict=True)
        ]


class Walk:
    """A way down a tree, decided so far to some node.

    Parameters
    ----------
    tree
        Where it goes.

    Attributes
    ----------
    options
        Number of children of the node; 0 at a leaf.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._numbers = [_OPEN] * len(tree.columns)
        self._column = 0
        self._low, self._high = 0, 0  # what is left of the values of the column: [low, high)
        self.options = 0
        self._enter()

    def choose(self, option: int) -> None:
        """Take one of the options; `InputError` where there is no such."""
        if not 0 <= option < self.options:
            raise InputError("no such option", found=option, expected=f"a number below {self.options}")
        if self._tree.halved[self._column]:
            middle = (self._low + self._high) // 2
            self._low, self._high = (self._low, middle) if option == 0 else (middle, self._high)
            if self._high - self._low > 1:
                return
            number = self._low
        else:
            number = self._left()[option] if self._ranked else option
        self._numbers[self._column] = number
        self._column += 1
        self._enter()

    def towards(self, numbers: Sequence[int]) -> int:
        """Return the option that leads to the design with these numbers, ``[width]``."""
        number = numbers[self._column]
        if self._tree.halved[self._column]:
            return int(number >= (self._low + self._high) // 2)
        return self._left().index(number) if self._ranked else number

    def decision(self) -> Decision:
        """Say what is chosen here; `InputError` at a leaf."""
        if self.options == 0:
            raise InputError("nothing more to choose at the end of a history")
        column = self._column
        if self._tree.halved[column]:
            middle = (self._low + self._high) // 2
            options = (self._said(self._low, middle), self._said(middle, self._high))
        else:
            options = tuple(self._value(k) for k in (self._left() if self._ranked else range(self.options)))
        return Decision(self._tree.labels[column], options)

    def numbers(self) -> list[int]:
        """Return the number of the value of each column, -1 where it is not decided; `InputError` before the end."""
        if self.options:
            raise InputError("a history that ends too early", expected=f"a choice for {self._tree.labels[self._column]!r}")
        return list(self._numbers)

    def _enter(self) -> None:
        """Go on to the next column that leaves a choice."""
        tree, numbers = self._tree, self._numbers
        while self._column < len(numbers):
            column = self._column
            opened = tree.opened[column]
            if opened is None or opened[1] <= numbers[opened[0]] <= opened[2]:
                if tree.levels[column] > 1:
                    self._low, self._high = 0, tree.levels[column]
                    self.options = 2 if tree.halved[column] else tree.levels[column]
                    return
                numbers[column] = self._left()[0] if self._ranked else 0
            self._column += 1
        self.options = 0

    @property
    def _ranked(self) -> bool:
        return isinstance(self._tree.columns[self._column][0].variable, Permutation)

    def _left(self) -> list[int]:
        """Return the items of a permutation that have no place yet."""
        leaf, place = self._tree.columns[self._column]
        taken = set(self._numbers[leaf.start : leaf.start + place])
        return [item for item in range(leaf.variable.width) if item not in taken]

    def _value(self, number: int) -> Any:
        """Return what a person reads for the value of a number."""
        variable, place = self._tree.columns[self._column][0].variable, self._tree.columns[self._column][1]
        if isinstance(variable, Real):
            unit: Floats = np.full((1, variable.width), (number + 0.5) / self._tree.levels[self._column])
            return variable.value(variable.from_unit(unit)[0, place])
        return variable.value(number + (0 if isinstance(variable, Permutation) else variable.lowest))

    def _said(self, low: int, high: int) -> Any:
        return self._value(low) if high - low == 1 else f"{self._value(low)} to {self._value(high - 1)}"


def _levels(leaf: Leaf, place: int, resolution: int) -> int:
    """Return how many values one element can take when its turn comes."""
    variable = leaf.variable
    if isinstance(variable, Permutation):
        return variable.size - place
    if isinstance(variable, Real):
        low, high = variable.bounds()
        return resolution if high[place] > low[place] else 1
    return variable.levels


def _halved(leaf: Leaf, bisect: bool) -> bool:
    return isinstance(leaf.variable, Real) or (bisect and is_ordered(leaf.variable))


def _opening(leaf: Leaf, starts: dict[str, int], space: Space) -> tuple[int, int, int] | None:
    """Return the column that a leaf depends on, and the least and greatest number that opens it."""
    if leaf.condition is None:
        return None
    start = starts[leaf.condition.parent]
    lowest = int(space.bounds[0][start])
    return start, leaf.condition.low - lowest, leaf.condition.high - lowest
