# `make` lists the targets. Everything installs into .venv, from package registries alone.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STUBS  := .stubs-venv
DOCS   := .docs-venv
GENERATED := clients/python/src/suppression/v1
JAVA_STUBS := clients/java/client/src/generated/java
JAVA_NEW   := clients/java/client/target/stubs
OPENAPI := service/suppression_service/server/openapi.json
GENERATED += $(JAVA_STUBS) clients/go/suppression clients/typescript/src/gen $(OPENAPI)

# Images of containers often set it, and then each process of the tests compiles the code again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-24s %s\n", $$1, $$2}'

# --- environment -------------------------------------------------------------------------------

$(VENV)/installed: requirements/dev.txt pyproject.toml clients/python/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "installing into $(VENV) (once; about a minute)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e clients/python -e .
	@touch $@

$(STUBS)/installed: requirements/stubs.txt
	@$(PYTHON) -m venv $(STUBS)
	@$(STUBS)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(DOCS)/installed: requirements/docs.txt
	@$(PYTHON) -m venv $(DOCS)
	@$(DOCS)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $<
	@touch $@

# Beside the environment, not in it: see pyproject.toml.
$(VENV)/bench/installed: requirements/bench.txt $(VENV)/installed
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --upgrade --target $(@D) -r $<
	@touch $@

.PHONY: install lock
install: $(VENV)/installed ## create the environment

# UPGRADE= adds what pyproject.toml has new and leaves the other versions as they are.
UPGRADE ?= --upgrade
COMPILE := uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
lock: ## pin the newest versions that pyproject.toml allows (needs uv)
	$(COMPILE) $(UPGRADE) --no-emit-package suppression-client --group dev --extra cli --extra envoy \
		pyproject.toml clients/python/pyproject.toml -o requirements/dev.txt
	$(COMPILE) $(UPGRADE) --no-emit-package suppression-client -c requirements/dev.txt \
		--extra envoy pyproject.toml -o requirements/runtime.txt
	$(COMPILE) $(UPGRADE) -c requirements/runtime.txt --group lambda -o requirements/lambda.txt
	$(COMPILE) $(UPGRADE) -c requirements/dev.txt --group build -o requirements/build.txt
	$(COMPILE) $(UPGRADE) -c requirements/dev.txt --group bench -o requirements/bench.txt
	$(COMPILE) $(UPGRADE) requirements/stubs.in -o requirements/stubs.txt
	$(COMPILE) $(UPGRADE) requirements/ministack.in -o requirements/ministack.txt
	$(COMPILE) $(UPGRADE) --group docs -o requirements/docs.txt

# --- run and check -----------------------------------------------------------------------------

.PHONY: up reset test test-grpcio coverage bench soak soak-kill fuzz hostile lint lint-github format types
up: $(VENV)/installed ## run the whole system until Ctrl-C, with a local stand-in for AWS
	@$(BIN)/python -m deploy.local.up

reset: $(VENV)/installed ## delete what `make up` has stored
	@$(BIN)/python -m deploy.local.reset

# Tests that share a system have an xdist group, and run in one worker of pytest-xdist.
TESTS ?= tests
# Twice as many processes as cores, since tests wait half of their time.
PROCESSES ?= $(shell $(PYTHON) -c 'import os; print(min(8, 2 * (os.cpu_count() or 1)))')
test: $(VENV)/installed ## run all tests, or those of TESTS='tests/unit -k replica'
	$(BIN)/pytest -n $(PROCESSES) --dist loadgroup $(TESTS)

# What depends on the transport of a server; in `make test` that is the default one.
GRPCIO := tests/integration/service/test_processes.py tests/acceptance/test_rolling_restart.py \
	tests/acceptance/test_senders_are_answered.py tests/acceptance/clients/test_testserver.py \
	tests/acceptance/clients/test_grpcurl.py
test-grpcio: $(VENV)/installed ## run the tests of servers and clients on the grpcio transport
	TEST_TRANSPORT=grpcio $(BIN)/pytest -n $(PROCESSES) --dist loadgroup $(GRPCIO)
	SUPPRESSION_TRANSPORT=grpcio $(BIN)/python clients/conformance/suite.py --no-table --scenarios-only

# Includes subprocesses, but none that is killed. `coverage html` shows the lines.
coverage: $(VENV)/installed ## measure the branch coverage of the tests, or of TESTS=… (twice as slow)
	$(BIN)/pytest -n $(PROCESSES) --dist loadgroup -o timeout=300 --cov --cov-report=term $(TESTS)

# BENCH='checks batches' measures some parts; see `python -m tests.benchmarks --help`.
bench: $(VENV)/installed $(VENV)/bench/installed ## measure the figures of docs/explanation/performance.md (about 15 minutes)
	PYTHONPATH=$(VENV)/bench $(BIN)/python -m tests.benchmarks $(BENCH)

# SOAK='--events 20000 --seed 7' makes it shorter, or repeats a run.
soak: $(VENV)/installed ## send feedback in random order, kill -9 ingest, and compare the results (some minutes)
	@$(BIN)/python -m tests.soak $(SOAK)

# KILLS='--seconds 60 --seed 7 --engine postgresql' makes it shorter, repeats a run, or uses PostgreSQL.
soak-kill: $(VENV)/installed ## kill -9 all processes at random under load, and verify the invariants (10 minutes)
	@$(BIN)/python -m tests.soak.kills $(KILLS)

.PHONY: test-image
test-image: ## build the image and run it beside PostgreSQL (needs Docker with Compose)
	.ci/image

# FUZZ_TIMES=500 tries 500 times as many examples as `make test`.
fuzz: $(VENV)/installed ## send random input to every port and queue (about 10 minutes)
	FUZZ_TIMES=$${FUZZ_TIMES:-60} $(BIN)/pytest -n auto --dist loadgroup -o timeout=0 tests/fuzz

# HOSTILE='-k rapid-resets' runs some attacks, HOSTILE_SECONDS=60 makes each longer.
hostile: $(VENV)/installed ## attack the server as strangers could, and print what it costs both (about 10 minutes)
	HOSTILE_SECONDS=$${HOSTILE_SECONDS:-10} $(BIN)/pytest -o timeout=0 tests/hostile $(HOSTILE)

lint: $(VENV)/installed types lint-github ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/hadolint deploy/Dockerfile

types: $(VENV)/installed
	$(BIN)/mypy

SCHEMA := $(BIN)/check-jsonschema --quiet --builtin-schema
lint-github: $(VENV)/installed
	$(BIN)/zizmor --offline --pedantic --quiet .github
	$(SCHEMA) vendor.github-workflows .github/workflows/*.yml
	$(SCHEMA) vendor.github-actions .github/actions/*/action.yml
	$(SCHEMA) vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(SCHEMA) vendor.github-issue-forms .github/ISSUE_TEMPLATE/bug.yml .github/ISSUE_TEMPLATE/feature.yml
	$(SCHEMA) vendor.dependabot .github/dependabot.yml

format: $(VENV)/installed ## format the code
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

# --- the documentation -------------------------------------------------------------------------

.PHONY: docs reference screenshots
reference: $(VENV)/installed ## generate the settings and commands in docs/reference/
	$(BIN)/python -m tests.support.reference

screenshots: $(VENV)/installed ## take the images of the console in docs/images/ anew (needs Chromium)
	$(BIN)/python -m tests.support.screenshots

docs: $(DOCS)/installed ## build the site into build/site; a broken link is an error
	@$(DOCS)/bin/sphinx-build -q -E -W --keep-going -c docs -b html . build/site
	@echo "build/site/index.html"

# --- the clients -------------------------------------------------------------------------------

OLDEST := .oldest-client-venv

.PHONY: test-clients test-oldest-client lock-oldest-client
# Skips clients without a tool chain here; in CI (CI=true) that is an error. CLIENTS='python go' selects
# clients, TABLE=docs/reference/clients.md writes the table.
test-clients: $(VENV)/installed test-oldest-client ## run every client's scenarios, README and tests
	$(BIN)/python clients/conformance/suite.py $(CLIENTS) $(if $(TABLE),--table $(TABLE))

$(OLDEST)/installed: requirements/oldest-client.txt clients/python/pyproject.toml
	@$(PYTHON) -m venv $(OLDEST)
	@$(OLDEST)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $<
	@touch $@

test-oldest-client: $(VENV)/installed $(OLDEST)/installed ## run the Python client with the oldest packages that it allows
	CONFORMANCE_PYTHON='$(CURDIR)/$(OLDEST)/bin/python' CONFORMANCE_RUNNER=python-oldest \
		PYTHONPATH=clients/python/src $(BIN)/python clients/conformance/suite.py --no-table python

# Not a part of `lock`: these versions only change with pyproject.toml.
lock-oldest-client: ## pin the oldest versions that the Python client allows (needs uv)
	$(COMPILE) --upgrade --resolution lowest-direct clients/python/pyproject.toml \
		-o requirements/oldest-client.txt

# --- the contract ------------------------------------------------------------------------------

.PHONY: generate proto-check proto-breaking
generate: $(VENV)/installed $(STUBS)/installed ## regenerate the stubs and the OpenAPI description from proto/
	PATH="$(CURDIR)/$(STUBS)/bin:$$PATH" $(BIN)/buf generate proto
	$(BIN)/buf build proto -o - | $(STUBS)/bin/python -m grpc_tools.protoc \
		--descriptor_set_in=/dev/stdin --grpc_python_out=clients/python/src \
		$(addprefix suppression/v1/,suppression_service.proto list_service.proto statistics_service.proto)
	$(BIN)/buf build proto -o - | $(BIN)/python -m tests.support.openapi $(OPENAPI)
	@$(MAKE) --no-print-directory generate-java generate-go generate-typescript

# protoc and protoc-gen-grpc-java come from Maven for every system, pinned in clients/java/pom.xml, so
# Maven calls them and buf does not.
.PHONY: generate-java
generate-java:
	@if command -v mvn >/dev/null && command -v javac >/dev/null; then \
		rm -rf $(JAVA_NEW) \
			&& mvn -q -B -f clients/java -Pgenerate -pl client -am generate-sources \
			&& rm -rf $(JAVA_STUBS) && mv $(JAVA_NEW) $(JAVA_STUBS); \
	elif test "$(CI)" = true; then \
		echo "generate: Java stubs need a JDK of 17 or newer and Maven" >&2; exit 1; \
	else \
		echo "generate: SKIPPED Java: no JDK with Maven here, so its stubs stay as they are" >&2; \
	fi

# The generators are pinned in clients/go/tools/go.mod and in clients/typescript/package-lock.json.
.PHONY: generate-go generate-typescript
generate-go: $(VENV)/installed
	@if command -v go >/dev/null; then \
		$(BIN)/buf generate proto --template clients/go/buf.gen.yaml; \
	elif test "$(CI)" = true; then \
		echo "generate: Go stubs need Go 1.26 or newer" >&2; exit 1; \
	else \
		echo "generate: SKIPPED Go: no Go here, so its stubs stay as they are" >&2; \
	fi

generate-typescript: $(VENV)/installed
	@if command -v node >/dev/null && command -v npm >/dev/null; then \
		clients/typescript/conformance/installed \
			&& $(BIN)/buf generate proto --template clients/typescript/buf.gen.yaml; \
	elif test "$(CI)" = true; then \
		echo "generate: TypeScript stubs need Node.js 20.3 or newer with npm" >&2; exit 1; \
	else \
		echo "generate: SKIPPED TypeScript: no Node.js here, so its stubs stay as they are" >&2; \
	fi

proto-check: generate ## check style and compatibility of proto/, and that the stubs are up to date
	$(BIN)/buf lint
	$(BIN)/buf format --diff --exit-code
	@$(MAKE) --no-print-directory proto-breaking
	@git diff --exit-code --stat -- $(GENERATED) \
		&& test -z "$$(git status --porcelain -- $(GENERATED))" \
		|| { echo "the generated code is stale: run 'make generate' and commit the result"; exit 1; }

# Compares with the newest release, else with main, else (if main itself is checked) with the contract
# before its last change. BREAKING_AGAINST=REV chooses another.
proto-breaking: $(VENV)/installed
	@against='$(BREAKING_AGAINST)'; \
	last=$$(git log -1 --format=%H -- proto 2>/dev/null); \
	for candidate in "$$(git describe --tags --abbrev=0 --match 'v*' 2>/dev/null)" \
			origin/main main "$$last^"; do \
		test -z "$$against" || break; \
		test -n "$$candidate" || continue; \
		found=$$(git rev-parse -q --verify "$$candidate^{commit}" 2>/dev/null) || continue; \
		test "$$found" != "$$(git rev-parse HEAD)" || continue; \
		test -n "$$(git ls-tree "$$found" proto/)" || continue; \
		against=$$found; \
	done; \
	if test -z "$$against"; then \
		echo "buf breaking: NOT COMPARED: no earlier version of proto/ in this clone"; \
	else \
		echo "buf breaking: comparing proto/ with $$(git log -1 --format='%h (%s)' "$$against")"; \
		git archive --format=tar "$$against" proto buf.yaml \
			| $(BIN)/buf breaking --against '-#format=tar'; \
	fi
