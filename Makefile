# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

VENV := .venv
SCENARIO :=
# Python without a name that says so.
PROGRAMS = $(shell git grep --files-with-matches '^\#!/usr/bin/env python3' -- ':!*.py')

export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
# Ansible wants a UTF-8 locale, and a minimal Debian has no other.
export LC_ALL := C.UTF-8
# Not beside the sources: reuse, which runs at the same time, takes a file that has just come for one of them.
export PYTHONPYCACHEPREFIX := $(CURDIR)/.build/pycache
# The checkout as the collection it is, whatever its folder is called.
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.build/collections

.DEFAULT_GOAL := help
.PHONY: help venv demo test lint format sanity support unit contract page docs recording screenshots molecule bench changelog build rehearse release clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: venv ## hosts, GitHub and all on this machine: four runners, a job, its replacement
	@tools/demo

test: venv ## lint, unit, contract and molecule, two at a time, and how long each took
	@tools/browser # before two parts at once want apt
	@tools/test

lint: venv ## ruff, yamllint, ansible-lint, documentation, licences, workflows, then `make sanity`
	pre-commit run --all-files
	ansible-lint
	antsibull-docs lint-collection-docs --plugin-docs .
	@tools/sanity

format: venv ## let ruff put right what it can
	ruff check --fix --exit-zero --quiet . $(PROGRAMS)
	ruff format . $(PROGRAMS)

sanity: venv ## ansible-test sanity on the newest and the oldest ansible-core
	@tools/sanity

support: venv ## every supported ansible-core on a host of each release, then the README's table of it
	@tools/support

unit: venv ## unit tests
	pytest tests/unit

contract: venv ## GitHub's stand-in and our requests, held against GitHub's OpenAPI description
	pytest tests/contract

page: venv ## the status page in a browser: shown, clicked, attacked
	@tools/browser
	pytest tests/page

molecule: venv ## every scenario on real hosts; one of them with SCENARIO=name
	molecule test $(if $(SCENARIO),--scenario-name $(SCENARIO),--all)

docs: venv ## the documentation: pages from the code, the site in .build/docs/html, tests of its commands
	@tools/browser
	@$(VENV)/bin/python tools/docs
	pytest tests/docs

recording: venv ## what one sees, in the README: from a run of its commands on empty hosts
	@$(VENV)/bin/python tools/recording

screenshots: venv ## the pictures of the status page in docs/images
	@tools/browser
	$(VENV)/bin/python tools/screenshots

bench: venv ## what it costs: time, memory, tasks
	tests/benchmarks/run

changelog: venv ## the fragments taken into the changelog, under the version that galaxy.yml names
	antsibull-changelog release --update-existing --reload-plugins --refresh-plugins

build: venv ## the collection's archive in .build/release, the same bytes each time
	@$(VENV)/bin/python tools/release build

rehearse: venv ## what `make release` does, for what is checked out, and with the fragments in the changelog
	@$(VENV)/bin/python tools/release rehearse

release: venv ## the archive of a release: built twice, imported as Galaxy does, installed, run against a host
	@$(VENV)/bin/python tools/release release

venv: ## the development environment in .venv: made once, from pinned versions
	@tools/venv $(VENV)
	@tools/collection-tree .build/collections

clean: ## away with what tools made here (the test bed: tests/testbed/testbed down --all)
	rm -rf .venv .venv-* .build .ansible .pytest_cache .ruff_cache tests/output socialgouv-actions_runner-*.tar.gz
