"""Ranks every search on road and engineering problems under one small budget, by `braess compare`, and keeps what it says."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.search import searches
from braess.study.file import read_study
from results import stamp

_HERE = Path(__file__).resolve().parent
STUDIES = ("lane_addition", "welded_beam", "speed_reducer")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="of the records; called again with it, the script goes on")
    options = parser.parse_args()
    folder, found = options.folder or Path(tempfile.mkdtemp()), []
    for name in STUDIES:
        study = _HERE / f"{name}.toml"
        plan = read_study(study)
        problem = plan.build_problem()
        others = [method for method, kind in searches().items() if kind.refusal(problem) is None and method != "random"]
        command = [sys.executable, "-m", "braess", "compare", str(study), "--output", str(folder / name), "--json"]
        command += ["--seeds", str(options.seeds), "--processes", str(options.processes)]
        for method in others:
            command += ["--search", method]
        said = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
        del said["report"]
        found.append({"study": name, "evaluations": plan.settings.budget.evaluations} | said | stamp())
        print(name, [(row["search"], row["rank"]) for row in said["searches"]], flush=True)
    (_HERE / "result.json").write_text(json.dumps({"studies": found}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
