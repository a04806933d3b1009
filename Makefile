# Every target builds .venv first, or reuses it; `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup check test golden bench bench-parsers bench-env bench-kernels bench-credit score-parsers side-by-side fuzz cheats

python := .venv/bin/python

help: ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

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
	@set -e; shopt -s nullglob extglob; for script in benchmarks/!(peer_*|bench_timing_gpu).py; do \
		echo "== $$script"; PYTHONPATH=. $(python) "$$script"; \
	done

bench-parsers: setup ## what a parse costs, beside json.loads and the parsers that are installed
	$(python) benchmarks/parse_latency.py

TAU_BENCH ?=
bench-env: setup ## episodes per second, beside tau-bench where a checkout is given: make bench-env TAU_BENCH=path
	$(python) benchmarks/env_throughput.py $(if $(TAU_BENCH),--tau-bench "$(TAU_BENCH)")
	$(python) benchmarks/evaluate_overhead.py

bench-credit: setup ## bias and noise of every credit estimator, flat against tree, at equal budget
	PYTHONPATH=. $(python) benchmarks/credit_bias.py

KERNELBENCH ?=
bench-kernels: setup ## the kernel bench: seconds an evaluation, A/A, evaluations a minute: make bench-kernels KERNELBENCH=path
	$(python) benchmarks/bench_kernels.py $(if $(KERNELBENCH),--kernelbench "$(KERNELBENCH)")
	@if $(python) -c "import sys, torch; sys.exit(not torch.cuda.is_available())"; then \
		$(python) benchmarks/bench_timing_gpu.py; else echo "no GPU here: benchmarks/bench_timing_gpu.py was left out"; fi

CORPORA ?=
score-parsers: setup ## score the parser on a folder of turns: make score-parsers CORPORA=path
	@test -n "$(CORPORA)" || { echo "say which folder of turns: make score-parsers CORPORA=path"; exit 2; }
	$(python) benchmarks/score_parsers.py "$(CORPORA)"

side-by-side: setup ## the same turns through ours and the parsers of vLLM and SGLang that are installed
	@test -n "$(CORPORA)" || { echo "say which folder of turns: make side-by-side CORPORA=path"; exit 2; }
	$(python) benchmarks/parsers_side_by_side.py "$(CORPORA)"

cheats: setup ## every exploit program before the kernel bench's judge, and the honest ones
	$(python) benchmarks/cheats.py --honest

RUNS ?= 2000000
fuzz: setup ## mutated texts, then atheris (extra fuzz): make fuzz RUNS=2000000
	$(python) tests/fuzz/fuzz_parse.py --runs $(RUNS)
	$(python) tests/fuzz/fuzz_atheris.py -runs=$(RUNS)
