.DEFAULT_GOAL := help
SHELL := /bin/bash -o pipefail

PYTHON ?= python3
HOST := 127.0.0.1
PORT := 8000
# Arguments for pytest: make test ARGS="-k bracket -x"
ARGS :=

BIN := .venv/bin
READY := .venv/.ready

.PHONY: help
help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

# uv comes from the dev lock too, so that its own download is checked against a hash.
$(READY): requirements-dev.lock
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	sed -n '/^uv==/,/[^\\]$$/p' requirements-dev.lock > .venv/uv.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.lock
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements-dev.lock
	touch $@

.PHONY: install
install: $(READY)  ## Bring everything the other targets need into .venv

.PHONY: run
run: export DEBUG := true
run: $(READY)  ## Run the API on a laptop: SQLite, demo data, http://127.0.0.1:8000 (PORT=, HOST=)
	@set -a; if [ -f .env ]; then . ./.env; fi; \
	if [ "$(HOST)" != 127.0.0.1 ]; then export ALLOWED_HOSTS="$${ALLOWED_HOSTS:-*}"; fi; \
	$(BIN)/python manage.py migrate --verbosity 0 && \
	$(BIN)/python manage.py demo --if-empty --url http://$(HOST):$(PORT) && \
	exec $(BIN)/python manage.py runserver $(HOST):$(PORT)

.PHONY: test
test: $(READY)  ## Run the whole suite on an embedded PostgreSQL and Redis, in parallel
	$(BIN)/pytest -n auto $(ARGS)

.PHONY: test-sqlite
test-sqlite: $(READY)  ## The same suite on SQLite
	TEST_DATABASE_URL=sqlite://:memory: $(BIN)/pytest -n auto $(ARGS)

.PHONY: lint
lint: $(READY)  ## ruff, mypy, import contracts, missing migrations, the schema, the SAM template
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	DEBUG=true $(BIN)/mypy
	$(BIN)/lint-imports
	DEBUG=true $(BIN)/python -W error manage.py makemigrations --check --dry-run
	DEBUG=true $(BIN)/python -W error manage.py spectacular --validate --fail-on-warn --file /dev/null
	$(MAKE) template

.PHONY: format
format: $(READY)  ## Format the code and put imports in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: lock
lock: $(READY)  ## Pin every dependency with hashes (UPGRADE=1 takes the newest)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes $(if $(UPGRADE),--upgrade) \
		--custom-compile-command "make lock" pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes $(if $(UPGRADE),--upgrade) \
		--custom-compile-command "make lock" pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock

.PHONY: schema
schema: $(READY)  ## Write the OpenAPI schema to schema.yaml
	DEBUG=true $(BIN)/python manage.py spectacular --validate --fail-on-warn --file schema.yaml

.PHONY: clean
clean:  ## Remove what the other targets made
	rm -rf .venv .venv-sam .aws-sam .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis static schema.yaml *.sqlite3*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
