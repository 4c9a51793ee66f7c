"""The expectation of a table over independent choices: exact, and with an exact slope by every probability."""

from __future__ import annotations

from torch import Tensor

from braess.errors import InputError


def expectation(table: Tensor, probabilities: Tensor) -> Tensor:
    """Return the mean of a table whose axes are drawn independently, a multilinear function of the probabilities.

    Parameters
    ----------
    table
        ``[options, ..., options]``, one axis for each choice; further axes after these are kept.
    probabilities
        ``[choices, options]``, one row for each axis.

    Returns
    -------
    Tensor
        Of the shape of the further axes.
    """
    choices, options = probabilities.shape
    if tuple(table.shape[:choices]) != (options,) * choices:
        raise InputError(
            "not a table of these choices", found=tuple(table.shape), expected=f"{choices} axes of {options} entries first"
        )
    for row in probabilities:
        table = (row @ table.reshape(options, -1)).reshape(table.shape[1:])
    return table
