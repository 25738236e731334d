# Every target sets up what it needs from nothing. `make` alone lists them.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
PHOTO ?=
TESTS ?= tests
CASES ?= 300

export PYTHON
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help demo page screenshots test chaos check fmt bench fuzz venv clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1	\2/p' $(MAKEFILE_LIST)

demo: $(VENV)/run.stamp ## files travel both ways on five channels, in one process (PHOTO=my.jpg takes yours)
	@$(BIN)/trombone demo $(if $(PHOTO),--photo "$(PHOTO)")

page: $(VENV)/run.stamp ## the same, and then a page to try it on yourself, until Ctrl+C
	@$(BIN)/trombone demo --stay $(if $(PHOTO),--photo "$(PHOTO)")

test: $(VENV)/dev.stamp ## all tests, on real servers (TESTS=tests/unit runs a part)
	@.ci/services
	@$(BIN)/python -m pytest -q $(TESTS)

chaos: $(VENV)/dev.stamp ## break everything on purpose, at full length (under an hour)
	@.ci/services
	@$(BIN)/python -m tests.chaos

check: $(VENV)/dev.stamp ## style, types, architecture, and drift of generated files
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo >$(VENV)/imports.log || { cat $(VENV)/imports.log; exit 1; }
	@$(BIN)/python -m schemas.generate --check
	@$(BIN)/python -m workers.commands.docs --check
	@$(BIN)/python -m workers.commands.limits_age
	@echo "check: ok"

fmt: $(VENV)/dev.stamp ## format, and fix what can be fixed
	@$(BIN)/ruff check --quiet --fix || true
	@$(BIN)/ruff format --quiet
	@$(BIN)/python -m schemas.generate
	@$(BIN)/python -m workers.commands.docs

bench: $(VENV)/dev.stamp ## measure against peers; reported, never a gate
	@.ci/services
	@$(BIN)/python -m tests.benchmarks

fuzz: $(VENV)/dev.stamp ## thousands of damaged files through the decoding children (CASES=300 of each kind)
	@$(BIN)/python -m tests.fuzz --cases $(CASES)

screenshots: $(VENV)/dev.stamp ## pictures of the pages for the README
	@.ci/services
	@$(BIN)/python -m tests.e2e.screens

venv: $(VENV)/dev.stamp ## .venv with everything for development

clean: ## remove what make made (data of `trombone all` stays)
	@rm -rf $(VENV) build dist *.egg-info demo-output chaos-output .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/run.stamp: pyproject.toml
	@.ci/venv

$(VENV)/dev.stamp: pyproject.toml
	@.ci/venv dev
