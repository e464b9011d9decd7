# Guild: two commands matter. `make demo` shows it, `make test` proves it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.14 python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$p; break; }; done)
BIN := .venv/bin
SERVE ?= 1
PORT ?= 8000
STORY ?= examples/first-month

.PHONY: help
help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

$(BIN)/.installed: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Guild needs Python 3.11 or newer; none was found. Install python3 and python3-venv."; exit 1; }
	@echo "Setting up .venv with $(PYTHON) …"
	@$(PYTHON) -m venv .venv 2>/dev/null || { NEED=venv ./scripts/system-packages venv && $(PYTHON) -m venv .venv; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock 2> >(grep -v "is ignored: it is neither a file nor a directory" >&2)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . 2> >(grep -v "is ignored: it is neither a file nor a directory" >&2)
	@touch $@

.PHONY: setup
setup: $(BIN)/.installed
	@./scripts/system-packages pango

.PHONY: demo
demo: setup ## set everything up, play the first month, verify it, serve the site (SERVE=0: do not serve)
	@$(BIN)/guild demo --story $(STORY) --port $(PORT) $(if $(filter 0,$(SERVE)),--no-serve,)

.PHONY: run
run: setup ## run Guild on the embedded servers (or those that GUILD_… variables name)
	@$(BIN)/guild up --port $(PORT)

.PHONY: migrate
migrate: setup ## create or upgrade the database
	@$(BIN)/guild migrate

.PHONY: check
check: setup ## lint, format, types, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python scripts/house_rules.py

.PHONY: test
test: check ## everything that must hold before a change lands
	@./scripts/system-packages chromium
	@$(BIN)/python -m pytest -n auto --dist loadfile -q $(ARGS)

.PHONY: bench
bench: setup ## ratios against yardsticks, measured in alternating rounds of one run
	@$(BIN)/python -m bench

.PHONY: chaos
chaos: setup ## a longer seeded storm of kills (SEED=…, MINUTES=…)
	@$(BIN)/python -m tests.chaos.storm --minutes $(or $(MINUTES),3) $(if $(SEED),--seed $(SEED),)

.PHONY: fuzz
fuzz: setup ## many generated requests by everybody to every operation (EXAMPLES=50, SEED=1)
	@GUILD_FUZZ_EXAMPLES=$(or $(EXAMPLES),50) GUILD_FUZZ_SEED=$(or $(SEED),1) \
		$(BIN)/python -m pytest -q -s --timeout 7200 tests/security/test_fuzz.py

.PHONY: golden
golden: setup ## write the golden files and the generated docs anew; look at the diff
	@GUILD_GOLDEN=write $(BIN)/python -m pytest -n auto --dist loadfile -q -k golden
	@$(BIN)/python scripts/generate_docs.py
