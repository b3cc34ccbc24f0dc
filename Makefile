# Two commands are enough for a newcomer: `make demo` and `make test`. Everything they need they set up themselves.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3.11
VENV := .venv
LINT_VENV := .venv-lint
UV_VERSION := 0.13.9
BIN := $(VENV)/bin
export FREDNING_HOME ?= $(CURDIR)/var
export DO_NOT_TRACK := 1
# A demo's settings (its days, its clock) lie beside its data.
DEMO_ENV = if [ -f "$(FREDNING_HOME)/demo/demo.env" ]; then . "$(FREDNING_HOME)/demo/demo.env"; fi

# uv is ten times as fast as pip; pip stays the way where uv does not find the machine's certificates or its mirror.
install = $(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python --compile-bytecode --require-hashes $(1) \
	|| $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes $(1)

.PHONY: help setup demo test test-all ui docs bench lint format lock clean clean-demo

help: ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

# Bytecode is compiled at once: otherwise every process pays for it again.
$(VENV)/.ready: requirements/test.txt requirements/demo.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: install it, or name it: make PYTHON=/path/to/python3.11 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@echo "Installing pinned packages"
	@$(call install,-r requirements/test.txt)
	@$(call install,--no-deps -r requirements/demo.txt)
	@$(BIN)/python -m compileall -q -j 0 orchestration assets
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(LINT_VENV)/.ready: requirements/lint.txt
	$(PYTHON) -m venv $(LINT_VENV)
	$(LINT_VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/lint.txt
	@touch $@

DBT_SOURCES := $(shell find dbt_project -path dbt_project/target -prune -o -type f \( -name '*.sql' -o -name '*.yml' -o -name '*.csv' -o -name '*.md' \) -print)

dbt_project/target/manifest.json: $(VENV)/.ready $(DBT_SOURCES)
	$(BIN)/fredning prepare
	@touch $@

setup: $(VENV)/.ready dbt_project/target/manifest.json ## Virtual environment, pinned packages, dbt manifest

demo: setup ## The demo retailer: real purchases in, fourteen days decided and handed off
	$(BIN)/fredning demo $(DEMO_ARGS)

test: setup ## All tests but the slow ones
	$(BIN)/pytest -n 2 --dist worksteal -m "not slow" $(PYTEST_ARGS)

test-all: setup ## The slow ones: kill loops, demo days, browsers, published data
	@$(call install,--no-deps -r requirements/test-data.txt)
	$(BIN)/pytest -m slow $(PYTEST_ARGS)

ui: setup ## The Dagster UI with what `make demo` made
	@$(DEMO_ENV); $(BIN)/fredning ui

docs: setup ## dbt docs as one page, in var/docs/index.html
	@$(DEMO_ENV); $(BIN)/fredning docs

# Each measures what it makes itself; those of the last line measure the demo, where there is one.
bench: setup ## Ratios, measured in one run; SCALE=0.1, 1 or 3 for more customers
	@for program in render decisions explain warehouse "identity ids"; do \
	  echo "== $$program"; $(BIN)/python -m tests.benchmarks.$$program || exit 1; done
	@if [ -f var/warehouse.duckdb ]; then for program in diff "identity demo"; do \
	  echo "== $$program"; $(BIN)/python -m tests.benchmarks.$$program || exit 1; done; fi

lint: $(LINT_VENV)/.ready setup ## ruff, mypy, sqlfmt, dg check defs, dbt parse
	$(LINT_VENV)/bin/ruff check .
	$(LINT_VENV)/bin/ruff format --check .
	$(LINT_VENV)/bin/mypy --python-executable $(BIN)/python
	$(LINT_VENV)/bin/sqlfmt --check --quiet dbt_project/models dbt_project/tests
	$(BIN)/dg check defs
	$(BIN)/dbt parse --project-dir dbt_project --profiles-dir dbt_project --no-partial-parse --warn-error

format: $(LINT_VENV)/.ready ## Format Python and SQL
	$(LINT_VENV)/bin/ruff check --fix --quiet . || true
	$(LINT_VENV)/bin/ruff format --quiet .
	$(LINT_VENV)/bin/sqlfmt --quiet dbt_project/models dbt_project/tests

lock: $(VENV)/.ready ## Resolve requirements/*.in again, with hashes and without index addresses
	@for name in runtime test lint; do \
	  $(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements/$$name.in -o requirements/$$name.txt; done
	@for name in demo test-data; do \
	  $(BIN)/uv pip compile --quiet --no-deps --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements/$$name.in -o requirements/$$name.txt; done

clean-demo: ## Remove the demo's data
	rm -rf "$(FREDNING_HOME)"

clean: clean-demo ## Remove everything that can be made again
	rm -rf $(VENV) $(LINT_VENV) dbt_project/target dbt_project/logs .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
