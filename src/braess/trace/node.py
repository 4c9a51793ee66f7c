"""A value in a trace that behaves like the value: what is computed from it is recorded."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from braess.trace.derivatives import DERIVATIVES
from braess.trace.operators import Call, Operator

if TYPE_CHECKING:
    from braess.trace.graph import Entry, Trace


def _recorded(made: Operator, *, swapped: bool = False) -> Callable[..., Node]:
    def method(self: Node, *others: Any) -> Node:
        return self.trace.call(made, (*others, self) if swapped else (self, *others), {})

    method.__doc__ = f"Record {made.description}."
    return method


def _one(name: str, function: Callable[..., Any], text: str) -> Callable[..., Node]:
    return _recorded(Operator(name, function, text, DERIVATIVES.get(name)))


def _two(name: str, function: Callable[..., Any], text: str) -> tuple[Callable[..., Node], Callable[..., Node]]:
    made = Operator(name, function, text, DERIVATIVES.get(name))
    return _recorded(made), _recorded(made, swapped=True)


class Node:
    """A value in a trace.

    Arithmetic, comparisons, items, calls and functions of NumPy give nodes again. What plain Python asks for (``if``,
    ``float``, ``len``, formatting) is answered from the value and noted as a read, since the trace ends there. Nodes are
    told apart by what they are, not by what they hold: ``==`` compares values and gives a node.

    Parameters
    ----------
    trace, index
        Which trace, and the place in it.
    """

    __slots__ = ("index", "trace")

    def __init__(self, trace: Trace, index: int) -> None:
        self.trace = trace
        self.index = index

    @property
    def entry(self) -> Entry:
        """What is known of the node beside its value."""
        return self.trace.entries[self.index]

    @property
    def value(self) -> Any:
        """The value, without noting that it is read."""
        return self.trace.values[self.index]

    @property
    def name(self) -> str:
        """The name, unique in the run."""
        return self.entry.name

    @property
    def level(self) -> int:
        """0 for roots, else one more than that of the highest parent."""
        return self.entry.level

    @property
    def parents(self) -> tuple[Node, ...]:
        """What it was computed from."""
        return tuple(Node(self.trace, parent) for parent in self.entry.parents)

    @property
    def trainable(self) -> bool:
        """Whether it is a parameter."""
        return self.entry.trainable

    @property
    def constraint(self) -> str:
        """What a parameter must keep, in words."""
        return self.entry.constraint

    @property
    def call(self) -> Call | None:
        """How it was computed, ``None`` for roots."""
        return self.entry.call

    def __repr__(self) -> str:
        """Show name and value; this is no read."""
        return f"<{self.name} = {self.value!r}>"

    def __hash__(self) -> int:
        """Tell nodes apart by what they are."""
        return hash((id(self.trace), self.index))

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        """Record a function of NumPy that works element by element."""
        if "out" in options:
            return NotImplemented
        if method == "__call__":
            return self.trace.call(_of_numpy(ufunc), inputs, options)
        return self.trace.call(Operator(f"{ufunc.__name__}_{method}", getattr(ufunc, method)), inputs, options)

    def __array_function__(self, function: Any, _: Any, arguments: Any, keywords: Any) -> Any:
        """Record any other function of NumPy."""
        return self.trace.call(_of_numpy(function), arguments, keywords)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """Read the value as an array."""
        return self.trace.read(self.index, "array", lambda value: np.array(value, dtype=dtype))

    def __bool__(self) -> bool:
        """Read whether the value is true."""
        return bool(self.trace.read(self.index, "bool", bool))

    def __float__(self) -> float:
        """Read the value as a float."""
        return float(self.trace.read(self.index, "float", float))

    def __int__(self) -> int:
        """Read the value as a whole number."""
        return int(self.trace.read(self.index, "int", int))

    def __index__(self) -> int:
        """Read the value as an index."""
        return int(self.trace.read(self.index, "index", operator.index))

    def __str__(self) -> str:
        """Read the value as text."""
        return str(self.trace.read(self.index, "str", str))

    def __format__(self, form: str) -> str:
        """Read the value as formatted text."""
        return str(self.trace.read(self.index, "format", lambda value: format(value, form)))

    def __len__(self) -> int:
        """Read the length."""
        return int(self.trace.read(self.index, "len", len))

    def __iter__(self) -> Iterator[Node]:
        """Go through the items, nodes each; the length is read."""
        return (self[i] for i in range(len(self)))

    def __contains__(self, item: Any) -> bool:
        """Read whether an item is in the value."""
        return bool(self.trace.call(CONTAINS, (self, item), {}))

    def __getitem__(self, key: Any) -> Node:
        """Take an item."""
        return self.trace.call(ITEM, (self, key), {})

    def __call__(self, *arguments: Any, **keywords: Any) -> Node:
        """Call the value, such as a code parameter."""
        return self.trace.call(CALL, (self, *arguments), keywords)

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        """Refuse: what changes in place is not in the trace."""
        raise TypeError("values in a trace cannot be changed in place: compute a new one")

    __neg__ = _one("negative", operator.neg, "-a")
    __pos__ = _one("positive", operator.pos, "+a")
    __abs__ = _one("absolute", operator.abs, "abs(a)")
    __lt__ = _one("less", operator.lt, "a < b")
    __le__ = _one("less_equal", operator.le, "a <= b")
    __gt__ = _one("greater", operator.gt, "a > b")
    __ge__ = _one("greater_equal", operator.ge, "a >= b")
    __eq__ = _one("equal", operator.eq, "a == b")  # type: ignore[assignment]
    __ne__ = _one("not_equal", operator.ne, "a != b")  # type: ignore[assignment]
    __add__, __radd__ = _two("add", operator.add, "a + b")
    __sub__, __rsub__ = _two("subtract", operator.sub, "a - b")
    __mul__, __rmul__ = _two("multiply", operator.mul, "a * b")
    __truediv__, __rtruediv__ = _two("divide", operator.truediv, "a / b")
    __floordiv__, __rfloordiv__ = _two("floor_divide", operator.floordiv, "a // b")
    __mod__, __rmod__ = _two("remainder", operator.mod, "a % b")
    __pow__, __rpow__ = _two("power", operator.pow, "a ** b")
    __matmul__, __rmatmul__ = _two("matmul", operator.matmul, "a @ b")
    __and__, __rand__ = _two("bitwise_and", operator.and_, "a & b")
    __or__, __ror__ = _two("bitwise_or", operator.or_, "a | b")


def _of_numpy(function: Any) -> Operator:
    name = function.__name__
    if name not in _NUMPY or _NUMPY[name].function is not function:
        known = getattr(np, name, None) is function
        _NUMPY[name] = Operator(name, function, f"numpy.{name}", DERIVATIVES.get(name) if known else None)
    return _NUMPY[name]


_NUMPY: dict[str, Operator] = {}
ITEM = Operator("item", operator.getitem, "the item of a container", DERIVATIVES["item"])
CONTAINS = Operator("contains", operator.contains, "whether a container has an item", DERIVATIVES["equal"])
CALL = Operator("call", lambda function, *arguments, **keywords: function(*arguments, **keywords), "the result of a call")
