# Everything a developer and CI run. Needs Python 3.11 or newer with pip; the rest is fetched by the first target that needs it.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv/bin/python
TOUR ?= yes
PYTEST_WORKERS ?= 3

# A machine may tell Python to keep no compiled code: then every process of a run, test processes too, compiles all of it again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: setup run test check bench soak package clean

setup:  ## the virtual environment and the npm packages, if they are not there yet
	@$(PYTHON) local/setup.py

run: setup  ## the whole product on this machine until Ctrl-C; TOUR=yes|only|no
	@TOUR=$(TOUR) exec $(VENV) -m local

test: setup  ## every test but the long and the measuring ones
	@$(VENV) -m pytest -q -n $(PYTEST_WORKERS) --dist worksteal -m "not soak and not bench and not checkov" $(PYTEST)

check:  ## lint, format, types, house rules, the rules of infra/, known vulnerabilities
	@$(PYTHON) local/setup.py checks
	@$(VENV) -m ruff check
	@$(VENV) -m ruff format --check
	@$(VENV) -m mypy
	@$(VENV) -m pytest -q tests/test_house_rules.py tests/infra
	@$(VENV) -m pip check
	@$(VENV) scripts/audit.py

bench: setup  ## the benchmark tables
	@$(VENV) -m pytest -q -s -m bench --timeout 900 tests

soak: setup  ## long runs
	@$(VENV) -m pytest -q -s -m soak --timeout 3600 tests

package: setup  ## what is deployed: dist/package and dist/exchange-connector.zip, for PYTHON_VERSION (3.12)
	@$(VENV) -m local.package

clean:  ## everything that the other targets made
	@rm -rf .venv node_modules .local dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
