# make run    the app on http://localhost:8501 (PORT=8600 make run for another port)
#             with SCHEDULER=tcp://HOST:8786 it computes on a cluster: make scheduler, make worker SCHEDULER=tcp://HOST:8786
# make test   formatting, types, every test; the browser's tests last
# make mutants  plants errors, and names those that no test notices
# make bench  side-by-side timings with peers

PYTHON ?= python3
PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run scheduler worker test mutants bench check scripts fast browser clean

run: $(VENV)/.run
	$(if $(SCHEDULER),AFTER_ZERO_LOSS_SCHEDULER=$(SCHEDULER)) $(BIN)/streamlit run app.py --server.port $(PORT)

# What these options mean: docs/deployment.md, "On a cluster".
scheduler: $(VENV)/.run
	DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=1 PYTHONPATH=. $(BIN)/dask scheduler

worker: $(VENV)/.run
	PYTHONPATH=. $(BIN)/dask worker $(SCHEDULER) --nthreads 16 --memory-limit $(or $(MEMORY),2GiB) --preload server.cluster

test: check scripts fast browser

check: $(VENV)/.test $(VENV)/.node
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/node node_modules/typescript/bin/tsc -p .

# Those modules of assets/ that need no browser.
scripts: $(VENV)/.node
	$(BIN)/node --test --test-reporter=dot tests/scripts/*.test.js

fast: $(VENV)/.test $(VENV)/.redis $(VENV)/.nginx
	$(BIN)/pytest -n auto --dist worksteal -m "not browser"

browser: $(VENV)/.test $(VENV)/.chromium $(VENV)/.redis $(VENV)/.node
	$(BIN)/pytest -m browser

# Errors planted one at a time, to see that the tests notice: a quarter of an hour; CONTRIBUTING.md tells how to plant one list.
mutants: $(VENV)/.test $(VENV)/.node
	$(BIN)/python -m tools.mutants

bench: $(VENV)/.bench $(VENV)/.chromium
	$(BIN)/python -m benchmarks

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.test: requirements-dev.txt $(VENV)/.run
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

$(VENV)/.node: package.json package-lock.json $(VENV)/.test
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm ci --silent --no-audit --no-fund
	touch $@

$(VENV)/.bench: requirements-bench.txt $(VENV)/.test
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	touch $@

define installed
@command -v "$(1)" >/dev/null || { \
  sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); set -x; \
  $$sudo apt-get update -q && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $(2); }
touch $@
endef

# A server for the tests of rooms that several servers share.
$(VENV)/.redis: | $(BIN)/python
	$(call installed,redis-server,redis-server)

# A proxy for the tests of several servers.
$(VENV)/.nginx: | $(BIN)/python
	$(call installed,/usr/sbin/nginx,nginx-light)

# Debian's chromium; elsewhere set CHROMIUM to the path of a Chrome or Chromium of your own.
$(VENV)/.chromium: | $(BIN)/python
	$(call installed,$${CHROMIUM:-/usr/bin/chromium},chromium fonts-dejavu-core)

clean:
	rm -rf $(VENV) node_modules
