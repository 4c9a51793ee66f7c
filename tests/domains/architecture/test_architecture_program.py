"""Programs of networks in study files: trained as all others, by what the design decides, and refused where impossible."""

from __future__ import annotations

import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from braess.errors import InputError
from braess.study.file import read_study
from braess.testing import ProblemConformance

torch = pytest.importorskip("torch", reason="training needs the extra learn")

from braess.domains.architecture.costs.additive import profile
from braess.domains.architecture.costs.timing import Timing
from braess.domains.architecture.language import Affine, Concat, Conv2D, Dropout, Optional, ReLU
from braess.domains.architecture.language.family import FileProgram, ProgramFamily
from braess.domains.architecture.language.settings import ProgramSettings
from braess.domains.architecture.networks.dropout import SeededDropout, dropping_from
from braess.domains.architecture.training import load_images
from braess.domains.architecture.training.fit import error_of, fit, one_thread
from braess.domains.architecture.training.problem import TrainedNetworks, trained
from braess.domains.architecture.training.recipe import Training

FILE = """
from dataclasses import dataclass
from torch import nn
from braess.domains.architecture.language import *

@dataclass(frozen=True)
class Tanh(Module):  # a module of the user's own
    def variables(self):
        return {}

    def build(self, values, shape):
        return nn.Tanh(), shape

def ends_in(classes):
    middle = Optional(Dropout([0.5, 0.9]))
    chosen = Settings({"rate": [0.02, 0.1], "batch": [16, 32]})
    return Concat([Conv2D([2, 4], [3, 5], [2]), Tanh(), middle, Affine([classes]), chosen])

program = ends_in(4)

def other():
    return Residual(program)

def wrong():
    return 3

def broken():
    raise ValueError("no")

ten = ends_in(10)
none = Concat([Conv2D([2], [9], [1], ["valid"]), Affine([4])])
misspelt = Concat([program, Settings({"rates": [0.1, 0.2]})])
"""
QUICK: dict[str, Any] = {
    "images": "stripes",
    "training_images": 64,
    "validation_images": 50,
    "pooled": 2,
    "training": Training(epochs=2, batch=32, rate=0.05),
}
IMAGES = load_images("stripes", training=64, validation=50, pooled=2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "space.py").write_text(FILE)
    return tmp_path


def problem_in(folder: Path, **more: Any) -> TrainedNetworks:
    return ProgramSettings(**(QUICK | {"file": "space.py"} | more)).build(folder)


class TestProgramFileConformance(ProblemConformance):
    designs = 4

    @pytest.fixture(autouse=True)
    def _made(self, folder: Path) -> None:
        self.problem = problem_in(folder, objectives=("error", "flops", "parameters"))


def _row(problem: TrainedNetworks, **chosen: Any) -> Any:
    conv = {"0.filters": 4, "0.size": 3, "0.stride": 2, "0.padding": "same"}
    return problem.space.from_rows([conv | {"2.there": "no", "3.units": 4, "4.rate": 0.1, "4.batch": 16} | chosen])


def test_the_design_decides_how_it_is_trained(folder: Path) -> None:
    """Rate and batch that are chosen must give the bits of a training that is told the same."""
    problem = problem_in(folder)
    design = _row(problem)
    told = Training(epochs=2, batch=16, rate=0.1)
    weights, order = np.random.default_rng((0, 0)).integers(2**62, size=2).tolist()
    network = problem.family.build(design, torch.Generator().manual_seed(weights))
    with one_thread():
        fit(network, IMAGES.training, told, torch.Generator().manual_seed(order))
    assert problem.evaluate(design).objectives[0, 0] == pytest.approx(100 * error_of(network, IMAGES.validation))
    other = _row(problem, **{"4.rate": 0.02})
    with one_thread():
        first, second = (
            trained(problem.family, one, IMAGES.training, problem.training, (0, 0)).state_dict() for one in (design, other)
        )
    assert any(not torch.equal(first[name], second[name]) for name in first)


def test_costs_of_memory_know_the_batch(folder: Path) -> None:
    """A larger batch keeps more for the way back."""
    problem = problem_in(folder, objectives=("training-memory",))
    small, large = (problem.evaluate(_row(problem, **{"4.batch": size})).objectives[0, 0] for size in (16, 32))
    assert large > small


def test_dropout_drops_as_many_as_it_says_and_scales_the_rest() -> None:
    layer, x = SeededDropout(0.9), torch.ones(200, 500)
    with dropping_from(layer, torch.Generator().manual_seed(0)):
        out = layer(x)
    assert out.unique().tolist() == pytest.approx([0.0, 1 / 0.9])
    assert float((out > 0).float().mean()) == pytest.approx(0.9, abs=4 * (0.09 / x.numel()) ** 0.5)
    assert torch.equal(layer.eval()(x), x)
    assert layer.generator is None


def test_dropout_in_two_threads_draws_what_it_draws_alone(folder: Path) -> None:
    """Trainings must not draw from each other, nor from torch's own generator."""
    problem = problem_in(folder)
    design = _row(problem, **{"2.there": "yes", "2.there.yes.keep": 0.5})
    designs = [design, problem.space.sample(1, np.random.default_rng(0)), design, design]
    before = torch.get_rng_state()

    def weights(one: Any) -> Any:
        with one_thread():
            found = trained(problem.family, one, IMAGES.training, problem.training, (0, 0)).state_dict()
        return np.concatenate([values.numpy().ravel() for values in found.values()])

    alone = [weights(one) for one in designs]
    with ThreadPoolExecutor(2) as executor:
        together = list(executor.map(weights, designs))
    assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))
    assert torch.equal(torch.get_rng_state(), before)


STUDY = """
name = "program"
seed = 1
[problem]
kind = "program"
file = "space.py"
images = "stripes"
training_images = 64
validation_images = 50
objectives = ["error"]
{more}
[problem.training]
epochs = 1
[search]
method = "regularised-evolution"
[budget]
evaluations = 12
"""


def test_a_study_file_runs(folder: Path) -> None:
    """From TOML to evaluations of designs that differ."""
    (folder / "study.toml").write_text(STUDY.format(more=""))
    plan = read_study(folder / "study.toml")
    problem = plan.build_problem()
    assert problem.space.cardinality == 4 * 3 * 4
    assert problem.describe()["networks"]["program"].startswith("program of space.py, ")
    done = subprocess.run(
        [sys.executable, "-m", "braess", "run", str(folder / "study.toml"), "--no-report", "--workers", "1", "--json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    assert '"evaluations": 12' in done.stdout


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ('program = "programs"', "no program of this name; did you mean 'program'"),
        ('program = "wrong"', "no program of this name"),
        ('program = "broken"', "ValueError: no"),
        ('program = "ten"', "does not end in scores of classes"),
        ('program = "none"', "window larger than the map"),
        ('program = "misspelt"', "no setting of training; did you mean 'rate'"),
        ("program = 3", "valid string"),
    ],
)
def test_wrong_programs_are_located(more: str, expected: str, folder: Path) -> None:
    study = folder / "study.toml"
    study.write_text(STUDY.format(more=more))
    with pytest.raises(InputError, match=expected) as raised:
        read_study(study).build_problem()
    assert raised.value.file == str(study)
    assert raised.value.line is not None


@pytest.mark.parametrize("text", ["1 / 0", "def x(:", None])
def test_files_that_do_not_run(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "space.py").write_text(text)
    with pytest.raises(InputError) as raised:
        problem_in(tmp_path)
    assert raised.value.field == "file"


def test_a_function_may_return_the_program(folder: Path) -> None:
    one, other = FileProgram(folder / "space.py"), FileProgram(folder / "space.py", "other")
    assert list(one.variables()) == list(other.variables())


def test_another_text_is_another_problem(folder: Path) -> None:
    """A record must not be continued with a file that was changed."""
    before = problem_in(folder).describe()
    assert problem_in(folder).describe() == before
    (folder / "space.py").write_text(FILE.replace("[2, 4]", "[2, 8]"))
    assert problem_in(folder).describe() != before


def test_programs_in_python_are_described_by_what_they_say() -> None:
    """Modules without settings of their own must be told apart, too."""
    texts = {ProgramFamily(program=Concat([part, Affine([10])])).describe()["program"] for part in (ReLU(), Dropout([0.5]))}
    assert len(texts) == 2
    assert all("0x" not in text for text in texts)


def test_problems_of_files_pickle_into_another_process(folder: Path) -> None:
    """The other process does not know the user's own module: it is made from the file."""
    problem = problem_in(folder)
    design = _row(problem)
    code = "import pickle, sys; p, d = pickle.load(sys.stdin.buffer); print(p.evaluate(d).objectives[0, 0])"
    given = pickle.dumps((problem, design))
    done = subprocess.run([sys.executable, "-c", code], input=given, capture_output=True, check=True)
    assert float(done.stdout) == problem.evaluate(design).objectives[0, 0]


def test_programs_are_profiled_without_their_impossible_designs() -> None:
    """Two valid convolutions of five leave nothing of eight pixels."""
    conv = Conv2D([2], [3, 5], [1], ["valid"])
    family = ProgramFamily(image=(1, 8, 8), program=Concat([conv, ReLU(), Optional(conv), Affine([10])]))
    table = profile(family, np.random.default_rng(0), designs=20, timing=Timing(repeats=2, warm=1))
    possible = sum(
        row["0.size"] + row.get("2.there.yes.size", 1) < 10 for row in family.space.sample(20, np.random.default_rng(0)).rows()
    )
    assert 3 <= table.additivity.designs == possible < 20
    never = ProgramFamily(image=(1, 4, 4), program=Concat([Conv2D([2], [5, 7], [1], ["valid"]), Affine([10])]))
    with pytest.raises(InputError, match="possible"):
        profile(never, np.random.default_rng(0))
