# make run    the app on http://localhost:8501 (PORT=8600 make run for another port)
# make test   formatting, types, every test; the browser's tests last
# make bench  side-by-side timings with peers

PYTHON ?= python3
PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test bench check fast browser clean

run: $(VENV)/.run
	$(BIN)/streamlit run app.py --server.port $(PORT)

test: check fast browser

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fast: $(VENV)/.test
	$(BIN)/pytest -n auto --dist worksteal -m "not browser"

browser: $(VENV)/.test $(VENV)/.chromium
	$(BIN)/pytest -m browser

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

$(VENV)/.bench: requirements-bench.txt $(VENV)/.test
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	touch $@

# Debian's chromium; elsewhere set CHROMIUM to the path of a Chrome or Chromium of your own.
$(VENV)/.chromium: | $(BIN)/python
	@command -v "$${CHROMIUM:-/usr/bin/chromium}" >/dev/null || { \
	  sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); set -x; \
	  $$sudo apt-get update -q && $$sudo env DEBIAN_FRONTEND=noninteractive \
	    apt-get install -qy --no-install-recommends chromium fonts-dejavu-core; }
	touch $@

clean:
	rm -rf $(VENV)
