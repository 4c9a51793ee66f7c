"""The file of a sample: Parquet, one row an example, one column an array, with where it comes from in its metadata."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from braess.errors import InputError
from braess.problem import Answers

ERROR = "error"
_KEY = b"braess"
_FORMAT = 1
_GROUP = 4096  # rows that are compressed together


@dataclass(frozen=True, eq=False)
class Samples:
    """Examples of what a follower answers.

    Parameters
    ----------
    columns
        Arrays ``[n, ...]`` by name: what was drawn, and what the follower answered (not-a-number where it did not).
    errors
        ``[n]`` why there is no answer, ``None`` where there is one.
    facts
        Where the sample comes from, as plain data: ``constants`` (what was drawn, and what columns are of), ``seed``,
        ``deviation``, ``relative_gap``, ``version``.
    """

    columns: dict[str, NDArray[Any]] = field(repr=False)
    errors: tuple[str | None, ...] = field(repr=False)
    facts: dict[str, Any] = field(repr=False)

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.errors)

    def take(self, rows: slice) -> Samples:
        """Return some of the examples."""
        return Samples({name: column[rows] for name, column in self.columns.items()}, self.errors[rows], self.facts)


def read_samples(path: str | Path, columns: Sequence[str] | None = None) -> Samples:
    """Read a sample.

    Parameters
    ----------
    path
        What `braess sample` wrote.
    columns
        Names of the columns wanted; left out: all.

    Raises
    ------
    InputError
        There is no such file, it is no sample, or it has no such column.
    """
    from pyarrow import ArrowException

    parquet = _parquet(path)
    try:
        with parquet.ParquetFile(path) as file:
            facts = _facts_of(file, path)
            names = [name for name in file.schema_arrow.names if name != ERROR]
            for name in columns or ():
                if name not in names:
                    raise InputError("no such column", file=path, field=name, expected=f"one of {', '.join(names)}")
            wanted = names if columns is None else list(columns)
            table = file.read([*wanted, ERROR])
    except FileNotFoundError:
        raise InputError("there is no such file", file=path) from None
    except (ArrowException, OSError) as error:
        raise InputError(f"this is no Parquet file: {error}", file=path, expected="what braess sample wrote") from None
    found = {name: _array(table.column(name).combine_chunks()) for name in wanted}
    return Samples(found, tuple(table.column(ERROR).to_pylist()), facts)


def read_facts(path: str | Path) -> tuple[dict[str, Any], int]:
    """Return where a sample comes from, and how many examples it has; raises as `read_samples` does."""
    samples = read_samples(path, [])
    return samples.facts, len(samples)


def write_samples(path: Path, parts: Iterator[Answers], facts: dict[str, Any]) -> int:
    """Write a sample from parts that each hold all columns, at once or not at all.

    Returns
    -------
    Number of examples without an answer.
    """
    import pyarrow as pa

    parquet, writer, failed, waiting = _parquet(path), None, 0, list[Any]()
    text = json.dumps({"format": _FORMAT} | facts).encode()
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        for part in parts:
            arrays = {name: _column(np.asarray(array)) for name, array in part.columns.items()}
            arrays[ERROR] = pa.array(part.errors, pa.string())
            table = pa.table(arrays).replace_schema_metadata({_KEY: text})
            if writer is None:
                writer = parquet.ParquetWriter(unfinished, table.schema, compression="zstd")
            waiting.append(table)
            if sum(map(len, waiting)) >= _GROUP:
                writer.write_table(pa.concat_tables(waiting))
                waiting = []
            failed += sum(error is not None for error in part.errors)
        if writer is not None and waiting:
            writer.write_table(pa.concat_tables(waiting))
    finally:
        if writer is not None:
            writer.close()
    os.replace(unfinished, path)
    return failed


def _parquet(path: str | Path) -> Any:
    try:
        from pyarrow import parquet
    except ImportError:
        raise InputError("samples need the package pyarrow", file=path, expected="pip install 'braess[learn]'") from None
    return parquet


def _facts_of(file: Any, path: str | Path) -> dict[str, Any]:
    text = (file.schema_arrow.metadata or {}).get(_KEY)
    if text is None or ERROR not in file.schema_arrow.names:
        raise InputError("this is no sample", file=path, expected="what braess sample wrote")
    facts: dict[str, Any] = json.loads(text)
    if facts["format"] != _FORMAT:
        raise InputError("this sample is of another version of braess", file=path, field="format", found=facts["format"])
    return facts


def _column(array: NDArray[Any]) -> Any:
    """Return numbers ``[n]`` or ``[n, k]`` as a column."""
    import pyarrow as pa

    flat = pa.array(np.ascontiguousarray(array).reshape(-1))
    return flat if array.ndim == 1 else pa.FixedSizeListArray.from_arrays(flat, array.shape[1])


def _array(column: Any) -> NDArray[Any]:
    """Return a column as numbers ``[n]`` or ``[n, k]``."""
    import pyarrow as pa

    if not pa.types.is_fixed_size_list(column.type):
        plain: NDArray[Any] = column.to_numpy(zero_copy_only=False)
        return plain
    flat: NDArray[Any] = column.flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(len(column), column.type.list_size)
