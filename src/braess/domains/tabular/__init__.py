"""Tables under differential privacy: measure a secret table with noise, find a synthetic one that answers the same.

For research: the noise is floating-point and its generator is not cryptographic.
"""

from braess.domains.tabular.columns import Category, Number, Table, TableDomain, Whole
from braess.domains.tabular.files import domain_of, read_domain, read_table, write_table
from braess.domains.tabular.measuring import Measurement, measure, measure_adaptively
from braess.domains.tabular.privacy import epsilon_of, gaussian_scale, gumbel_scale, rho_of
from braess.domains.tabular.problem import PrivateTable
from braess.domains.tabular.queries import Asked, HalfSpaces, Marginals, Prefixes, workloads_of
from braess.domains.tabular.release import Adaptive, Budget, Release, fit, private_problem, release
from braess.domains.tabular.workloads import Workload

__all__ = [
    "Adaptive",
    "Asked",
    "Budget",
    "Category",
    "HalfSpaces",
    "Marginals",
    "Measurement",
    "Number",
    "Prefixes",
    "PrivateTable",
    "Release",
    "Table",
    "TableDomain",
    "Whole",
    "Workload",
    "domain_of",
    "epsilon_of",
    "fit",
    "gaussian_scale",
    "gumbel_scale",
    "measure",
    "measure_adaptively",
    "private_problem",
    "read_domain",
    "read_table",
    "release",
    "rho_of",
    "workloads_of",
    "write_table",
]
