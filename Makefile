# Every target builds .venv first, or reuses it; `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup check test golden bench

python := .venv/bin/python

help: ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

setup: ## build .venv with everything that runs, tests and checks need
	@checker=$$(bash training/install.sh --python) && \
	hardware=$$("$$checker" -m training.config hardware) && \
	bash training/install.sh "$$hardware" dev

check: setup ## lint, format, types, import rule
	$(python) -m ruff check .
	$(python) -m ruff format --check .
	$(python) -m mypy
	$(python) -m pytest -q tests/test_architecture.py

test: setup ## the whole test suite
	$(python) -m pytest

golden: setup ## rewrite the golden files; the diff is what is reviewed
	$(python) -m pytest -q --golden -k golden
	git --no-pager diff --stat -- tests/golden

bench: setup ## every script of benchmarks/, one after the other
	@set -e; shopt -s nullglob; for script in benchmarks/*.py; do \
		echo "== $$script"; PYTHONPATH=. $(python) "$$script"; \
	done
