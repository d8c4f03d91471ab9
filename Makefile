# Everything a reader or a contributor does; `make help` lists it.
PYTHON  ?= python3
PROFILE ?= full
CORES   ?=
ARGS    ?=

VENV    := .venv
BIN     := $(VENV)/bin
PIP     := $(BIN)/python -m pip install --disable-pip-version-check
PUBLISH := $(BIN)/python -m nbhelpers.publish
BUILD   := $(PUBLISH) build $(if $(CORES),--cores $(CORES))

.DEFAULT_GOAL := help
.PHONY: help env book test bench lint lab pdf epub zip serve notebooks class reference chapter lock licences clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  PROFILE=quick builds the book in minutes; PYTHON=python3.12 chooses the interpreter."

env: $(VENV)/.installed  ## Make the environment in .venv from the lock file

# One package is there as source only. It is built by the setuptools that the first line installed,
# which has a hash, as everything that runs here.
$(VENV)/.installed: requirements.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else f"Python 3.11 to 3.13 is needed, this is {sys.version.split()[0]}; choose another: make PYTHON=python3.12")'
	$(PYTHON) -m venv --clear $(VENV)
	$(PIP) --require-hashes -r requirements-run.lock
	$(PIP) --require-hashes --only-binary :all: --no-binary connection-pool --no-build-isolation -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

book: env  ## Build the book (PROFILE=full or quick)
	$(BUILD) --profile $(PROFILE) $(ARGS)

test: env lint  ## Run every check: code, chapters, notebooks, pages in a browser
	NBHELPERS_OFFLINE=1 $(BIN)/python -m pytest --numprocesses auto --ignore=tests/pages
	NBHELPERS_OFFLINE=1 $(BUILD) --profile quick
	NBHELPERS_OFFLINE=1 $(BIN)/python -m pytest --numprocesses auto tests/pages

bench: env  ## Time our networks beside Keras' and PyTorch's, in one run (ARGS="--runs 3 --keep")
	$(BIN)/python benchmarks/bench.py $(ARGS)

lint: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

pdf: env  ## Print the built book with Chromium (ARGS="--paper Letter --edition complete")
	$(PUBLISH) pdf --profile $(PROFILE) $(ARGS)

epub: env  ## Make an EPUB of the built book
	$(PUBLISH) epub --profile $(PROFILE) $(ARGS)

zip: env  ## Put the built pages into one file that reads without a network
	$(PUBLISH) zip --profile $(PROFILE) $(ARGS)

lab: env  ## Open JupyterLab with copies of the chapters that are yours: my-notebooks/
	@$(PUBLISH) my-notebooks
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/jupyter lab --LabApp.default_url=/lab/tree/my-notebooks $(ARGS)

serve: env  ## Serve the book on this machine and rebuild what changes
	$(PUBLISH) serve $(ARGS)

notebooks: env  ## Write notebooks/ anew from book/
	$(PUBLISH) notebooks

class: env  ## Write notebooks for a class: _build/class, without and with solutions
	$(PUBLISH) class $(ARGS)

reference: env  ## Build the book on real data; keep its numbers in nbhelpers/reference
	$(PUBLISH) reference $(if $(CORES),--cores $(CORES)) $(ARGS)

chapter: env  ## Start a chapter: make chapter NAME=case-studies/orl TITLE="Faces"
	$(PUBLISH) new-chapter "$(NAME)" "$(TITLE)"

COMPILE := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet --emit-build-options
RUN     := --extra data --extra lab --constraint requirements.lock --only-binary :all:

lock: env  ## Resolve the dependencies anew: requirements.lock, and the readers' part of it
	$(COMPILE) --all-extras --upgrade --output-file requirements.lock
	$(COMPILE) $(RUN) --upgrade --output-file requirements-run.lock

licences: env  ## List the licences of what is handed on and of what builds it
	$(BIN)/python docs/licences.py $(ARGS)

clean:  ## Delete everything that was built, and the environment
	rm -rf _build $(VENV)
