"""Tables of one's own and the table that is not shipped: read whole, or it is said what is wrong with them."""

from __future__ import annotations

import gzip
import itertools
import zipfile
from pathlib import Path

import pytest

from braess.cli import main
from braess.domains.sequence import load_affinities, load_gb1, read_affinities
from braess.domains.sequence.tables import other_strand
from braess.errors import InputError
from braess.study.file import parse_study

WORDS = sorted({min(word, other_strand(word)) for word in map("".join, itertools.product("ACGT", repeat=2))})
HEADER = "2-mer\t2-mer\tE-score"


def table(folder: Path, rows: list[str], header: str = HEADER) -> Path:
    path = folder / "mine.txt.gz"
    with gzip.open(path, "wt") as file:
        file.write("\n".join([header, *rows]) + "\n")
    return path


def rows() -> list[str]:
    return [f"{word}\t{other_strand(word)}\t{place / 10}" for place, word in enumerate(WORDS)]


def test_a_table_of_ones_own(tmp_path: Path) -> None:
    """Every word must have the score of its row, read in either direction."""
    read = read_affinities(table(tmp_path, rows()))
    assert (read.name, read.length) == ("mine", 2)
    for place, word in enumerate(WORDS):
        assert read.of(word) == read.of(other_strand(word)) == place / 10
    assert load_affinities("mine.txt.gz", tmp_path).scores.tolist() == read.scores.tolist()


@pytest.mark.parametrize(
    ("change", "line", "message"),
    [
        (lambda lines: lines[:-1], None, "9 rows.*10 words of 2 letters"),
        (lambda lines: [*lines, lines[0]], None, "not each word once"),
        (lambda lines: [lines[0], "AX\tXT\t0.1", *lines[2:]], 3, "not such a word.*'AX'"),
        (lambda lines: [*lines[:4], lines[4].rsplit("\t", 1)[0] + "\thigh", *lines[5:]], 6, "E-score: not a number.*'high'"),
        (lambda lines: [*lines[:4], lines[4].rsplit("\t", 1)[0] + "\t", *lines[5:]], 6, "E-score: not a number"),
    ],
)
def test_what_is_wrong_with_a_table(change: object, line: int | None, message: str, tmp_path: Path) -> None:
    path = table(tmp_path, change(rows()))  # type: ignore[operator]
    with pytest.raises(InputError, match=message) as raised:
        read_affinities(path)
    assert (raised.value.file, raised.value.line) == (str(path), line)


def test_not_a_table_at_all(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="E-score: the header lacks a column"):
        read_affinities(table(tmp_path, rows(), header="word\tother\tscore"))
    (tmp_path / "broken.txt.gz").write_bytes(b"\x1f\x8bnonsense")
    with pytest.raises(InputError, match="cannot read the file"):
        read_affinities(tmp_path / "broken.txt.gz")
    with pytest.raises(InputError, match="cannot read the file"):
        read_affinities(tmp_path / "absent.txt")


def variants(folder: Path, text: str) -> None:
    (folder / "sequences").mkdir()
    with zipfile.ZipFile(folder / "sequences" / "gb1_four_mutations.csv.zip", "w") as packed:
        packed.writestr("four_mutations_full_data.csv", text)


def test_gb1_is_read_from_the_folder_of_larger_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRAESS_DATA", str(tmp_path))
    with pytest.raises(InputError, match=r"not shipped.*gb1_four_mutations.csv.zip.*BRAESS_DATA"):
        load_gb1()
    variants(tmp_path, "Variants,HD,Fitness\nVDGV,0,1.0\nADGV,1,0.06\n")
    assert load_gb1() == {"VDGV": 1.0, "ADGV": 0.06}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("Variants,HD\nVDGV,0\n", 1, "Fitness: the header lacks a column"),
        ("Variants,Fitness\nVDGV,1\nVDG,2\n", 3, "no such variant.*'VDG'"),
        ("Variants,Fitness\nVDGV,one\n", 2, "Fitness: not a number.*'one'"),
    ],
)
def test_what_is_wrong_with_gb1(text: str, line: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRAESS_DATA", str(tmp_path))
    variants(tmp_path, text)
    with pytest.raises(InputError, match=message) as raised:
        load_gb1()
    assert raised.value.line == line


def test_a_wrong_factor_is_said_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "study.toml"
    path.write_text(
        '[problem]\nkind = "tf-binding"\nbind = ["SIX6"]\navoid = ["CRY"]\n\n'
        '[search]\nmethod = "random"\n\n[budget]\nevaluations = 1\n'
    )
    with pytest.raises(SystemExit) as left:
        main(["check", str(path)])
    assert left.value.code == 2
    assert "study.toml:4: problem.avoid: no such factor or file; did you mean 'CRX'?" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("problem", "objectives"),
    [
        ('kind = "tf-binding"\nbind = ["SIX6", "mine.txt"]', None),
        ('kind = "tf-binding"\nbind = ["SIX6"]\navoid = ["CRX"]', ["SIX6", "CRX"]),
        ('kind = "n-grams"\nwords = ["AV", "VC"]', ["AV", "VC"]),
        ('kind = "grid"\nlandscapes = ["branin", "beale"]', ["branin", "beale"]),
        ('kind = "grid"\nlandscapes = ["branin", "bale"]', None),
        ('kind = "n-grams"\nshortest = 0', None),
    ],
)
def test_study_files(problem: str, objectives: list[str] | None, tmp_path: Path) -> None:
    """A study must run by name of its problem; a wrong setting must leave with 2."""
    path = tmp_path / "study.toml"
    method = "random" if objectives is None else "nsga2"
    path.write_text(f'[problem]\n{problem}\n\n[search]\nmethod = "{method}"\n\n[budget]\nevaluations = 40\n')
    with pytest.raises(SystemExit) as left:
        main(["run", str(path), "--no-report", "--workers", "1", "--json"])
    assert (left.value.code or 0) == (2 if objectives is None else 0)
    if objectives is not None:
        assert [one.name for one in parse_study(path.read_text(), tmp_path).build_problem().objectives] == objectives
