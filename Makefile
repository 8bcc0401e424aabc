# `make` lists the targets. Everything installs into .venv, from package registries alone.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STUBS  := .stubs-venv
GENERATED := clients/python/src/suppression/v1

.DEFAULT_GOAL := help
.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

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

.PHONY: install lock
install: $(VENV)/installed ## make the environment

lock: ## pin the newest versions that pyproject.toml allows (needs uv)
	uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
		--no-annotate --no-emit-package suppression-client --group dev --extra cli \
		pyproject.toml clients/python/pyproject.toml -o requirements/dev.txt
	uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
		--no-annotate requirements/stubs.in -o requirements/stubs.txt

# --- the contract ------------------------------------------------------------------------------

BREAKING_AGAINST ?= .git\#branch=main

.PHONY: generate proto-check
generate: $(VENV)/installed $(STUBS)/installed ## regenerate the stubs from proto/
	PATH="$(CURDIR)/$(STUBS)/bin:$$PATH" $(BIN)/buf generate proto
	$(BIN)/buf build proto -o - | $(STUBS)/bin/python -m grpc_tools.protoc \
		--descriptor_set_in=/dev/stdin --grpc_python_out=clients/python/src \
		suppression/v1/suppression_service.proto

proto-check: generate ## lint, format and compatibility of proto/, and that the stubs are fresh
	$(BIN)/buf lint
	$(BIN)/buf format --diff --exit-code
	$(BIN)/buf breaking --against '$(BREAKING_AGAINST)'
	@git diff --exit-code --stat -- $(GENERATED) \
		&& test -z "$$(git status --porcelain -- $(GENERATED))" \
		|| { echo "the generated code is stale: run 'make generate' and commit the result"; exit 1; }
