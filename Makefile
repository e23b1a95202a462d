# make demo    the whole workflow on a simulated study, ends with results/demo/report.html
# make test    all tests but the long ones
# make test-all   the long ones too: the paper's tables, trained on the demo
# make test-slurm   the workflow on a SLURM cluster of this one machine; as root, on Debian
# make bench   times and memory, side by side with the same steps in other libraries
# make gpu-check   what a GPU gets right and how fast, in eight minutes; QUICK=1 in three
# make lint    style of the code and of the workflow
# make setup   the environment in .venv, made by the others when it is missing
# make setup-fairseq   fairseq in .venv-fairseq, for the rule compare_with_fairseq alone

# The first of these that is there and starts.
PYTHON ?= $(shell for version in 3.11 3.12 3.13; do \
	python$$version -c "" 2> /dev/null && echo python$$version && break; done)
FAIRSEQ_PYTHON ?= python3.8
CORES ?= $(shell nproc)
BIN := .venv/bin

.PHONY: demo test test-all test-slurm bench gpu-check lint setup setup-fairseq
.DELETE_ON_ERROR:

demo: setup
	$(BIN)/snakemake --cores $(CORES) results/demo/report.html
	@echo "The report: results/demo/report.html"

test: setup
	$(BIN)/python -m pytest

test-all: setup
	$(BIN)/python -m pytest -m "not slurm"

test-slurm: setup
	bash -c 'trap tests/slurm/down.sh EXIT; tests/slurm/up.sh && $(BIN)/python -m pytest -m slurm'

bench: export PYTHONPATH = workflow_scripts
bench: setup
	$(BIN)/python -m tests.bench.preprocessing
	$(BIN)/python -m tests.bench.raw_checks
	$(BIN)/python -m tests.bench.dry_run
	$(BIN)/python -m tests.bench.seals
	$(BIN)/python -m tests.bench.embedding
	$(BIN)/python -m tests.bench.training
	$(BIN)/python -m tests.bench.retrieval

# A machine with a GPU may have no network: whatever Python with PyTorch is there will do.
gpu-check:
	$(if $(wildcard .venv/complete),$(BIN)/python,python3) \
		-m tests.gpu.check $(if $(QUICK),--quick)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules
	PYTHONPATH=workflow_scripts $(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/snakemake --lint

setup: .venv/complete

# The mark is made last, so that an interrupted installation is taken up again.
.venv/complete: envs/requirements.txt
	@$(or $(PYTHON),python3) envs/check_python.py
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --requirement envs/requirements.txt
	@touch $@

setup-fairseq: .venv-fairseq/complete

.venv-fairseq/complete: envs/fairseq.txt
	$(FAIRSEQ_PYTHON) -m venv .venv-fairseq
	.venv-fairseq/bin/python -m pip install --quiet "pip<24.1"
	.venv-fairseq/bin/python -m pip install --quiet --requirement envs/fairseq.txt
	@touch $@
