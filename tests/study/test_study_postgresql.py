"""The record on PostgreSQL: the same tables and statements; a live server is used where BRAESS_TEST_POSTGRESQL names one."""

from __future__ import annotations

import os
import threading
import time
import uuid
from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from braess.errors import InputError, StoreError
from braess.problem import Evaluations
from braess.search.genetic import Genetic
from braess.space import Designs
from braess.study import Budget, Result, Snapshot, Status, Study, list_studies, open_result
from braess.study.store import claims
from braess.study.store.schema import claim, evaluation, metadata, study
from braess.testing import Knapsack

URL = os.environ.get("BRAESS_TEST_POSTGRESQL")
live = pytest.mark.skipif(URL is None, reason="BRAESS_TEST_POSTGRESQL names no server, such as postgresql://user@host/database")


class Hostile(Knapsack):
    """Half of the evaluations fail with a text that a database may refuse."""

    def evaluate(self, designs: Designs) -> Evaluations:
        found = super().evaluate(designs)
        odd = designs["items"][:, 0] == 1
        return replace(found, errors=tuple("nul \0, lone \udcff, ${x}" if fails else None for fails in odd))


def make(name: str, evaluations: int = 400, store: str | None = URL, **options: Any) -> Study:
    budget = Budget(evaluations=evaluations)
    problem = options.pop("problem", Knapsack())
    return Study(problem, Genetic(population=20), budget=budget, store=store, name=name, progress="off", **options)


def values(result: Result) -> list[Any]:
    found = result.evaluations
    return [result.designs.pack(), found.objectives.tobytes(), found.constraints.tobytes(), found.errors, result.status]


@pytest.fixture
def name() -> str:
    """A name no earlier run of the tests has left on the server."""
    return f"test {uuid.uuid4().hex}"


def test_tables_and_statements_compile() -> None:
    """Every table and the statements that differ between databases must be PostgreSQL, whether a server is there or not."""
    dialect = postgresql.dialect()
    tables = {table.name: str(CreateTable(table).compile(dialect=dialect)) for table in metadata.sorted_tables}
    assert set(tables) == {"braess_record", "study", "evaluation", "artifact", "claim"}
    assert "BYTEA" in tables["evaluation"]
    assert "PRIMARY KEY (study_id, position)" in tables["evaluation"]
    assert "WITHOUT ROWID" not in tables["evaluation"]
    insert = str(postgresql.insert(evaluation).on_conflict_do_nothing().compile(dialect=dialect))
    assert insert.endswith("ON CONFLICT DO NOTHING")
    for table in (study, evaluation, claim):
        assert "SELECT" in str(select(table).compile(dialect=dialect))


def test_server_that_does_not_answer() -> None:
    """No driver, or nobody at the port: an error of ours, without the password."""
    for use in (
        make("x", store="postgresql://u:s3cret@127.0.0.1:1/x").run,
        lambda: open_result("postgresql://u:s3cret@127.0.0.1:1/x"),
    ):
        with pytest.raises(StoreError) as caught:
            use()
        assert "s3cret" not in str(caught.value)


@live
def test_same_study_as_in_memory(name: str) -> None:
    """Floats, bytes and order must come back from the server as they went in."""
    result = make(name).run()
    assert name in list_studies(str(URL))
    assert values(result) == values(open_result(str(URL), name)) == values(make(name, store=None).run())
    with pytest.raises(InputError, match="resume it"):
        make(name).run()


@live
def test_resumed_study(name: str) -> None:
    """A study stopped half-way goes on from the server's record."""
    stopped = make(name, batch=50, callbacks=[lambda snapshot: snapshot.evaluations >= 150]).run()
    assert stopped.status is Status.STOPPED
    assert values(make(name, batch=50).resume()) == values(make(name, batch=50, store=None).run())


@live
def test_texts_that_a_server_refuses(name: str) -> None:
    """A NUL or half a character in an error message must not end the study."""
    result = make(name, problem=Hostile()).run()
    assert values(result) == values(make(name, problem=Hostile(), store=None).run())
    assert any(error is not None and "nul \\x00" in error for error in result.evaluations.errors)


@live
def test_one_process_at_a_time(name: str) -> None:
    """Whoever comes second is refused while the first is at work, and nothing of the first is lost."""
    refused: list[str] = []

    def intrude(_: Snapshot) -> None:
        if not refused:
            with pytest.raises(StoreError) as caught:
                make(name, batch=50).resume()
            refused.append(str(caught.value))

    result = make(name, batch=50, callbacks=[intrude]).run()
    assert "is being carried out by process" in refused[0]
    assert values(result) == values(make(name, batch=50, store=None).run())


@live
def test_studies_side_by_side(name: str) -> None:
    """Several studies share one server."""
    results: dict[int, Result] = {}

    def work(seed: int) -> None:
        results[seed] = make(f"{name} {seed}", seed=seed).run()

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(values(results[seed]) == values(make(name, store=None, seed=seed).run()) for seed in range(3))


@live
def test_long_evaluations_keep_the_claim(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An evaluation of hours writes nothing: another machine must not take the study for abandoned meanwhile."""
    monkeypatch.setattr(claims, "_BEAT", 0.02)
    monkeypatch.setattr(claims, "_SILENCE", 0.3)
    refused: list[str] = []

    class Long(Knapsack):
        def evaluate(self, designs: Designs) -> Evaluations:
            if not refused:
                time.sleep(0.6)
                with monkeypatch.context() as elsewhere:
                    elsewhere.setattr("socket.gethostname", lambda: "another machine")
                    with pytest.raises(StoreError) as caught:
                        make(name, problem=Knapsack(), batch=50).resume()
                refused.append(str(caught.value))
            return super().evaluate(designs)

    result = make(name, problem=Long(), batch=50).run()
    assert "is being carried out" in refused[0]
    assert values(result) == values(make(name, batch=50, store=None).run())


def test_heartbeat_renews_until_it_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same without a server: it beats only where there is one, survives a lost claim, and stops."""

    class Claim:
        beats = 0

        def renew(self, connection: object, name: str) -> None:
            self.beats += 1
            raise StoreError("taken over")

    monkeypatch.setattr(claims, "_BEAT", 0.01)
    on_server, on_file = (
        SimpleNamespace(dialect=SimpleNamespace(name=kind), begin=nullcontext) for kind in ("postgresql", "sqlite")
    )
    for engine, beats in ((on_server, True), (on_file, False)):
        claim_held = Claim()
        heartbeat = claims.Heartbeat(engine, claim_held, "study")  # type: ignore[arg-type]
        heartbeat.start()
        time.sleep(0.1)
        heartbeat.stop()
        counted = claim_held.beats
        time.sleep(0.05)
        assert (counted > 1, claim_held.beats) == (beats, counted)
