"""The space of designs: named variables, flattened to leaves with the conditions under which they are decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np

from braess.errors import InputError, nearest
from braess.space._vector import Array, Bools, Floats
from braess.space.counting import cardinality, log_number, shares
from braess.space.description import describe_variable, restore_variable
from braess.space.designs import Designs
from braess.space.leaves import Leaf, walk
from braess.space.structure import Choice, Repeat
from braess.space.variables import LeafVariable

Variable: TypeAlias = "LeafVariable | Choice | Repeat | Space"
Over: TypeAlias = Literal["variables", "designs"]


@dataclass(frozen=True, eq=False)
class Space:
    """What may be decided: an ordered set of named variables.

    Parameters
    ----------
    variables
        Name to variable: a plain one, a `Choice`, a `Repeat`, or another space, whose variables are then always decided.
        Names hold no dots: dots separate the levels of a path such as ``"operation.conv.kernel"``. What several parts of a
        design share is one variable that all of them read.

    Examples
    --------
    >>> from braess.space import Binary, Choice, Integer
    >>> convolution = Space({"kernel": Integer(low=1, high=7)})
    >>> space = Space({"lanes": Binary(size=3), "operation": Choice({"none": None, "conv": convolution})})
    >>> [leaf.path for leaf in space.leaves]
    ['lanes', 'operation', 'operation.conv.kernel']
    """

    variables: Mapping[str, Variable]
    leaves: tuple[Leaf, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the names and lay out the leaves."""
        object.__setattr__(self, "variables", dict(self.variables))
        for name in self.variables:
            if not name or "." in name:
                raise InputError("not a name for a variable", field="variables", found=name, expected="text without dots")
        leaves: list[Leaf] = []
        start = 0
        for path, variable, condition in walk(self.variables, "", None):
            leaves.append(Leaf(path, variable, start, condition))
            start += variable.width
        object.__setattr__(self, "leaves", tuple(leaves))

    @cached_property
    def width(self) -> int:
        """Columns of the flat matrix."""
        return sum(leaf.variable.width for leaf in self.leaves)

    @cached_property
    def kinds(self) -> frozenset[str]:
        """Kinds of the leaves (``"binary"``, ``"integer"``, ``"categorical"``, ``"real"``, ``"permutation"``)."""
        return frozenset(leaf.variable.kind for leaf in self.leaves)

    @cached_property
    def conditional(self) -> bool:
        """Whether some leaves are decided only under a condition."""
        return any(leaf.condition is not None for leaf in self.leaves)

    @cached_property
    def cardinality(self) -> float:
        """Number of different designs; infinite with a real variable or past the range of a float."""
        return cardinality(self.variables)

    @cached_property
    def log_number(self) -> float:
        """Natural logarithm of the number of designs where a real variable counts as one; never infinite."""
        return log_number(self.variables)

    @cached_property
    def _shares(self) -> dict[str, Floats]:
        return dict(shares(self.variables, ""))

    @cached_property
    def bounds(self) -> tuple[Floats, Floats]:
        """Lowest and highest value of each column of the flat matrix, ``[width]`` each."""
        pairs = [leaf.variable.bounds() for leaf in self.leaves]
        if not pairs:
            return np.empty(0), np.empty(0)
        return np.concatenate([low for low, _ in pairs]), np.concatenate([high for _, high in pairs])

    def leaf(self, path: str) -> Leaf:
        """Return the leaf at a path; an unknown one raises `InputError` with the nearest right path."""
        for leaf in self.leaves:
            if leaf.path == path:
                return leaf
        raise InputError(f"no such variable{nearest(path, [leaf.path for leaf in self.leaves])}", field=path)

    def column_labels(self) -> list[str]:
        """Name each column of the flat matrix, ``[width]``."""
        names = []
        for leaf in self.leaves:
            variable = leaf.variable
            if variable.size is None:
                names.append(leaf.path)
            else:
                names += [f"{leaf.path}[{label}]" for label in variable.labels or range(variable.width)]
        return names

    def activity(self, arrays: Mapping[str, Array], n: int) -> dict[str, Bools]:
        """Tell for each leaf which of ``[n]`` designs decide it: its parent is decided and has the right value."""
        active: dict[str, Bools] = {}
        for leaf in self.leaves:
            if leaf.condition is None:
                active[leaf.path] = np.ones(n, dtype=np.bool_)
            else:
                parent = arrays[leaf.condition.parent]
                holds = (parent >= leaf.condition.low) & (parent <= leaf.condition.high)
                active[leaf.path] = holds & active[leaf.condition.parent]
        return active

    def designs(self, arrays: Mapping[str, Any]) -> Designs:
        """Build a checked batch from one array per leaf.

        Parameters
        ----------
        arrays
            Path of each leaf to ``[n]`` or ``[n, size]`` stored values (options of a categorical by index). A leaf
            that no design decides may be left out. Where a leaf is inactive its value is ignored.

        Raises
        ------
        InputError
            An unknown or missing variable, a wrong shape or a value that the variable cannot take; names the row.
        """
        for path in arrays:
            self.leaf(path)
        given = {path: np.asarray(array) for path, array in arrays.items()}
        n = next((array.shape[0] for array in given.values() if array.ndim), 0)
        matrices: dict[str, Array] = {}
        for leaf in self.leaves:
            matrices[leaf.path] = _as_matrix(leaf, given.get(leaf.path), n)
        return self._canonical(matrices, n, missing=self.paths - given.keys())

    @cached_property
    def paths(self) -> frozenset[str]:
        """Paths of all leaves."""
        return frozenset(leaf.path for leaf in self.leaves)

    def _canonical(self, matrices: Mapping[str, Array], n: int, missing: frozenset[str] = frozenset()) -> Designs:
        arrays: dict[str, Array] = {}
        active: dict[str, Bools] = {}
        for leaf in self.leaves:
            values, variable, condition = matrices[leaf.path], leaf.variable, leaf.condition
            decided: Bools | None = None
            if condition is not None:
                parent = arrays[condition.parent]
                decided = (parent >= condition.low) & (parent <= condition.high) & active[condition.parent]
                values = np.where(decided[:, None], values, variable.default())
            active[leaf.path] = np.ones(n, dtype=np.bool_) if decided is None else decided
            if leaf.path in missing and active[leaf.path].any():
                raise InputError("no values for a variable that is decided", field=leaf.path)
            bad = variable.invalid(values)
            if bad.any():
                row = int(np.flatnonzero(bad)[0])
                found = values[row].tolist() if variable.size is not None else values[row, 0].item()
                raise InputError(f"impossible value in design {row}", field=leaf.path, found=found, expected=variable.expected)
            typed = values.astype(variable.dtype) + variable.dtype.type(0)  # adding zero turns -0.0 into 0.0
            arrays[leaf.path] = typed.reshape(variable.shape(n))
        return Designs(self, arrays, n)

    def sample(self, n: int, rng: np.random.Generator, over: Over = "variables") -> Designs:
        """Draw ``n`` designs.

        Parameters
        ----------
        n
            How many.
        rng
            Where they come from.
        over
            ``"variables"``: each variable that is decided is uniform among its values, so that an option that opens few designs
            comes as often as one that opens many; ``"designs"``: each design is equally likely (reals, which cannot be
            counted, are uniform between their bounds in each design). Without conditions the two are the same.
        """
        weighted = self._shares if over == "designs" else {}
        drawn: dict[str, Array] = {}
        for leaf in self.leaves:
            if leaf.path in weighted:
                share = weighted[leaf.path]
                drawn[leaf.path] = leaf.variable.bounds()[0] + rng.choice(len(share), size=(n, 1), p=share)
            else:
                drawn[leaf.path] = leaf.variable.sample(n, rng)
        return self._canonical(drawn, n)

    def from_rows(self, rows: Sequence[Mapping[str, Any]]) -> Designs:
        """Build a checked batch from dictionaries as `Designs.rows` writes them (inactive leaves left out)."""
        columns: dict[str, Array] = {}
        for leaf in self.leaves:
            variable = leaf.variable
            column = np.tile(variable.default(), (len(rows), 1)).astype(np.float64)
            for i, row in enumerate(rows):
                if leaf.path in row:
                    entry = row[leaf.path]
                    values = [variable.code(e) for e in (entry if variable.size is not None else [entry])]
                    column[i] = _as_floats(leaf, values)
            columns[leaf.path] = column
        for i, row in enumerate(rows):
            for path in row:
                self.leaf(path)
            self._require_decided(columns, i, row)
        return self._canonical(columns, len(rows))

    def _require_decided(self, columns: Mapping[str, Array], i: int, row: Mapping[str, Any]) -> None:
        decided: dict[str, bool] = {}
        for leaf in self.leaves:
            condition = leaf.condition
            decided[leaf.path] = condition is None or (
                decided[condition.parent] and condition.low <= columns[condition.parent][i, 0] <= condition.high
            )
            if decided[leaf.path] and leaf.path not in row:
                raise InputError(f"design {i} does not decide a variable", field=leaf.path, expected=leaf.variable.expected)

    def flatten(self, designs: Designs) -> tuple[Floats, Bools]:
        """Write a batch as one float matrix ``[n, width]`` and a mask ``[n, width]`` of what each design decides."""
        n = len(designs)
        matrix = np.empty((n, self.width))
        mask = np.empty((n, self.width), dtype=np.bool_)
        active = designs.active
        for leaf in self.leaves:
            matrix[:, leaf.columns] = designs[leaf.path].reshape(n, leaf.variable.width)
            mask[:, leaf.columns] = active[leaf.path][:, None]
        return matrix, mask

    def unflatten(self, matrix: Any) -> Designs:
        """Read a batch from a float matrix ``[n, width]`` of exact values; anything else raises `InputError`."""
        values = self._as_flat(matrix)
        return self._canonical({leaf.path: values[:, leaf.columns] for leaf in self.leaves}, len(values))

    def to_unit(self, designs: Designs) -> Floats:
        """Write a batch as ``[n, width]`` numbers in [0, 1] (logarithms where asked, middles of cells, ranks)."""
        n = len(designs)
        unit = np.empty((n, self.width))
        for leaf in self.leaves:
            unit[:, leaf.columns] = leaf.variable.to_unit(designs[leaf.path].reshape(n, leaf.variable.width))
        return unit

    def from_unit(self, matrix: Any) -> Designs:
        """Read the nearest designs to ``[n, width]`` numbers meant to lie in [0, 1]; outside counts as the nearer end."""
        unit = self._as_flat(matrix)
        return self._canonical({leaf.path: leaf.variable.from_unit(unit[:, leaf.columns]) for leaf in self.leaves}, len(unit))

    def _as_flat(self, matrix: Any) -> Floats:
        values = np.asarray(matrix, dtype=np.float64)
        if values.ndim != 2 or values.shape[1] != self.width:
            raise InputError("not a flat matrix of this space", found=values.shape, expected=f"[n, {self.width}]")
        if np.isnan(values).any():
            raise InputError(
                "the flat matrix holds NaN", found=int(np.isnan(values).any(axis=1).sum()), expected="no such rows"
            )
        return values

    def concatenate(self, batches: Sequence[Designs]) -> Designs:
        """Join batches of this space into one."""
        n = sum(len(batch) for batch in batches)
        if not batches:
            return self._canonical({leaf.path: np.empty((0, leaf.variable.width)) for leaf in self.leaves}, 0)
        arrays = {leaf.path: np.concatenate([batch[leaf.path] for batch in batches]) for leaf in self.leaves}
        return Designs(self, arrays, n)

    def unpack(self, packed: Sequence[bytes]) -> Designs:
        """Read a batch from the bytes of `Designs.pack`; anything else raises `InputError`."""
        itemsizes = [leaf.variable.width * leaf.stored.itemsize for leaf in self.leaves]
        total = sum(itemsizes)
        for i, row in enumerate(packed):
            if len(row) != total:
                raise InputError(f"packed design {i} has the wrong length", found=len(row), expected=f"{total} bytes")
        block = np.frombuffer(b"".join(packed), dtype=np.uint8).reshape(len(packed), total)
        matrices: dict[str, Array] = {}
        offset = 0
        for leaf, size in zip(self.leaves, itemsizes, strict=True):
            part = np.ascontiguousarray(block[:, offset : offset + size])
            matrices[leaf.path] = part.view(leaf.stored).reshape(len(packed), leaf.variable.width)
            offset += size
        return self._canonical(matrices, len(packed))

    def describe(self) -> dict[str, Any]:
        """Describe the space as plain data (for the record); `Space.restore` is the inverse."""
        return {name: describe_variable(variable) for name, variable in self.variables.items()}

    @classmethod
    def restore(cls, description: Mapping[str, Any]) -> Space:
        """Build a space from what `describe` wrote; anything else raises `InputError`."""
        return cls({name: restore_variable(entry, cls.restore) for name, entry in description.items()})


def _as_floats(leaf: Leaf, values: Any) -> Floats:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError("not a number", field=leaf.path, found=values, expected=leaf.variable.expected) from error
    if array.shape != (leaf.variable.width,):
        raise InputError("wrong number of elements", field=leaf.path, found=len(array), expected=str(leaf.variable.width))
    return array


def _as_matrix(leaf: Leaf, array: Array | None, n: int) -> Array:
    if array is None:
        return np.tile(leaf.variable.default(), (n, 1))
    if array.shape != leaf.variable.shape(n):
        raise InputError("wrong shape", field=leaf.path, found=array.shape, expected=str(leaf.variable.shape(n)))
    if array.dtype.kind not in "biuf":
        raise InputError("not numbers", field=leaf.path, found=str(array.dtype), expected=leaf.variable.expected)
    return array.reshape(n, leaf.variable.width)
