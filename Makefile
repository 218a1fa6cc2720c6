# One obvious command for each thing; `make` lists them.
PYTHON ?=
VENV   := .venv
BIN    := $(VENV)/bin
STAMPS := $(VENV)/.stamps
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PORT   ?= 8000

ASSETS  := parc/static/build/manifest.json
SOURCES := package.json package-lock.json $(shell find assets -type f 2>/dev/null)
TEXTS   := $(wildcard parc/translations/*/LC_MESSAGES/messages.po)

# Or each of the programs that check and test Parc would compile all its sources anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run demo format lint types imports migrations translations docs check test \
        golden screenshots bench wheel clean install install-dev debian-packages

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: install ## all that the product needs to run here: environment, assets, database
	@$(BIN)/parc db upgrade

run: setup ## Parc on your own network, until Ctrl-C
	@$(BIN)/parc serve

demo: install $(STAMPS)/demo ## Parc on a simulated network, until Ctrl-C (PORT=8000)
	@$(BIN)/parc demo --port $(PORT)

format: install-dev ## rewrite the code in the one format
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

lint: install-dev ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install-dev ## mypy, strict
	$(BIN)/mypy

imports: install-dev ## who may import what
	$(BIN)/lint-imports

migrations: install-dev ## the migrations give the models' tables
	$(BIN)/python -m tools.migrations_check

translations: install-dev ## extract, update and compile the catalogues of texts
	$(BIN)/python -m tools.translations

docs: install-dev ## write the reference of commands from the commands
	$(BIN)/python -m tools.reference

check: lint types imports migrations ## all that must pass, without the tests
	$(BIN)/python -m tools.translations check
	$(BIN)/python -m tools.reference check

test: debian-packages install-dev ## every test, on real programs and both databases
	$(BIN)/pytest -n 3 --dist loadgroup

golden: install-dev ## rewrite the expected results of the recorded walks; read the diff
	$(BIN)/pytest -q -p no:xdist tests/collectors --golden

screenshots: debian-packages install-dev ## take the pictures of docs/images from the demo
	$(BIN)/python -m tools.screenshots

bench: debian-packages install-dev ## measure collecting beside net-snmp's own programs
	$(BIN)/python -m benchmarks.snmp_speed

wheel: install-dev ## build dist/parc-*.whl, which needs no Node to install
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## remove what was built; var/ with its database stays
	rm -rf $(VENV) node_modules parc/static/build build dist parc/translations/*/LC_MESSAGES/*.mo
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
	find parc collectors tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

install: $(STAMPS)/parc $(ASSETS) $(STAMPS)/texts

install-dev: install $(STAMPS)/demo $(STAMPS)/dev

debian-packages:
	@tools/debian-packages.sh

$(STAMPS)/venv:
	@tools/venv.sh $(VENV) $(PYTHON)
	@mkdir -p $(STAMPS)
	@touch $@

$(STAMPS)/run: requirements.txt $(STAMPS)/venv
	@echo "Installing what Parc needs"
	@$(PIP) -r requirements.txt
	@touch $@

# Editable, so that `parc` is a command of this checkout; again when its entry points may differ.
$(STAMPS)/parc: pyproject.toml $(STAMPS)/run
	@$(PIP) --no-deps --editable .
	@touch $@

# --no-deps: only the data files of snmpsim-data are read.
$(STAMPS)/demo: requirements-demo.txt $(STAMPS)/venv
	@$(PIP) --no-deps -r requirements-demo.txt
	@touch $@

$(STAMPS)/dev: requirements-dev.txt requirements.txt $(STAMPS)/run
	@echo "Installing what the checks and tests need"
	@$(PIP) -r requirements-dev.txt
	@touch $@

$(STAMPS)/texts: $(TEXTS) $(STAMPS)/run
	@$(BIN)/python -m tools.translations compile
	@touch $@

$(ASSETS): $(SOURCES) $(STAMPS)/venv
	@echo "Building the style and scripts of the pages"
	@$(BIN)/python tools/assets.py --has-node || $(PIP) -r requirements-assets.txt
	@$(BIN)/python tools/assets.py
	@touch $@
