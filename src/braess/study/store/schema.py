"""The tables of a record, and their version."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Integer, LargeBinary, MetaData, String, Table, Text

VERSION = 1
APPLICATION = "braess"

metadata = MetaData()

about = Table(
    "braess_record",
    metadata,
    Column("application", String(20), primary_key=True),
    Column("version", Integer, nullable=False),
)

study = Table(
    "study",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("created", String(40), nullable=False),  # ISO 8601, UTC
    Column("braess", String(40), nullable=False),
    Column("seed", String(80), nullable=False),  # decimal: seeds may be larger than an integer column
    Column("batch", Integer, nullable=False),
    Column("problem", Text, nullable=False),  # this and the next five: JSON
    Column("search", Text, nullable=False),
    Column("space", Text, nullable=False),
    Column("objectives", Text, nullable=False),
    Column("constraints", Text, nullable=False),
    Column("budget", Text, nullable=False),
    Column("status", String(40), nullable=False),
    Column("message", Text, nullable=False),
    Column("study_file", Text),
    Column("study_folder", Text),
    Column("elapsed", Float, nullable=False),  # seconds, all sittings together
)

evaluation = Table(
    "evaluation",
    metadata,
    Column("study_id", Integer, ForeignKey("study.id"), primary_key=True),
    Column("position", Integer, primary_key=True),  # in the order in which the search asked
    Column("design", LargeBinary, nullable=False),  # braess.space.Designs.pack
    Column("objectives", LargeBinary, nullable=False),  # little-endian float64
    Column("constraints", LargeBinary, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("elapsed", Float, nullable=False),
    Column("exact", Boolean, nullable=False),
    Column("error", Text),
    sqlite_with_rowid=False,
)

artifact = Table(
    "artifact",
    metadata,
    Column("study_id", Integer, ForeignKey("study.id"), primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("media_type", String(200), nullable=False),
    Column("data", LargeBinary, nullable=False),
)

claim = Table(  # who carries a study out at the moment
    "claim",
    metadata,
    Column("study_id", Integer, ForeignKey("study.id"), primary_key=True),
    Column("owner", String(40), nullable=False),
    Column("host", String(200), nullable=False),
    Column("process", Integer, nullable=False),
    Column("started", String(40), nullable=False),  # of the process: its number may be given again
    Column("heartbeat", Float, nullable=False),  # seconds since 1970
)
