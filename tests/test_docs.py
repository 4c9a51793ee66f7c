"""The documentation: generated pages are current, examples run, links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_generated_pages_are_current() -> None:
    """Tables made from classes and result files must not drift from them."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """A link to a page or picture of the project must find it."""
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_readme_study_file_is_right(tmp_path: Path) -> None:
    """The study file a newcomer copies first must be accepted as it stands."""
    from braess.study.file import read_study

    for page in ("README.md", "docs/quickstart.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        (tmp_path / "study.toml").write_text(re.findall(r"```toml\n(.*?)```", text, flags=re.S)[0])
        plan = read_study(tmp_path / "study.toml")
        assert plan.build_search().refusal(plan.build_problem()) is None


def test_expensive_followers_are_searched_as_the_page_says(tmp_path: Path) -> None:
    """Its study file must be right, with each of its searches, and its Python example must run."""
    pytest.importorskip("torch", reason="prior-fitted networks need the extra learn")
    from braess.study.file import read_study

    text = (ROOT / "docs" / "bayesian.md").read_text(encoding="utf-8")
    whole, filtered = re.findall(r"```toml\n(.*?)```", text, flags=re.S)
    for search in (whole, whole.partition("[search]")[0] + filtered):
        (tmp_path / "study.toml").write_text(search)
        plan = read_study(tmp_path / "study.toml")
        plan.build_search().require_fit(plan.build_problem())
    code = re.findall(r"```python\n(.*?)```", text, flags=re.S)[0]
    code = (
        code.replace("classifier.probability(", "found = classifier.probability(") + "assert found[0] > 0.9 > 0.1 > found[1]\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_study_files_of_architectures_are_right(tmp_path: Path) -> None:
    """Each study file of the page must be read, and its search must exist."""
    pytest.importorskip("torch", reason="predictors need the extra learn")
    from braess.study.file import parse_study

    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for study in re.findall(r"```toml\n(.*?)```", text, flags=re.S):
        parse_study(study, tmp_path).build_search()


def test_networks_grow_as_the_page_says(tmp_path: Path) -> None:
    """Its Python example must keep what a network computes, and its study file must be right, here with made-up images."""
    pytest.importorskip("torch", reason="growing networks needs the extra learn")
    from braess.study.file import read_study

    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition("## Networks that grow")[2]
    study = re.findall(r"```toml\n(.*?)```", text, flags=re.S)[0]
    (tmp_path / "study.toml").write_text(
        study.replace("fashion-mnist", "stripes").replace("pooled = 2", "training_images = 500\nvalidation_images = 200")
    )
    plan = read_study(tmp_path / "study.toml")
    plan.build_search().require_fit(plan.build_problem())
    code = re.findall(r"```python\n(.*?)```", text, flags=re.S)[0] + "assert 0.0 < difference < 1e-5\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_searches_that_generate_are_run_as_the_page_says(tmp_path: Path) -> None:
    """Its study file must be right, with examples as an export writes them beside it."""
    pytest.importorskip("torch", reason="generative models need the extra learn")
    from braess.report import export_csv
    from braess.search.random import Random
    from braess.study import Budget, Study
    from braess.study.file import read_study

    text = (ROOT / "docs" / "generating.md").read_text(encoding="utf-8")
    (tmp_path / "study.toml").write_text(re.findall(r"```toml\n(.*?)```", text, flags=re.S)[0])
    plan = read_study(tmp_path / "study.toml")
    problem = plan.build_problem()
    export_csv(Study(problem, Random(), budget=Budget(evaluations=30), progress="off").run(), tmp_path / "train.csv")
    plan.build_search().require_fit(problem)


def test_proxies_are_used_as_the_page_says(tmp_path: Path) -> None:
    """Its study files must name problems and searches that fit, here with images that are made up, and its Python must run."""
    pytest.importorskip("torch", reason="scores of networks need the extra learn")
    from braess.study.file import read_study

    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition("## Proxies")[2].partition("\n## ")[0]
    made_up = 'images = "stripes"\ntraining = 100\nvalidation = 100'
    for study in re.findall(r"```toml\n(.*?)```", text, flags=re.S):
        small = study.replace('images = "cifar-10"\n', "").replace("accuracy-cifar10", "parameters")
        (tmp_path / "study.toml").write_text(small.replace('kind = "proxied"', f'kind = "proxied"\n{made_up}'))
        plan = read_study(tmp_path / "study.toml")
        plan.build_search().require_fit(plan.build_problem())
    (code,) = re.findall(r"```python\n(.*?)```", text, flags=re.S)
    done = subprocess.run(
        [sys.executable, "-c", f"{code}assert scores['gradsign'] == score > 0\n"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_readme_python_example_runs(tmp_path: Path) -> None:
    """The Python example a newcomer copies first must run, here with a smaller budget."""
    code = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.S)[0]
    assert "seconds=20" in code
    done = subprocess.run(
        [sys.executable, "-c", code.replace("seconds=20", "evaluations=100")],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "lanes" in done.stdout


def test_reading_off_the_equilibrium_runs(tmp_path: Path) -> None:
    """The section on skims, paths and selected links must run as it stands, and say what comes out."""
    section = (ROOT / "docs" / "road.md").read_text(encoding="utf-8").partition("## Read off the equilibrium\n")[2]
    code = re.findall(r"```python\n(.*?)```", section.partition("\n## ")[0], flags=re.S)
    done = subprocess.run(
        [sys.executable, "-c", "\n".join([*code, 'print(f"{selected.total:,.0f} trips", both.total > 0)'])],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "12,493 trips True"
    assert "12,493 trips" in section


ASSIGNMENT_FILES = ("Volume-delay functions and preloads", "Several user classes", "Elastic demand")


def _section(title: str) -> str:
    text = (ROOT / "docs" / "road.md").read_text(encoding="utf-8")
    return re.split(r"^#+ ", text.split(f"# {title}\n", 1)[1], maxsplit=1, flags=re.M)[0]


@pytest.mark.parametrize("title", ["In PyTorch", "First-best tolls", *ASSIGNMENT_FILES])
def test_sections_on_roads_run(title: str, tmp_path: Path) -> None:
    """What these sections show must run as it stands, on the network that the page begins with."""
    if title == "In PyTorch":
        pytest.importorskip("torch", reason="needs the extra learn")
    code = "from braess.domains import road\nnetwork, demand = road.load('sioux-falls')\n"
    code += re.findall(r"```python\n(.*?)```", _section(title), flags=re.S)[0]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("title", ASSIGNMENT_FILES)
def test_assignment_files_on_roads_are_right(title: str, tmp_path: Path) -> None:
    """What these sections show as files must solve, with the small tables they name beside them."""
    from braess.domains.road import read_assignment

    for name in ("buses", "tolls"):
        value = "flow" if name == "buses" else "toll"
        (tmp_path / f"{name}.csv").write_text(f"init_node,term_node,{value}\n6,8,3\n")
    (tmp_path / "trucks.csv").write_text("origin,destination,volume\n1,20,500\n")
    (tmp_path / "case.toml").write_text(re.findall(r"```toml\n(.*?)```", _section(title), flags=re.S)[0])
    assert read_assignment(tmp_path / "case.toml").build().solve().facts["relative_gap"] <= 1e-10


def test_the_page_on_engineering_runs(tmp_path: Path) -> None:
    """Its study file runs as it stands, and its Python ends near what is known."""
    from braess.study.file import read_study

    page = (ROOT / "docs" / "engineering.md").read_text(encoding="utf-8")
    (tmp_path / "study.toml").write_text(re.findall(r"```toml\n(.*?)```", page, flags=re.S)[0])
    plan = read_study(tmp_path / "study.toml")
    assert plan.build_search().refusal(plan.build_problem()) is None
    code = re.findall(r"```python\n(.*?)```", page, flags=re.S)[0]
    code += "assert problem.check(result.best_design).objectives[0, 0] < 1.2 * problem.known.objective\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_page_on_private_tables_runs(tmp_path: Path) -> None:
    """Its study file is right, its seed is one, and the trip matrix it releases leads to nearly the same flows."""
    from braess.domains.tabular.settings import PrivateTableSettings, read_seed
    from braess.study.file import read_study
    from braess.study.tables import TomlText

    page = (ROOT / "docs" / "private_tables.md").read_text(encoding="utf-8")
    (tmp_path / "study.toml").write_text(re.findall(r"```toml\n(.*?)```", page, flags=re.S)[0])
    plan = read_study(tmp_path / "study.toml")
    assert plan.build_search().ends
    table = {key: value for key, value in plan.settings.problem.items() if key != "kind"}
    settings = TomlText.of(tmp_path / "study.toml").settings(PrivateTableSettings, table, "problem")
    assert (settings.rows, settings.marginals[0].way) == (1000, 2)
    command = re.findall(r"```sh\npython -c \"(.*?)\"", page, flags=re.S)[0]
    seed = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True).stdout
    (tmp_path / "noise.seed").write_text(seed)
    assert read_seed(tmp_path / "noise.seed") == int(seed)
    code = re.findall(r"```python\n(.*?)```", page, flags=re.S)[0] + "assert off < 0.01\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "link flows are off by" in done.stdout


def test_the_page_on_learned_followers_runs(tmp_path: Path) -> None:
    """Its parts follow each other: examples are drawn, a model is fitted, a surrogate predicts."""
    for package in ("torch_geometric", "lightgbm", "pyarrow"):
        pytest.importorskip(package, reason="needs the extra learn")
    page = (ROOT / "docs" / "surrogates.md").read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", page, flags=re.S))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Accuracy(" in done.stdout


def test_the_page_on_traced_workflows_runs(tmp_path: Path) -> None:
    """Its first parts run as they stand and say what comes out; its study file is right beside the example."""
    from braess.study.file import parse_study

    page = (ROOT / "docs" / "traced.md").read_text(encoding="utf-8")
    code = re.findall(r"```python\n(.*?)```", page, flags=re.S)
    done = subprocess.run([sys.executable, "-c", "\n".join(code)], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "2.0 73.58"  # 100 p exp(-p / 2) is largest at 2: 200 / e
    plan = parse_study(re.findall(r"```toml\n(.*?)```", page, flags=re.S)[0], ROOT / "examples")
    plan.build_search().require_fit(plan.build_problem())


def test_the_page_on_leaders_and_followers_runs(tmp_path: Path) -> None:
    """Its study file is right and comes near the optimum that gradient search finds; its Python ends at 1."""
    pytest.importorskip("torch", reason="gradient methods for leader and follower need the extra learn")
    from braess.search.gradient import Gradient
    from braess.study import Budget, Study
    from braess.study.file import parse_study

    page = (ROOT / "docs" / "leader_follower.md").read_text(encoding="utf-8")
    plan = parse_study(re.findall(r"```toml\n(.*?)```", page, flags=re.S)[0], tmp_path)
    problem, errors = plan.build_problem(), []
    for search, budget in ((plan.build_search(), Budget()), (Gradient(), Budget(evaluations=200))):
        errors.append(Study(problem, search, budget=budget, progress="off").run().evaluations.objectives[:, 0])
    assert errors[0].min() - errors[1].min() < 0.1 * (errors[1][0] - errors[1].min())  # gradient search starts in the middle
    code = re.findall(r"```python\n(.*?)```", page, flags=re.S)[0]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "1.000\n", done.stderr


def test_the_study_on_architectures_is_right(tmp_path: Path) -> None:
    """It is accepted as it stands, and its problem is built where the images need no file."""
    pytest.importorskip("torch", reason="networks need the extra learn")
    from braess.study.file import read_study

    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    text = next(text for text in re.findall(r"```toml\n(.*?)```", page, flags=re.S) if 'kind = "cell"' in text)
    made_up = 'images = "stripes"\npooled = 1\ntraining_images = 100\nvalidation_images = 50'
    (tmp_path / "study.toml").write_text(text.replace('images = "fashion-mnist"', made_up))
    plan = read_study(tmp_path / "study.toml")
    assert plan.build_search().refusal(plan.build_problem()) is None


def test_the_study_on_supernets_is_right(tmp_path: Path) -> None:
    """It is accepted as it stands, and its problem can be mixed."""
    pytest.importorskip("torch", reason="networks need the extra learn")
    from braess.study.file import parse_study

    page = (ROOT / "docs" / "supernets.md").read_text(encoding="utf-8")
    plan = parse_study(re.findall(r"```toml\n(.*?)```", page, flags=re.S)[0], tmp_path)
    assert plan.build_search().refusal(plan.build_problem()) is None
