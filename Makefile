# make demo    the whole workflow on a simulated study, ends with results/demo/report.html
# make test    all tests
# make bench   times and memory, side by side with the same steps in other libraries
# make lint    style of the code and of the workflow
# make setup   the environment in .venv, made by the others when it is missing

PYTHON ?= python3.11
CORES ?= $(shell nproc)
BIN := .venv/bin

.PHONY: demo test bench lint setup
.DELETE_ON_ERROR:

demo: setup
	$(BIN)/snakemake --cores $(CORES) results/demo/report.html
	@echo "The report: results/demo/report.html"

test: setup
	$(BIN)/python -m pytest

bench: export PYTHONPATH = workflow_scripts
bench: setup
	$(BIN)/python -m tests.bench.preprocessing
	$(BIN)/python -m tests.bench.raw_checks
	$(BIN)/python -m tests.bench.dry_run

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/snakemake --lint

setup: .venv/complete

# The mark is made last, so that an interrupted installation is taken up again.
.venv/complete: envs/requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --requirement envs/requirements.txt
	@touch $@
