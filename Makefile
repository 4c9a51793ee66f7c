# Everything from nothing: each target makes the virtual environment it needs.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: help demo test test-all lint bench docs clean

help:
	@echo "make demo      install the core and design a real road network (about two minutes)"
	@echo "make test      install and run the fast tests"
	@echo "make test-all  also the slow tests"
	@echo "make lint      ruff, mypy --strict and the import contracts"
	@echo "make bench     run every benchmark and write its result file"
	@echo "make docs      build the documentation into site/"
	@echo "make clean     remove everything made"

$(VENV)/core: pyproject.toml
	@echo "Making $(VENV) and installing the core ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/dev: pyproject.toml
	@echo "Making $(VENV) and installing what development needs ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/core

demo: $(VENV)/core
	$(BIN)/braess demo

test: $(VENV)/dev
	$(BIN)/python -m pytest -m "not slow"

test-all: $(VENV)/dev
	$(BIN)/python -m pytest

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/dev
	@for script in benchmarks/*/run.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

docs: $(VENV)/dev
	$(BIN)/python docs/generate.py
	$(BIN)/mkdocs build --strict

clean:
	rm -rf $(VENV) site .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
