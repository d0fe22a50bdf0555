# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
export PATH := $(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help venv lint unit contract build clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: ## the development environment in .venv (pinned, made once)
	@tools/venv $(VENV)

lint: venv ## ruff, yamllint, ansible-lint, documentation, ansible-test sanity
	ruff check .
	ruff format --check .
	yamllint --strict .
	ansible-lint

unit: venv ## unit tests
	pytest tests/unit

contract: venv ## GitHub's stand-in and our requests, held against GitHub's OpenAPI description
	pytest tests/contract

build: venv ## the collection's archive
	ansible-galaxy collection build --force

clean: ## away with what tools made here (not the test bed: tests/testbed/testbed down)
	rm -rf $(VENV) .venv-* .build .ansible .pytest_cache .ruff_cache tests/output *.tar.gz
