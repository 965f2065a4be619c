# Every target sets up .venv by itself, and at once when it is already right.

BIN := .venv/bin
CODE := flows tasks integrations data_contracts
PYTEST := $(BIN)/python -m pytest -m "not bench" -n 2 --dist loadscope --no-loadscope-reorder
PYTEST_ARGS ?=
PACKAGE ?=
ALL ?=

# Python keeps what it has compiled, whatever the shell says: every flow run is a new process, twice as quick with it.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: help setup demo up test check audit bench mutants format lock clean

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make .venv what requirements.lock says
	@PYTHON="$(PYTHON)" .ci/setup

demo: setup ## the main job, start to end, without questions
	@$(BIN)/rightsflow demo

up: setup ## the whole system on this machine; Ctrl-C ends it
	@$(BIN)/rightsflow up

test: setup ## the tests in two processes, those of whole cases drawn; 99 of 100 branches of rules and contracts by their own tests; ALL=1: all of both
ifdef ALL
	@RIGHTSFLOW_LONG=1 $(PYTEST) --cov --cov-report= $(PYTEST_ARGS)
else
	@$(PYTEST) --part=counted --cov --cov-report= $(PYTEST_ARGS)
	@$(PYTEST) --part=rest $(PYTEST_ARGS)
endif
	@$(BIN)/python -m coverage report --include='tasks/rules/*,data_contracts/*' --fail-under=$(if $(ALL),100,99)

check: setup ## style, types, layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy $(CODE) tests
	@$(BIN)/lint-imports --no-cache

audit: setup ## known vulnerabilities of what the lock pins
	@.ci/audit

bench: setup ## measures, with ratios against doing it by hand; ALL=1: a million records of evidence, 200 requests at once
	@$(BIN)/python -m tests.benchmarks $(if $(ALL),--records 1000000 --history 1000000 --burst 200)

mutants: setup ## change the code line by line, see whether tests notice, and write docs/build/mutants.md; PACKAGE=name: one package; goes on after Ctrl-C
	@nice -n 15 $(BIN)/python -m tests.mutants $(PACKAGE)
	@$(BIN)/python -m tests.mutants.page

format: setup ## put every file into the house's form
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .

lock: setup ## renew requirements.lock from pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --group dev pyproject.toml \
		--generate-hashes --no-header --no-emit-index-url --no-emit-find-links -o requirements.lock

clean: ## remove .venv, caches and what was built; leaves .rightsflow alone
	@rm -rf .venv .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build *.egg-info
	@find $(CODE) tests -name __pycache__ -type d -prune -exec rm -rf {} +
