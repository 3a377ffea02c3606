# `make` alone lists what there is. Everything is safe to repeat, and fast the second time.
PYTHON ?= python3
PORT ?= 8000
JOBS ?= 1
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help book page serve check test test-all refresh reading lint bench experiments mutants clean

help: ## list what there is
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1 #\2/p' Makefile | column -t -s '#'

book: .venv/book ## build the book into _build/html
	$(BIN)/jupyter-book build -W -n --keep-going .
	@echo "Open _build/html/index.html in a browser, or run 'make serve'."

page: .venv/book ## execute, build and name one page: make page NB=optimizers
	$(BIN)/python tools/page.py $(NB)

serve: book ## build and serve the book on this machine (PORT=8000)
	@echo "The book is at http://127.0.0.1:$(PORT) (Ctrl-C stops it)"
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

refresh: .venv/book ## execute notebooks, all or NB=optimizers, and store their text outputs
	$(BIN)/python tools/refresh.py $(NB)

reading: .venv/book ## count each chapter's words, visible code and minutes; screens, where it is built
	$(BIN)/python tools/reading.py

lint: .venv/test ## check the code's style, its form and its types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy nnlib

check: lint ## lint, and the quick unit tests: what to run before a commit, in less than a minute
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 -q tests/unit -m "not slow" \
		--durations 5 --durations-min 3

test: lint ## run all tests: library, notebooks, the built site, JupyterLab
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --times

test-all: test ## run what `make test` samples: every cell with its slice alone, and in browsers
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist load tests/slices --slices all
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/site/test_live_cells.py --slices all

bench: .venv/bench ## measure explorers, pages and training against other libraries
	$(BIN)/python -m benchmarks

experiments: .venv/bench ## redo what takes too long for a page (about an hour); JOBS=2 uses two cores
	$(BIN)/python -m experiments all --jobs $(JOBS)

mutants: .venv/test ## break the library on purpose, see that the tests notice
	$(BIN)/python tests/mutants.py

clean: ## remove everything that was built or installed
	rm -rf _build .venv node_modules

.venv/book: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -r requirements.txt
	@touch $@

.venv/test: .venv/book requirements-test.txt requirements-experiments.txt
	$(BIN)/python -m pip install --quiet -r requirements-test.txt
	@touch $@

.venv/bench: .venv/test requirements-bench.txt requirements-torch.txt
	$(BIN)/python -m pip install --quiet -r requirements-bench.txt
	@touch $@
