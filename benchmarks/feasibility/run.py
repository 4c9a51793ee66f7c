"""Compares the prior-fitted classifier with boosted trees, a support vector machine and neighbours, by training size."""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import f1_score, log_loss, roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from braess.domains.engineering import load
from braess.learn.prior_fitted.classifier import TabularClassifier
from results import add_row, kept_rows, key_of

PROBLEMS = (
    "three-bar-truss",
    "concrete-beam",
    "pressure-vessel",
    "welded-beam",
    "cantilever",
    "car-side-impact",
    "gkxwc1",
    "jlh2",
)
TABLES = {"breast-cancer": load_breast_cancer, "wine": load_wine}
SIZES, HELD, REPEATS = (20, 50, 100, 200, 400), 1000, 10
NAMES = ("data", "known", "method")  # of what tells one row from others
_RESULT = Path(__file__).resolve().parent / "result.json"

Data = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # rows and labels known, rows and labels held out
Foretell = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def table(name: str, known: int, repeat: int) -> Data | None:
    """Draw a data set: which designs are feasible, or one of scikit-learn's; ``None`` where too small or of one label."""
    rng = np.random.default_rng((repeat, known))
    if name in PROBLEMS:
        problem = load(name, "corrected")
        designs = problem.space.sample(known + HELD, rng)
        return _split(problem.space.to_unit(designs), problem.evaluate(designs).feasible, known)
    found = TABLES[name]()
    order = rng.permutation(len(found.target))
    return _split(found.data[order], found.target[order] == 1, known) if known <= len(order) // 2 else None


def _split(rows: np.ndarray, labels: np.ndarray, known: int) -> Data | None:
    few = min(labels[:known].sum(), (~labels[:known]).sum())
    return None if few < 2 else (rows[:known], labels[:known], rows[known:], labels[known:])


def network(rows: np.ndarray, labels: np.ndarray, asked: np.ndarray) -> np.ndarray:
    return np.asarray(TabularClassifier(rows, labels).probability(asked))


def of_scikit(make: Callable[[], Any], grid: dict[str, list[Any]] | None = None) -> Foretell:
    """Return a classifier of scikit-learn, as it is or with the best of a grid by five-fold cross-validation."""

    def foretell(rows: np.ndarray, labels: np.ndarray, asked: np.ndarray) -> np.ndarray:
        folds = min(5, int(labels.sum()), int((~labels).sum()))
        model = make() if grid is None else GridSearchCV(make(), grid, cv=folds, scoring="neg_log_loss")
        found = model.fit(rows, labels).predict_proba(asked)[:, 1]
        return np.asarray(found)

    return foretell


def _machine() -> Any:
    return make_pipeline(StandardScaler(), SVC(probability=True, random_state=0))


def _neighbours() -> Any:
    return make_pipeline(StandardScaler(), KNeighborsClassifier())


def _trees() -> Any:
    return GradientBoostingClassifier(random_state=0)


METHODS: dict[str, Foretell] = {
    "prior-fitted network": network,
    "boosted trees": of_scikit(_trees),
    "boosted trees, tuned": of_scikit(
        _trees, {"n_estimators": [50, 100, 300], "max_depth": [1, 2, 3], "learning_rate": [0.03, 0.1]}
    ),
    "SVM": of_scikit(_machine),
    "SVM, tuned": of_scikit(
        _machine, {"svc__C": [0.1, 1.0, 10.0, 100.0, 1000.0], "svc__gamma": ["scale", 0.03, 0.1, 0.3, 1.0]}
    ),
    "k-NN": of_scikit(_neighbours),
    "k-NN, tuned": of_scikit(
        _neighbours,
        {"kneighborsclassifier__n_neighbors": [1, 3, 5, 7, 10], "kneighborsclassifier__weights": ["uniform", "distance"]},
    ),
}


def measure(foretell: Foretell, data: Data) -> dict[str, float]:
    rows, labels, asked, wanted = data
    began = time.perf_counter()
    probability = foretell(rows, labels, asked)
    seconds = time.perf_counter() - began
    return {
        "auc": float(roc_auc_score(wanted, probability)),
        "f1": float(f1_score(wanted, probability > 0.5, zero_division=0.0)),
        "log_loss": float(log_loss(wanted, np.clip(probability, 1e-4, 1.0 - 1e-4))),
        "share": float(wanted.mean()),
        "seconds": seconds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")  # trees and neighbours advise where a fold has few of a label
    for name in (*PROBLEMS, *TABLES):
        for known in SIZES:
            drawn = [table(name, known, repeat) for repeat in range(options.repeats)]
            for method, foretell in METHODS.items():
                key = (name, known, method)
                if all(data is None for data in drawn) or key in {key_of(row, NAMES) for row in kept_rows(_RESULT)}:
                    continue
                found = [measure(foretell, data) for data in drawn if data is not None]
                row: dict[str, Any] = {figure: [round(one[figure], 4) for one in found] for figure in found[0]}
                add_row(_RESULT, dict(zip(NAMES, key, strict=True)) | row, NAMES)
                print(key, f"AUC {np.mean(row['auc']):.3f}", flush=True)


if __name__ == "__main__":
    main()
