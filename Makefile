# `make run` and `make test` set up all they need, with any Python >= 3.11.
PYTHON ?= python3
VENV ?= .venv
READY = $(VENV)/.ready
PROCESSES ?= 2
CONFIG ?= configs/ssl_vqvae.py

.PHONY: run test test-all contract ablation lint clean

run: $(READY)
	$(VENV)/bin/python main.py --config=$(CONFIG) $(ARGS)

test: $(READY)
	$(VENV)/bin/python -m pytest $(ARGS)

# Every generator through all that a generator must do.
contract: $(READY)
	$(VENV)/bin/python -m pytest -m "slow or not slow" --dist loadgroup tests/generators/test_every_generator.py $(ARGS)

test-all: $(READY)
	$(VENV)/bin/python -m pytest -m "slow or not slow" $(ARGS)

# A sweep of sixteen hardly trained runs and its tables: the machinery of experiments/.
# Programs run for seconds, so they are compiled without effort.
ablation: $(READY)
	XLA_FLAGS="$$XLA_FLAGS --xla_backend_optimization_level=0" $(VENV)/bin/python -m experiments.launch tiny --results=runs --processes=$(PROCESSES) $(ARGS)
	$(VENV)/bin/python -m experiments.tables runs/tiny --reference=none

lint: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or newer is needed: make PYTHON=...')"
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	$(VENV)/bin/python -m tsgen_jax.evaluation.warm_up
	touch $(READY)

clean:
	rm -rf $(VENV) build *.egg-info
