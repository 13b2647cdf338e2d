# Two commands do everything on a machine with Python 3.11+, pip and make: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := data/demo

.PHONY: demo test check lint types contracts bench floors lock clean help

help:
	@echo "make demo   set up, ingest the sample pages, answer in SQL, explain one page"
	@echo "make test   set up and run the tests"
	@echo "make check  what CI runs: lint, types, contracts, tests"
	@echo "make bench  measure speed against peers"
	@echo "make floors raise the floors of quality to today's figures; LOWER='why' to lower one"
	@echo "make lock   resolve requirements.lock anew"

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("gristmill needs Python 3.11 or newer, not " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: $(READY)
	$(BIN)/gristmill ingest seeds/pages seeds/dumps seeds/sample.warc.gz --warehouse $(DEMO)
	$(BIN)/gristmill sql --warehouse $(DEMO) "select language, count(*) as articles, sum(kept_chars) as kept, sum(extracted_chars - kept_chars) as removed from articles group by language order by articles desc, language"
	$(BIN)/gristmill sql --warehouse $(DEMO) "select kind, count(*) as cuts, trim(any_value(replace(text, chr(10), ' '))) as example from removals group by kind order by cuts desc, kind"
	$(BIN)/gristmill explain --warehouse $(DEMO) "dumps/meridian-glued.txt"

test: $(READY)
	$(BIN)/pytest -n auto --dist loadgroup

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

contracts: $(READY)
	$(BIN)/lint-imports

check: lint types contracts test

bench: $(READY)
	$(BIN)/python -m tests.benchmarks

floors: $(READY)
	$(BIN)/python -m tests.quality pin $(if $(LOWER),--lower "$(LOWER)")

lock:
	$(PYTHON) -m venv $(VENV)/lock
	$(VENV)/lock/bin/python -m pip install --quiet uv
	$(VENV)/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --group dev pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) data/demo .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
