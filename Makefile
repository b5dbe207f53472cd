# Every target installs what it needs by itself; `make` alone lists them.
# Needed on the machine: make, git, and Node 20 or newer with npm. npm brings the Node that the project runs on.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-print-directory

CONFIG ?= config.yaml
ARGS ?=
SERVICE ?= http://localhost:8090

installed := node_modules/.installed
console := dist/console/index.html
run := scripts/with-node.sh

.PHONY: help run executor test build build-client integration-test integration-test-postgres conformance e2e-sdk e2e-flyte \
	bench bench-fan-out bench-console screenshots console-dev generate check-gen typecheck format lint clean install

help: ## This list
	@echo 'Targets of make:'
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-27s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: $(installed) $(console) ## Start the service; CONFIG=other.yaml chooses the configuration
	@$(run) node src/main.ts --config '$(CONFIG)' $(ARGS)

executor: $(installed) ## Start an executor beside a service that has executor.process.embedded: false
	@$(run) node src/executor-main.ts --config '$(CONFIG)' $(ARGS)

test: $(installed) $(console) ## All tests, on SQLite and on PostgreSQL; ARGS='src/runs' runs some of them
	@$(run) vitest run $(ARGS)

integration-test: $(installed) ## Start the service on SQLite and run the sample client against it
	@$(run) node scripts/integration-test.ts config.yaml

integration-test-postgres: $(installed) ## The same on PostgreSQL: the configured one if it answers, else a private one
	@$(run) node scripts/integration-test.ts config-postgres.yaml

conformance: $(installed) ## The published conformance suite of Connect and gRPC against the listener (needs Go)
	@$(run) test/conformance/run.sh $(ARGS)

e2e-sdk: $(installed) ## Record runs with the Flyte Python SDK (needs python3; installs flyte into .venv)
	@$(run) node scripts/e2e-sdk.ts $(ARGS)

e2e-flyte: $(installed) ## Run tasks with Flyte's SDK and command line, executed here (needs python3; uses .venv too)
	@$(run) node scripts/e2e-flyte.ts $(ARGS)

bench: build ## Measure the release build; ARGS=full, ARGS=create-run,list for some rows, ARGS=write for docs/performance.md too
	@$(run) node bench/run.ts $(ARGS)

bench-fan-out: $(installed) ## 200 runs of 10 children at once, and what they cost; ARGS=40 for so many runs
	@$(run) node bench/fan-out.ts $(ARGS)

bench-console: $(installed) $(console) ## A run of 50,000 actions in a browser (needs chromium): first view, scrolling, live changes
	@$(run) node bench/console/run-page.ts $(ARGS)

screenshots: $(installed) $(console) ## Make docs/screenshots anew, with sample data
	@CONSOLE_SCREENSHOTS=1 $(run) vitest run test/console/screenshots.test.ts

build: $(installed) $(console) ## Make bin/runs-service, and the console in dist/console
	@$(run) node scripts/build.ts service

console-dev: $(installed) ## The console with hot reload, on port 5173; SERVICE=http://… is the service that it shows
	@CONSOLE_SERVICE_URL='$(SERVICE)' $(run) vite -c console/vite.config.ts $(ARGS)

build-client: $(installed) ## Make bin/runs-client
	@$(run) node scripts/build.ts client

generate: $(installed) ## Generate src/gen from proto/
	@$(run) buf generate

check-gen: $(installed) ## Check that src/gen is what proto/ generates
	@$(run) node scripts/check-gen.ts

typecheck: $(installed) ## Check the types
	@$(run) tsc --noEmit
	@$(run) tsc --noEmit -p console

format: $(installed) ## Format the sources and proto/
	@$(run) biome format --write .
	@$(run) buf format --write

lint: $(installed) ## Lint the sources and proto/
	@$(run) biome lint --error-on-warnings .
	@$(run) buf lint

clean: ## Remove what was built; databases and installed packages stay
	@rm -rf bin dist coverage *.tsbuildinfo

# Besides its own files the console is made of generated types and rules that it shares with the service. The build writes its page last.
shared := $(shell find src/gen src/runs -type f -not -name '*.test.ts')
$(console): $(installed) $(shell find console -type f -not -path '*/node_modules/*') $(shared)
	@echo 'Building the console ...'
	@$(run) vite build -c console/vite.config.ts --logLevel warn

install: $(installed) ## Install the packages of package-lock.json

# No install script is needed; --include, because NODE_ENV=production would leave out half.
$(installed): package.json package-lock.json
	@command -v npm >/dev/null || { echo 'npm was not found: install Node 20 or newer.' >&2; exit 1; }
	@echo 'Installing packages ...'
	@npm ci --ignore-scripts --include=dev --include=optional --no-audit --no-fund --loglevel=error
	@touch $@
