"""What is released of a secret table: noisy answers to workloads, under a budget of zero-concentrated differential privacy.

For research: the noise is floating-point and comes from a generator that is not cryptographic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from braess.domains.tabular.columns import Floats, Table
from braess.domains.tabular.privacy import gaussian_scale, gumbel_scale
from braess.domains.tabular.workloads import Workload
from braess.errors import InputError

Fit = Callable[["tuple[Measurement, ...]"], Floats]


@dataclass(frozen=True, eq=False)
class Measurement:
    """A workload with its noisy answers: what may be published.

    Parameters
    ----------
    workload
        What was asked.
    answers
        ``[m]`` with normal noise; not clipped to [0, 1], which would bias the small ones upwards.
    scale
        Standard deviation of the noise of each answer.
    """

    workload: Workload
    answers: Floats
    scale: float


def measure(table: Table, workloads: Sequence[Workload], rho: float, noise: np.random.Generator) -> tuple[Measurement, ...]:
    """Answer workloads once, each with the same share of a budget.

    Parameters
    ----------
    table
        The secret.
    workloads
        What is asked.
    rho
        Budget of all together; infinite for no noise.
    noise
        Where the noise comes from; its state is as secret as the table.
    """
    share = rho / len(workloads)
    found = []
    for workload in workloads:
        scale = gaussian_scale(workload.sensitivity / len(table), share)
        answers = workload.answers(table.cells) + scale * noise.standard_normal(workload.size)
        found.append(Measurement(workload, answers, scale))
    return tuple(found)


def measure_adaptively(
    table: Table,
    workloads: Sequence[Workload],
    rho: float,
    noise: np.random.Generator,
    *,
    rounds: int,
    each: int,
    start: Floats,
    fit: Fit,
) -> tuple[Measurement, ...]:
    """Answer in each round the workloads that a table fitted so far is most wrong about.

    Half of a round's budget names them, by report-noisy-max with Gumbel noise on the largest error of each workload; the other
    half measures them. Only what was measured is seen by ``fit``.

    Parameters
    ----------
    table, workloads, rho, noise
        As of `measure`.
    rounds, each
        Rounds, and workloads measured in each.
    start
        ``[N', d]`` cells of the table that the first round judges.
    fit
        Returns the cells fitted to all measurements so far.

    Raises
    ------
    InputError
        More rounds or workloads than there are.
    """
    if rounds < 1 or each < 1 or rounds * each > len(workloads):
        raise InputError(
            "impossible number of measurements",
            field="rounds, each",
            found=(rounds, each),
            expected=f"a product from 1 to the number of workloads, {len(workloads)}",
        )
    share = rho / (2.0 * rounds)
    scale = gumbel_scale(1.0 / len(table), share, each)
    truth = [workload.answers(table.cells) for workload in workloads]
    left = list(range(len(workloads)))
    found: tuple[Measurement, ...] = ()
    cells = start
    for turn in range(rounds):
        errors = [float(np.abs(truth[at] - workloads[at].answers(cells)).max()) for at in left]
        noisy = np.array(errors) + scale * noise.gumbel(size=len(left))
        chosen = [left[at] for at in np.argsort(-noisy, kind="stable")[:each]]
        found += measure(table, [workloads[at] for at in chosen], share, noise)
        left = [at for at in left if at not in chosen]
        if turn + 1 < rounds:
            cells = fit(found)
    return found
