# Every command of the project. `make run` and `make test` do all of their set-up themselves.
SHELL := /bin/sh
PY := scripts/python
CHECK := .venv/bin/python scripts/checks.py
# Some machines forbid compiled modules; without them every process of ours begins two seconds later.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run setup setup-dev test lint types contracts messages unit postgres browser extract screenshots pins clean

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z -]+:.*## / {printf "make %-12s  %s\n", $$1, $$2}' Makefile

run: setup ## set up what is missing, then start the product
	@.venv/bin/yankao run

setup: ## what running needs: .venv with pinned packages, browser packages, message catalogues
	@$(PY) scripts/set_up.py

setup-dev: ## and what the tests need: test packages, Chromium, fonts, PostgreSQL
	@$(PY) scripts/set_up.py --dev

test: setup-dev ## everything that is checked: lint, types, contracts, messages, tests on both databases, browser
	@$(CHECK)

lint types contracts messages unit postgres browser: setup-dev ## one of those checks alone
	@$(CHECK) $@

extract: setup ## take new user-facing sentences into the English catalogues, to be translated there
	@.venv/bin/python -m yankao.site.messages extract

screenshots: setup-dev ## take the pictures of docs/pictures from the running product
	@.venv/bin/python scripts/screenshots.py

pins: setup ## pin the newest packages that fit requirements/*.in, with hashes and without addresses
	@$(PY) scripts/pin.py

bench: setup-dev ## measure pages, moves and the report at 10k, 100k and 1M cases on both databases (takes a while)
	@.venv/bin/python -m benchmarks

clean: ## remove what set-up and tests made; the data in var/ stays
	rm -rf .venv .tools yankao/desk/static/packages .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
	find yankao -name '*.mo' -delete
