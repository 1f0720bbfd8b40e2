# Every target sets up .venv by itself; nothing but Python (>= 3.11) and make is needed.
#
#   make run     train nothing, compile the digit classifier, classify, save, load, classify again
#   make test    lint, lit and pytest
#   make lint    ruff and basedpyright
#   make bench   measure against the peers (installs them), write docs/benchmarks.md
#   make docs    rebuild docs/reference from the docstrings
#   make xdsl-suite   xDSL's own tests through opt-tool; fails below 95 %
#   make fuzz    mutated models, artifacts and texts, random graphs; SEEDS=0:5000 SECONDS=600 KIND=texts
#   make oracles     models and operators against the frameworks themselves, which it installs (4 GB) in
#                    .venv-oracles; ONLY=torch runs the files with that in their names, and
#                    ORACLES=path takes an environment that has them already
#   make acceptance-models   download published models for that, into .cache/acceptance
#   make wheels  build the wheels of the whole package and of the run time alone, in dist/
#   make conformance   the test cases of the ONNX standard; fails when one is lost
#   make conformance-targets   the same for x86-64-v2, v3 and v4; fails where one differs

PYTHON ?= python3
JOBS ?= 2
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run test lint lit pytest bench conformance fuzz xdsl-suite docs wheels clean \
  oracles acceptance-models

help:
	@sed -n 's/^#   //p' Makefile

# Debian and Ubuntu keep what venv gets pip from in a package of its own, python3-venv.
venv_of_a_debian = $(PYTHON) -m venv --clear --without-pip .venv && \
  $(PYTHON) -m pip --quiet --python $(BIN)/python install pip;

# A stamp is newer than what it was made from, or it is made again.
.venv/stamps/test: pyproject.toml
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv || { $(venv_of_a_debian) } || { \
	  rm -rf .venv; \
	  echo "make: '$(PYTHON) -m venv' failed; install pip or the package python3-venv" \
	    "(Debian, Ubuntu), or name another Python, as in make PYTHON=python3.12" >&2; exit 1; }
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make: Python 3.11 or newer is needed, .venv has $$($(BIN)/python --version);" \
	    "remove .venv and name another one, as in make PYTHON=python3.12" >&2; exit 1; }
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@mkdir -p .venv/types .venv/stamps
	@ln -sfn ../.. .venv/types/stepwell
	@touch $@

.venv/stamps/bench: .venv/stamps/test
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,bench]'
	@touch $@

run: .venv/stamps/test
	$(BIN)/python examples/digits/run.py

test: lint lit pytest

lint: .venv/stamps/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright

lit: .venv/stamps/test
	$(BIN)/lit -j$(JOBS) --quiet test

pytest: .venv/stamps/test
	$(BIN)/pytest -q -n $(JOBS) --dist worksteal

bench: .venv/stamps/bench
	$(BIN)/python benchmarks/compare.py --threads 1,2 --vs onnxruntime,openvino,mnn
	$(BIN)/python benchmarks/compile_cost.py
	$(BIN)/python benchmarks/scaling.py
	$(BIN)/python benchmarks/tables.py

# XDSL=path names tests/filecheck of a clone of xDSL; else what its package installs is taken.
xdsl-suite: .venv/stamps/test
	$(BIN)/python test/xdsl_suite.py $(if $(XDSL),--tests $(XDSL))

conformance: .venv/stamps/test
	$(BIN)/python -m stepwell.conformance

TARGETS ?= x86-64-v2 x86-64-v3 x86-64-v4
conformance-targets: .venv/stamps/test
	for target in $(TARGETS); do $(BIN)/python -m stepwell.conformance --target $$target || exit 1; done

# SECONDS bounds each kind; KIND chooses some, as pytest's -k does. Kinds run beside each other.
SEEDS ?= 0:5000
SECONDS ?= 600
fuzz: .venv/stamps/test
	STEPWELL_FUZZ_SEEDS=$(SEEDS) STEPWELL_FUZZ_SECONDS=$(SECONDS) \
	  $(BIN)/pytest -q -rP -n $(JOBS) --dist worksteal test/fuzz $(if $(KIND),-k '$(KIND)')

# Builds of torch without CUDA, a tenth of the size; empty for those of the package registry.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
ORACLES ?= .venv-oracles
.venv-oracles/stamp: pyproject.toml
	@test -x .venv-oracles/bin/pip || $(PYTHON) -m venv .venv-oracles
	PYTHONWARNINGS=ignore .venv-oracles/bin/python -m pip install --quiet --disable-pip-version-check \
	  $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) --editable '.[test,oracles]'
	@touch $@

# Each file in a process of its own: the frameworks bring libraries that do not bear each other.
# An environment of the caller's has the frameworks, pytest and this package; nothing is installed.
ONLY ?=
oracles: $(if $(filter .venv-oracles,$(ORACLES)),.venv-oracles/stamp) acceptance-models
	@failed=; for file in $(sort $(wildcard test/oracles/test_*$(ONLY)*.py)); do \
	  echo "$$file"; $(ORACLES)/bin/python -m pytest -q -rs $$file || failed="$$failed $$file"; \
	done; test -z "$$failed" || { echo "make: these differ:$$failed" >&2; exit 1; }

acceptance-models: .venv/stamps/test
	$(BIN)/python -m stepwell.tools.record.acceptance_models

docs: .venv/stamps/test
	$(BIN)/python docs/generate_operator_lines.py
	$(BIN)/python docs/generate_reference.py
	$(BIN)/python docs/generate_frontend_operators.py
	$(BIN)/python docs/generate_rewrite_checklist.py

wheels: .venv/stamps/test
	$(BIN)/python -m pip wheel --quiet --no-deps --disable-pip-version-check --wheel-dir dist .
	$(BIN)/python packaging/runtime_wheel.py dist

clean:
	rm -rf .venv .cache build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
