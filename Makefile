.DEFAULT_GOAL := help
SHELL := /bin/bash -o pipefail

PYTHON ?= python3
HOST := 127.0.0.1
PORT := 8000
# Arguments for pytest: make test ARGS="-k bracket -x"
ARGS :=
# What sam-local does, in turn: contract, schedule, worker, serve
STEPS := contract

BIN := .venv/bin
READY := .venv/.ready
SAM := .venv-sam/bin
SAM_READY := .venv-sam/.ready
CHECKOV_READY := .venv-checkov/.ready
# Every template of the deployment. The first nests the others.
TEMPLATES := template.yaml $(addprefix infra/,network.yaml data.yaml storage.yaml roles.yaml observability.yaml)
# What make deploy deploys: small or large, and a file with the parameters of one's own site
PROFILE :=
SITE :=
# … and under which name, so that there can be another one beside it.
STACK := guildhall
# The peers of the benchmarks, and what the image installs: each is measured among its own alone.
BENCH_READY := .venv-bench/.ready
IMAGE_READY := .venv-image/.ready
# npm's own note of what it has installed.
COMPARISON_READY := tests/comparison/node_modules/.package-lock.json
# The plugin, or the older program of its own.
COMPOSE = $(shell docker compose version >/dev/null 2>&1 && echo docker compose || echo docker-compose) \
	--env-file .env -p guildhall -f infra/compose.yaml

export SAM_CLI_TELEMETRY := 0

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

# aws-sam-cli and checkov pin much that we do not, so each has an environment of its own.
$(SAM_READY): requirements-sam.lock
$(CHECKOV_READY): requirements-checkov.lock
$(SAM_READY) $(CHECKOV_READY): | $(READY)
	test -x $(@D)/bin/python || $(BIN)/uv venv --quiet --python $(BIN)/python $(@D)
	$(BIN)/uv pip sync --quiet --python $(@D)/bin/python --require-hashes $<
	touch $@

$(BENCH_READY): requirements-bench.lock
$(IMAGE_READY): requirements.lock
$(BENCH_READY) $(IMAGE_READY): | $(READY)
	test -x $(@D)/bin/python || $(BIN)/uv venv --quiet --python $(BIN)/python $(@D)
	$(BIN)/uv pip sync --quiet --python $(@D)/bin/python --require-hashes --compile-bytecode $<
	touch $@

.PHONY: install
install: $(READY)  ## Bring everything the other targets need into .venv

.PHONY: run
run: export DEBUG := true
run: $(READY)  ## Run the API on a laptop: SQLite, demo data, stand-ins for Steam and Discord, http://127.0.0.1:8000 (PORT=, HOST=)
	@set -a; if [ -f .env ]; then . ./.env; fi; \
	if [ "$(HOST)" != 127.0.0.1 ]; then export ALLOWED_HOSTS="$${ALLOWED_HOSTS:-*}"; fi; \
	export MEDIA_URL="$${MEDIA_URL:-http://$(HOST):$(PORT)/media/}"; \
	$(BIN)/python manage.py migrate --verbosity 0 && \
	$(BIN)/python manage.py demo --if-empty --url http://$(HOST):$(PORT) && \
	exec $(BIN)/python -m tests.fakes $(if $(STEAM_PAYLOADS),--payloads $(STEAM_PAYLOADS)) -- \
		$(BIN)/python manage.py runserver $(HOST):$(PORT)

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

# Each of the three sees what the others miss; tests/template has what none does.
.PHONY: template
template: $(SAM_READY) $(CHECKOV_READY)  ## Validate the SAM templates, offline
	for each in $(TEMPLATES); do \
		AWS_EC2_METADATA_DISABLED=true $(SAM)/sam validate -t $$each --region eu-west-1 || exit; done
	$(SAM)/cfn-lint -r eu-west-1 -t $(TEMPLATES)
	.venv-checkov/bin/checkov --config-file .checkov.yaml $(addprefix -f ,$(TEMPLATES))

# Parameters on the command line take the place of the profile's in samconfig.toml, so all are named.
# SecretsVersion is another one each time: otherwise the API would go on with the parameters it had.
.PHONY: deploy
deploy: OVERRIDES = file://infra/$(PROFILE).yaml $(if $(SITE),file://$(SITE)) Version=$$(git describe --tags --always --dirty)
deploy: $(if $(filter deploy,$(MAKECMDGOALS)),$(if $(PROFILE),,$(error PROFILE is small or large: the one that the site has)))
deploy: $(SAM_READY)  ## Build and deploy to AWS (PROFILE=small or large, SITE=the file of your own parameters)
	$(SAM)/sam build --config-env $(PROFILE) --parameter-overrides $(OVERRIDES)
	$(SAM)/sam deploy --config-env $(PROFILE) --stack-name $(STACK) --parameter-overrides $(OVERRIDES) SecretsVersion=$$(date -u +%Y%m%dT%H%M%SZ)

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
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes $(if $(UPGRADE),--upgrade) \
		--custom-compile-command "make lock" requirements-sam.in -o requirements-sam.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes $(if $(UPGRADE),--upgrade) \
		--custom-compile-command "make lock" requirements-bench.in -c requirements.lock -o requirements-bench.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes $(if $(UPGRADE),--upgrade) \
		--custom-compile-command "make lock" requirements-checkov.in -o requirements-checkov.lock

.PHONY: schema
schema: $(READY)  ## Write the OpenAPI schema to schema.yaml
	DEBUG=true $(BIN)/python manage.py spectacular --validate --fail-on-warn --file schema.yaml

.PHONY: bench
bench: $(READY) $(BENCH_READY) $(IMAGE_READY)  ## Measure the Lambda handler beside other frameworks' (ARGS=--check)
	$(BIN)/python -m tests.benchmarks $(ARGS)

$(COMPARISON_READY): tests/comparison/package.json tests/comparison/package-lock.json
	npm ci --silent --prefix tests/comparison
	touch $@

.PHONY: compare
compare: $(READY) $(COMPARISON_READY)  ## Play tournaments beside brackets-manager.js, which needs node (ARGS="--tournaments 50")
	$(BIN)/python -m tests.comparison $(ARGS)

.PHONY: month
month: $(READY)  ## Play a month of the sync against the fake Steam, and compare (ARGS="--members 100 --days 5")
	$(BIN)/python -m tests.simulation $(ARGS)

.PHONY: image
image:  ## Build the container image, guildhall:latest
	docker build -t guildhall \
		--build-arg GUILDHALL_VERSION=$$(git describe --tags --always --dirty) \
		--build-arg GUILDHALL_REVISION=$$(git rev-parse HEAD) .

.PHONY: invoke
invoke: $(READY) $(SAM_READY)  ## The contract suite through Lambda's emulator, no Docker (EVENT=file.json posts that)
	$(BIN)/python -m infra.invoke $(if $(EVENT),--event $(EVENT)) $(ARGS)

.PHONY: sam-local
sam-local: $(READY) $(SAM_READY)  ## The contract suite through sam local, in the real image (SERVE=1 keeps serving)
	$(BIN)/python -m infra.sam_local $(if $(SERVE),serve,$(STEPS))

.PHONY: sam-schedule
sam-schedule: STEPS := schedule
sam-schedule: sam-local  ## One scheduled sync through sam local (STEAM_PAYLOADS=folder of recorded answers)

.PHONY: sam-worker
sam-worker: STEPS := worker
sam-worker: sam-local  ## One batch of the queue through sam local, with a message that fails

# Always: one that is there may lack a secret that has come since.
.PHONY: .env
.env:
	@$(PYTHON) infra/complete_env.py $@

.PHONY: up
# The migrations before anything is ended that serves already: it goes on should they fail.
up: .env image  ## Run everything by compose: http://127.0.0.1:8000, pgAdmin on http://127.0.0.1:8888
	$(COMPOSE) up --detach --no-recreate postgres redis
	$(COMPOSE) run --rm -T migrate
	$(COMPOSE) up --detach

.PHONY: down
down: .env  ## End what `make up` started (VOLUMES=1 removes its data as well)
	$(COMPOSE) down $(if $(VOLUMES),--volumes)

.PHONY: rehearse
rehearse: .env image  ## Migrate a copy of compose's database by the new image, and say how long each migration takes
	COMPOSE="$(COMPOSE)" infra/rehearse.sh

.PHONY: compose-check
compose-check: STEPS := contract schedule restarts
compose-check: $(READY) image  ## Everything by compose beside `make up`: the contract, a sync, restarts under load
	$(BIN)/python -m infra.compose_local $(STEPS)

.PHONY: clean
clean:  ## Remove what the other targets made
	rm -rf .venv .venv-sam .venv-checkov .venv-bench .venv-image .aws-sam .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis tests/comparison/node_modules static schema.yaml *.sqlite3*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
