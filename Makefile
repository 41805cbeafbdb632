# Every command prepares what it needs in $(VENV), once; after a change of pyproject.toml, again.
#   make demo            the sequence-sum task and a real data set, with a figure
#   make test            all tests and documented examples
#   make test-scale      tests and an example on real clusters of Dask and Ray, in .venv-scale
#   make lint            format, lint and type checks
#   make docs            the documentation site, in docs/_build/html
#   make linkcheck       the site's external links, which needs the internet
#   make package         build, check and use the wheel: newest and lowest dependencies, PYTHONS="..."
#   make benchmarks      timings against the original Keras sample, and PyTorch if installed
#   make demo PYTHON=python3.13 VENV=.venv313

PYTHON ?= python3
VENV ?= .venv
# More workers than this cost more in compilation than they save.
WORKERS ?= 4

# A file of skgru/ must never be found as a top-level module (skgru/sktime would hide sktime).
export PYTHONSAFEPATH := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

BIN := $(VENV)/bin
READY := $(VENV)/.skgru

.PHONY: help demo test test-scale test-scale-here lint format docs linkcheck package benchmarks clean
.SILENT:
.NOTPARALLEL:  # two installations into one environment would collide

help:
	sed -n '2,10s/^#   //p' Makefile

demo: $(READY)-plot
	$(BIN)/python examples/demo.py

test: $(READY)-test
	$(BIN)/python -m pytest --numprocesses=auto --maxprocesses=$(WORKERS) --dist=loadfile \
	  --doctest-modules --doctest-glob='*.rst' tests skgru docs

# An environment of its own: Fugue holds pandas below 3.
test-scale:
	$(MAKE) --no-print-directory VENV=$(VENV)-scale test-scale-here

test-scale-here: $(READY)-scale
	$(BIN)/python -m pytest tests/test_scale_out.py tests/ets/test_long.py
	$(BIN)/python examples/scale_out.py dask
	$(BIN)/python examples/scale_out.py ray

lint: $(READY)-lint
	$(BIN)/python -m ruff format --check --quiet .
	$(BIN)/python -m ruff check --quiet .
	$(BIN)/python -m mypy

format: $(READY)-lint
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .

docs: $(READY)-docs
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet docs docs/_build/html
	echo "Open docs/_build/html/index.html"

linkcheck: $(READY)-docs
	$(BIN)/python -m sphinx --builder linkcheck -D plot_gallery=0 --quiet docs docs/_build/linkcheck

package:
	PYTHONS="$${PYTHONS:-$(PYTHON)}" .ci/package

benchmarks: $(READY)-benchmarks
	$(BIN)/python benchmarks/bench_seed_task.py

clean:
	rm -rf $(VENV) $(VENV)-scale out build dist docs/_build docs/gallery docs/generated
	rm -rf .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find skgru tests examples benchmarks docs -name __pycache__ -prune -exec rm -rf {} +

$(READY)-venv:
	$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit( \
	  "skgru needs Python 3.11 or newer, and $(PYTHON) is %d.%d. Name another one: make PYTHON=python3.12" % v[:2])'
	echo "Creating $(VENV) with $$($(PYTHON) --version) ..."
	$(PYTHON) -m venv $(VENV)
	touch $@

$(READY)-%: pyproject.toml | $(READY)-venv
	echo "Installing skgru[$*] into $(VENV); the first time this takes some minutes ..."
	$(BIN)/python -m pip install --quiet --editable '.[$*]'
	touch $@
