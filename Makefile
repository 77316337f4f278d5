# Isthmus: every target makes .venv on first use and says what it does.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --constraint constraints.txt

.PHONY: help demo test lint types layers unit docs pictures wheel test-lowest \
  bench bench-anomalies bench-compression bench-maps bench-peers bench-sweep bench-mnist bench-papers bench-pca bench-self same-results clean

help:
	@echo "make demo   squeeze digits into 2 and 16 numbers, beside PCA; ends with a report"
	@echo "make test   lint, types, layers, tests, documentation, and the built wheel on its own"
	@echo "make test-lowest  tests with the lowest versions that pyproject.toml allows (half an hour)"
	@echo "make lint   ruff, and formatting"
	@echo "make docs   write the reference from the docstrings, and build the documentation into site/"
	@echo "make pictures  draw the pictures of the README and the docs anew"
	@echo "make bench  speed beside other libraries, which it installs into .bench (an hour), a sweep, and MNIST"
	@echo "make bench-peers  the former alone"
	@echo "make bench-sweep  six sizes of code trained together, beside one"
	@echo "make bench-mnist  the default network on MNIST, epoch by epoch, beside PCA"
	@echo "make bench-anomalies  21 tables with anomalies, beside scikit-learn and PyOD (a quarter of an hour)"
	@echo "make bench-compression  archives beside SPERR, SZ3, zfp, pcodec, xz and JPEG XL (half an hour)"
	@echo "make bench-maps  maps beside PCA, UMAP and t-SNE (half an hour)"
	@echo "make bench-papers  what papers publish on MNIST, and what Isthmus gives (hours)"
	@echo "            (these need ISTHMUS_DATA or ../shared/data)"
	@echo "make bench-pca  scikit-learn's own tests of PCA, with LinearAutoencoder in its place"
	@echo "make bench-self REV=main  measure speed beside another revision"
	@echo "make same-results REV=main  compare results and model files with another revision, bit for bit"
	@echo "make clean  remove everything that these make"

$(VENV)/.runtime: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Isthmus needs Python 3.11 or newer; name one with: make PYTHON=python3.12 …"; exit 1; }
	@echo "Making $(VENV) and installing Isthmus with what it needs (once, about a minute) …"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --editable .
	@touch $@

$(VENV)/.development: $(VENV)/.runtime
	@echo "Installing the tools for tests and documentation (once, half a minute) …"
	@$(PIP) --editable '.[dev]'
	@touch $@

demo: $(VENV)/.runtime
	@$(BIN)/isthmus demo

# What keeps one processor busy runs two at a time.
test: $(VENV)/.development
	@$(MAKE) --no-print-directory --jobs=2 lint types layers docs wheel
	@$(MAKE) --no-print-directory unit
	@echo "All checks passed."

lint: $(VENV)/.development
	@echo "Lint …"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .

types: $(VENV)/.development
	@echo "Types …"
	@$(BIN)/pyright

layers: $(VENV)/.development
	@echo "Layers …"
	@$(BIN)/lint-imports --no-logo 2>&1 | tail -n 5

# Each processor has tests of its own; threads of theirs would wait for each other.
unit: $(VENV)/.development
	@echo "Tests, and every code block of the README and the docs …"
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
	  $(BIN)/python -m pytest --numprocesses auto --dist worksteal tests
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile src docs README.md

docs: $(VENV)/.development
	@echo "Documentation …"
	@$(BIN)/python docs/reference.py
	@$(BIN)/zensical build --clean --strict

pictures: $(VENV)/.development
	@echo "Pictures of the README and the docs …"
	@$(BIN)/python -m pytest docs
	@$(BIN)/python docs/pictures.py

# The wheel, alone in an environment without the tools of development.
wheel: $(VENV)/.development
	@echo "The built wheel on its own …"
	@tests/wheel.sh $(PYTHON)

test-lowest:
	@echo "The lowest versions allowed, in an environment of their own …"
	@tests/lowest.sh $(PYTHON)

bench: bench-peers bench-sweep bench-mnist

bench-sweep: $(VENV)/.runtime
	@$(BIN)/python benchmarks/sweep.py

bench-mnist: $(VENV)/.development
	@$(BIN)/python benchmarks/mnist.py

bench-anomalies: $(VENV)/.development
	@$(BIN)/python benchmarks/anomalies.py

bench-maps: $(VENV)/.runtime
	@test -x .bench-maps/bin/python || { $(PYTHON) -m venv .bench-maps && \
	  .bench-maps/bin/pip install --quiet umap-learn openTSNE; }
	@$(BIN)/python benchmarks/maps.py --rivals .bench-maps/bin/python

bench-compression: $(VENV)/.runtime
	@test -x .bench-compression/bin/python || { $(PYTHON) -m venv .bench-compression && \
	  .bench-compression/bin/pip install --quiet imagecodecs pcodec zstandard; }
	@$(BIN)/python benchmarks/compression.py --rivals .bench-compression/bin/python --write
	@$(BIN)/python benchmarks/compression_models.py --write

bench-papers: $(VENV)/.development
	@$(BIN)/python benchmarks/lecture.py
	@$(BIN)/python benchmarks/pretraining.py
	@$(BIN)/python benchmarks/classification.py

bench-pca: $(VENV)/.development
	@$(BIN)/python benchmarks/pca_tests.py --write

# Options for either go into OPTIONS, such as OPTIONS='--quick --repetitions 1'.
bench-peers: $(VENV)/.runtime
	@$(BIN)/python benchmarks/peers/run.py $(OPTIONS)

bench-self: $(VENV)/.runtime
	@test -n "$(REV)" || { echo "Name the revision to compare with: make bench-self REV=main"; exit 1; }
	@$(BIN)/python benchmarks/against_revision.py $(REV) $(OPTIONS)

same-results: $(VENV)/.development
	@test -n "$(REV)" || { echo "Name the revision to compare with: make same-results REV=main"; exit 1; }
	@$(BIN)/python benchmarks/same_results.py $(REV)

clean:
	rm -rf $(VENV) .venv-wheel .bench .bench-compression .bench-maps .cache .test-run dist site docs/reference isthmus-demo .pytest_cache .ruff_cache
