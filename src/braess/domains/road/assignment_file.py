"""Assignment files: one TOML file says which network, whose trips and by which rules, for `braess assign`."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from braess.domains.road.assignment_task import AssignmentTask, ClassTask, ElasticTask, PlainTask
from braess.domains.road.delay_settings import of_types
from braess.domains.road.elastic_demand import DemandFunction, ElasticDemand
from braess.domains.road.equilibrium import ClassAssignment, UserClass
from braess.domains.road.formats import read_link_values, read_matrix
from braess.domains.road.links import find_links
from braess.domains.road.network import Bools, Demand, Floats, RoadNetwork
from braess.domains.road.source import NetworkSource
from braess.domains.road.units import Units
from braess.errors import InputError, within
from braess.study.domain import FileReport
from braess.study.tables import TomlText

_ROUNDING = 1e-9  # by which shares may add up to more than 1


@dataclass(frozen=True, kw_only=True)
class ClassSettings:
    """One class of users: its trips, and what it pays and may use.

    Parameters
    ----------
    name
        What results call it.
    demand
        Path of its trips, in vehicles; this or ``share``.
    share
        Its share of the demand of the file, in vehicles.
    value_of_time
        Units of toll one unit of time is worth to it; left out: one over the toll factor.
    distance_factor
        Time per unit of length in its generalised cost, in place of the file's.
    passenger_car_units
        How much capacity one of its vehicles takes up, in units of an ordinary car's.
    toll
        Path of a csv file with what it pays on some links, ``init_node,term_node,toll``, in place of the tolls of all.
    toll_per_length
        What it pays per unit of length on every link, on top of other tolls.
    banned
        Links it may not use, as ``"12->7"``.
    banned_types
        Types of links it may not use, as in the network's column ``link_type``.
    """

    name: str
    demand: str | None = None
    share: float | None = None
    value_of_time: float | None = None
    distance_factor: float | None = None
    passenger_car_units: float = 1.0
    toll: str | None = None
    toll_per_length: float | None = None
    banned: tuple[str, ...] = ()
    banned_types: tuple[int, ...] = ()

    def build(self, network: RoadNetwork, demand: Demand, folder: Path) -> UserClass:
        """Build the class with its trips; raises `InputError`."""
        return UserClass(
            self.name,
            demand,
            value_of_time=self.value_of_time,
            toll=self._tolls(network, folder),
            distance_factor=self.distance_factor,
            banned=_links(network, self.banned, "banned") | of_types(network, self.banned_types, "banned_types"),
            passenger_car_units=self.passenger_car_units,
        )

    def _tolls(self, network: RoadNetwork, folder: Path) -> Floats | None:
        if self.toll is None and self.toll_per_length is None:
            return None
        if self.value_of_time is None and network.toll_factor == 0:
            raise InputError("its tolls weigh nothing", field="value_of_time", expected="a number, or a toll_factor above")
        base = network.toll
        if self.toll is not None:
            base = read_link_values(folder / self.toll, network, "toll", otherwise=base)
        return base + (self.toll_per_length or 0.0) * network.length


@dataclass(frozen=True, kw_only=True)
class ElasticSettings:
    """How the trips answer to what they cost.

    Parameters
    ----------
    elasticity
        Percent of the trips lost per percent of cost, at the reference.
    function
        ``linear``, ``exponential`` or ``power`` (constant elasticity).
    reference
        Costs at which the trips of the demand are made: ``equilibrium`` for those at user equilibrium on the network as
        it is without the file's ``toll`` and ``closed``, or the path of a matrix ``origin,destination,cost`` (csv or OMX)
        as ``--skims`` writes it.
    """

    elasticity: float
    function: DemandFunction = "exponential"
    reference: str = "equilibrium"


@dataclass(frozen=True, kw_only=True)
class AssignmentSettings(NetworkSource):
    """The keys of an assignment file.

    Parameters
    ----------
    principle
        ``user-equilibrium``, or ``system-optimum``.
    relative_gap
        Precision to reach.
    time_unit
        What travel times are stated in (``s``, ``min``, ``h``); needed for Akçelik's function.
    toll
        Path of a csv file with tolls of some links, ``init_node,term_node,toll``; others keep theirs.
    closed
        Links that nobody can use, as ``"12->7"``.
    user_class
        Several classes of users, in place of one.
    elastic
        Demand that depends on what trips cost; not together with classes.
    """

    principle: Literal["user-equilibrium", "system-optimum"] = "user-equilibrium"
    relative_gap: float = 1e-10
    time_unit: str | None = None
    toll: str | None = None
    closed: tuple[str, ...] = ()
    user_class: tuple[ClassSettings, ...] = ()
    elastic: ElasticSettings | None = None

    def build(self, folder: Path) -> AssignmentTask:
        """Prepare the assignment; relative paths start at a folder.

        Raises
        ------
        InputError
            Anything in the settings or in the files they name that cannot be used.
        """
        if not 0 < self.relative_gap < 1:
            raise InputError("impossible precision", field="relative_gap", found=self.relative_gap, expected="between 0 and 1")
        if self.user_class and self.elastic is not None:
            raise InputError("demand of several classes cannot be elastic", field="elastic", expected="this or user_class")
        self._check_classes()
        as_it_is, demand = self._roads(folder)
        network = self._tolled(as_it_is, folder)
        common: dict[str, Any] = {
            "principle": self.principle,
            "relative_gap": self.relative_gap,
            "open_links": ~_links(network, self.closed, "closed") if self.closed else None,
        }
        if self.user_class:
            classes = self._classes(network, demand, folder)
            return ClassTask(network, assignment=ClassAssignment(network, classes, principle=self.principle), **common)
        if self.elastic is None:
            return PlainTask(network, demand=demand, **common)
        return self._elastic(self.elastic, network, demand, as_it_is, folder, common)

    def _roads(self, folder: Path) -> tuple[RoadNetwork, Demand]:
        """Load the network; where every class brings its trips, it needs no demand of its own."""
        own = [one.demand for one in self.user_class]
        network, demand = self.read(folder, own[0] if self.demand is None and own and None not in own else None)
        return self.with_traffic(network, folder, Units(self.time_unit)), demand

    def _tolled(self, network: RoadNetwork, folder: Path) -> RoadNetwork:
        if self.toll is None:
            return network
        valued = self.user_class and all(one.value_of_time is not None for one in self.user_class)
        if network.toll_factor == 0 and not valued:
            expected = "a toll_factor above 0, or a value_of_time of each class"
            raise InputError("the tolls weigh nothing", field="toll", found=self.toll, expected=expected)
        return network.with_links(toll=read_link_values(folder / self.toll, network, "toll", otherwise=network.toll))

    def _check_classes(self) -> None:
        names: list[str] = []
        for at, one in enumerate(self.user_class):
            with within(f"user_class.{at}"):
                if not one.name or one.name in names:
                    raise InputError("classes must have different names", field="name", found=one.name)
                if (one.demand is None) == (one.share is None):
                    raise InputError("say once what trips the class makes", field="demand, share", expected="one of the two")
                if one.share is not None and not 0 < one.share <= 1:
                    raise InputError("impossible share", field="share", found=one.share, expected="between 0 and 1")
            names.append(one.name)
        total = sum(one.share or 0.0 for one in self.user_class)
        if total > 1 + _ROUNDING:
            raise InputError("the shares are more than all trips", field="user_class", found=total, expected="at most 1")

    def _classes(self, network: RoadNetwork, demand: Demand, folder: Path) -> list[UserClass]:
        found = []
        for at, one in enumerate(self.user_class):
            with within(f"user_class.{at}"):
                trips = self.read(folder, one.demand)[1] if one.share is None else demand.scaled(one.share)
                found.append(one.build(network, trips, folder))
        return found

    def _elastic(
        self,
        elastic: ElasticSettings,
        network: RoadNetwork,
        demand: Demand,
        as_it_is: RoadNetwork,
        folder: Path,
        common: dict[str, Any],
    ) -> ElasticTask:
        with within("elastic"):
            if not 0 < elastic.elasticity < np.inf:
                raise InputError("impossible", field="elasticity", found=elastic.elasticity, expected="finite and more than 0")
            task = ElasticTask(
                network,
                demand=demand,
                elasticity=elastic.elasticity,
                function=elastic.function,
                as_it_is=as_it_is,
                **common,
            )
            if elastic.reference == "equilibrium":
                return task
            cost = read_matrix(folder / elastic.reference, "cost", network.node_ids[network.zone_nodes])
            try:
                known = ElasticDemand(demand, cost, elastic.elasticity, elastic.function)
            except InputError as error:
                raise InputError(error.message, file=folder / elastic.reference, field="cost", found=error.found) from None
            return replace(task, known=known)


@dataclass(frozen=True)
class AssignmentFile:
    """An assignment file that was read.

    Parameters
    ----------
    settings
        Its keys.
    source
        Its text.
    folder
        Where its relative paths start.
    """

    settings: AssignmentSettings
    source: TomlText
    folder: Path

    def build(self, **changes: Any) -> AssignmentTask:
        """Prepare the assignment, with some keys of the settings in place of the file's.

        Raises
        ------
        InputError
            As in `AssignmentSettings.build`, with file and line.
        """
        task: AssignmentTask = self.source.located("", replace(self.settings, **changes).build, self.folder)
        return task


def read_assignment(path: str | Path) -> AssignmentFile:
    """Read and check an assignment file.

    Raises
    ------
    InputError
        The file is missing, is not TOML, or has an unknown key or a wrong value; says on which line.
    """
    path = Path(path)
    source = TomlText.of(path)
    if "problem" in source.tables:
        raise InputError("is a study file", file=path, field="problem", expected="braess run, or an assignment file")
    settings = source.settings(AssignmentSettings, source.tables)
    return AssignmentFile(settings, source, path.resolve().parent)


def check_assignment(path: str | Path) -> FileReport:
    """Read an assignment file and all it names, without solving it; the kind is unknown where it is something else."""
    report = FileReport(str(path))
    try:
        tables = TomlText.of(path).tables
    except InputError:
        return report
    if "problem" in tables or not tables.keys() & {item.name for item in fields(AssignmentSettings)}:
        return report
    report.kind = "assignment file"
    try:
        report.summary = read_assignment(path).build().summary()
    except InputError as error:
        report.problems.append(error)
    return report


def _links(network: RoadNetwork, labels: tuple[str, ...], field: str) -> Bools:
    found = np.zeros(network.links, np.bool_)
    try:
        found[find_links(network, labels)] = True
    except InputError as error:
        raise InputError(error.message, field=field, found=error.found, expected=error.expected) from None
    return found
