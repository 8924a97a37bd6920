# Every target is one thing that a person wants; `make` alone lists them.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
export PYTHONPATH := $(CURDIR)

VENV := .venv/bin
PYTHON_FILES := bench capacity console covertype Data dags demo fastapi images loadgen locust random-data-api stack tests

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  %-17s %s\n", $$1, $$2 }'

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

.PHONY: demo-ingest
demo-ingest: install ## Fetch the batches that are open now, beside what demo-up left running
	@$(VENV)/python -m demo ingest

.PHONY: demo-train
demo-train: install ## Train and promote again, beside demo-up; with PARAMS='{"seed": 7}' if you like
	@$(VENV)/python -m demo train $(if $(PARAMS),--params "$$PARAMS")

.PHONY: demo-rollback
demo-rollback: install ## Make an earlier version of demo-up the champion: VERSION=3, or the previous one
	@$(VENV)/python -m demo rollback $(VERSION)

.PHONY: up
up: install ## Build and start the Docker stack, and wait until it serves a model
	@$(VENV)/python -m stack up

.PHONY: down
down: install ## Stop the stack and the load test; VOLUMES=1 deletes all data, too
	@$(VENV)/python -m stack down $(if $(filter-out 0,$(VOLUMES)),--volumes)

.PHONY: logs
logs: ## Follow what the containers write; SERVICE=fastapi for those of one service
	@docker compose logs --follow --tail 100 $(SERVICE)

.PHONY: ps
ps: install ## Show each container, what it uses and what it may use
	@$(VENV)/python -m stack ps

.PHONY: ingest
ingest: install ## Fetch the batches that are open now
	@$(VENV)/python -m stack ingest

.PHONY: train
train: install ## Ingest, train, and say what came of it; with PARAMS='{"seed": 7}' if you like
	@$(VENV)/python -m stack train $(if $(PARAMS),--params "$$PARAMS")

.PHONY: rollback
rollback: install ## Make an earlier version the champion: VERSION=3; without VERSION, the previous one
	@$(VENV)/python -m stack rollback $(VERSION)

.PHONY: predict
predict: install ## Ask for one prediction, and show the curl command; URL= asks another service
	@$(VENV)/python -m stack predict $(if $(URL),--url "$(URL)")

.PHONY: scale
scale: install ## Have N=5 replicas, and see that the gateway uses them
	@$(VENV)/python -m stack scale $(or $(N),$(error say how many: make scale N=5))

.PHONY: locust
locust: install ## Start the load test: its page, or HEADLESS=1; WORKERS=2 for more users; LOCUST_SHAPE=steps
	@$(VENV)/python -m stack locust --workers $(or $(WORKERS),0) $(if $(filter-out 0,$(HEADLESS)),--headless)

.PHONY: locust-down
locust-down: install ## Stop the load test
	@$(VENV)/python -m stack locust --down

.PHONY: secrets
secrets: install ## Write random passwords and keys into .env, before the first start
	@$(VENV)/python -m stack secrets

.PHONY: test
test: lint types ## Lint, check types, run all tests that need no Docker, report the coverage
	@$(VENV)/python -m pytest --cov --cov-report=term -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: engine
engine: ## Install and start a Docker Engine with Compose v2, on a Debian machine that has none
	@scripts/engine.sh

.PHONY: images
images: ## Have every base image: pulled, or built from Debian and PyPI packages where no registry answers
	@images/build.sh

.PHONY: test-images
test-images: install ## Test what the stack relies on in each base image; needs `make engine images`
	@$(VENV)/python -m pytest -m docker tests/images

.PHONY: test-gateway
test-gateway: install ## Test the gateway with replicas that fail; needs `make engine images`
	@$(VENV)/python -m pytest -m docker tests/gateway

.PHONY: test-capacity
test-capacity: install ## Test the planner's watch over containers; needs `make engine images`
	@$(VENV)/python -m pytest -m docker tests/capacity/services

.PHONY: test-stack
test-stack: install ## Test the running stack, faults and all; needs `make up`
	@$(VENV)/python -m pytest -m stack tests/stack

.PHONY: bench
bench: install ## Measure inference beside its peers; results in out/bench/ and docs/benchmarks.md
	@$(VENV)/python -m bench run

.PHONY: bench-quick
bench-quick: install ## The same in two minutes: this service, FastAPI and bare ASGI
	@$(VENV)/python -m bench quick

.PHONY: bench-forests
bench-forests: install ## Compare forests by accuracy, time and memory, on what `make demo` ingested; docs/forests.md
	@PYTHONPATH=.:dags:fastapi $(VENV)/python -m bench.front

.PHONY: capacity
capacity: install ## Measure the stack's inference with seven limits, in short; PLAN=smoke for another plan
	@$(VENV)/python -m capacity run $(or $(PLAN),seed) --short

.PHONY: capacity-full
capacity-full: install ## The same at length: about an hour
	@$(VENV)/python -m capacity run $(or $(PLAN),seed)

.PHONY: capacity-search
capacity-search: install ## Find the cheapest limits and replicas for a load: RATE=1500 requests a second
	@$(VENV)/python -m capacity search $(or $(PLAN),search) $(if $(RATE),--rate $(RATE))

.PHONY: capacity-embedded
capacity-embedded: install ## Measure local processes, where there is no Docker Engine: two minutes
	@$(VENV)/python -m capacity run --embedded

.PHONY: browser
browser: ## Install headless Chromium on Debian, for the tests of pages
	@scripts/browser.sh

.PHONY: lint
lint: install ## Check style (ruff)
	@$(VENV)/ruff check
	@$(VENV)/ruff format --check

.PHONY: types
types: install ## Check types (mypy --strict)
	@$(VENV)/mypy $(filter-out fastapi,$(PYTHON_FILES))
	@$(VENV)/mypy airflow/health.py airflow/initialise.py mlflow/bucket.py
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
