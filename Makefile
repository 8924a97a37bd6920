# Every target is one thing that a person wants; `make` alone lists them.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
export PYTHONPATH := $(CURDIR)

VENV := .venv/bin
PYTHON_FILES := covertype Data dags demo fastapi locust random-data-api tests

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  %-12s %s\n", $$1, $$2 }'

.venv/installed: requirements.lock requirements-uv.txt scripts/install.sh
	@scripts/install.sh

.PHONY: install
install: .venv/installed ## Make the virtual environment from the lock (the other targets do it, too)

.PHONY: demo
demo: install ## Run the whole job once: ingest, train, promote, serve, load-test; results in out/demo/
	@$(VENV)/python -m demo run

.PHONY: demo-up
demo-up: install ## The same, but leave the services running, and print their URLs
	@$(VENV)/python -m demo up

.PHONY: demo-down
demo-down: install ## Stop what demo-up left running
	@$(VENV)/python -m demo down

.PHONY: ingest
ingest: install ## Fetch the batches that are open now, beside what demo-up left running
	@$(VENV)/python -m demo ingest

.PHONY: train
train: install ## Train and promote again, beside demo-up; with PARAMS='{"seed": 7}' if you like
	@$(VENV)/python -m demo train $(if $(PARAMS),--params "$$PARAMS")

.PHONY: rollback
rollback: install ## Make an earlier version the champion: VERSION=3; without VERSION, the previous one
	@$(VENV)/python -m demo rollback $(VERSION)

.PHONY: test
test: lint types ## Lint, check types, run all tests that need no Docker, report the coverage
	@$(VENV)/python -m pytest --cov --cov-report=term -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: lint
lint: install ## Check style (ruff)
	@$(VENV)/ruff check
	@$(VENV)/ruff format --check

.PHONY: types
types: install ## Check types (mypy --strict)
	@$(VENV)/mypy $(filter-out fastapi,$(PYTHON_FILES))
	@$(VENV)/mypy fastapi # alone: its main.py is a module main, like the random-data API's

.PHONY: format
format: install ## Format the code and mend what ruff can mend
	@$(VENV)/ruff check --fix
	@$(VENV)/ruff format

.PHONY: data
data: install ## Rebuild Data/covertype.parquet from its published source, and the simulator's calibration
	@$(VENV)/python -m Data.build_dataset
	@$(VENV)/python -m Data.calibrate_simulator

.PHONY: lock
lock: install ## Resolve all dependencies anew, and export each image's requirements
	@PATH="$(CURDIR)/$(VENV):$$PATH" scripts/lock.sh

.PHONY: clean
clean: ## Remove the virtual environment, caches and results
	rm -rf .venv out .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis
