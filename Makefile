# Everything a reader or a contributor does; `make help` lists it.
PYTHON  ?= python3
PROFILE ?= full
CORES   ?=
ARGS    ?=

VENV    := .venv
BIN     := $(VENV)/bin
PUBLISH := $(BIN)/python -m nbhelpers.publish
BUILD   := $(PUBLISH) build $(if $(CORES),--cores $(CORES))

.DEFAULT_GOAL := help
.PHONY: help env book test bench lint lab serve notebooks reference chapter lock clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  PROFILE=quick runs every line in seconds; PYTHON=python3.12 chooses the interpreter."

env: $(VENV)/.installed  ## Make the environment in .venv from the lock file

$(VENV)/.installed: requirements.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else f"Python 3.11 to 3.13 is needed, this is {sys.version.split()[0]}; choose another: make PYTHON=python3.12")'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

book: env  ## Build the book (PROFILE=full or quick)
	$(BUILD) --profile $(PROFILE) $(ARGS)

test: env lint  ## Run every check: code, chapters, notebooks, pages in a browser
	NBHELPERS_OFFLINE=1 $(BIN)/python -m pytest --numprocesses auto --ignore=tests/pages
	NBHELPERS_OFFLINE=1 $(BUILD) --profile quick
	NBHELPERS_OFFLINE=1 $(BIN)/python -m pytest --numprocesses auto tests/pages

bench: env  ## Time our LeNet-5 beside Keras' and plain loops, in one run
	$(BIN)/python benchmarks/bench_lenet5.py $(ARGS)

lint: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

lab: env  ## Open JupyterLab with copies of the chapters that are yours: my-notebooks/
	@$(PUBLISH) my-notebooks
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/jupyter lab --LabApp.default_url=/lab/tree/my-notebooks $(ARGS)

serve: env  ## Serve the book on this machine and rebuild what changes
	$(PUBLISH) serve $(ARGS)

notebooks: env  ## Write notebooks/ anew from book/
	$(PUBLISH) notebooks

reference: env  ## Build the book on real data; keep its numbers in nbhelpers/reference
	$(PUBLISH) reference $(if $(CORES),--cores $(CORES)) $(ARGS)

chapter: env  ## Start a chapter: make chapter NAME=case-studies/orl TITLE="Faces"
	$(PUBLISH) new-chapter "$(NAME)" "$(TITLE)"

lock: env  ## Resolve the dependencies anew: requirements.lock
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade --quiet --output-file requirements.lock

clean:  ## Delete everything that was built, and the environment
	rm -rf _build $(VENV)
