# Targets are listed by `make`. The venv holds what is locked in requirements*.lock; nothing is installed outside it.
BIN := .venv/bin
PORT ?= 8000
DATA ?=
DEST ?=
SRC ?=
PYTHON ?= python3
MODULE ?=
DOCKER ?=
COURSE ?=
UP = $(PYTHON) -m hub.up $(if $(COURSE),--course "$(COURSE)")

.DEFAULT_GOAL := help
.PHONY: help tools serve image up down prune reset-password kubernetes backup restore upgrade-db demo notebooks lib release check format test e2e e2e-docker audit bench lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.venv/course.stamp: requirements.lock pyproject.toml deploy/install.sh
	@sh deploy/install.sh course

.venv/dev.stamp: requirements-dev.lock .venv/course.stamp
	@sh deploy/install.sh dev

tools: .venv/course.stamp ## The command `tito`, in .venv/bin
	@echo "$(BIN)/tito --help"

serve: .venv/course.stamp ## The course in the browser on this machine, for trying it out (PORT=8000 DATA=var)
	@exec $(BIN)/python -m hub.serve --port $(PORT) $(if $(DATA),--data "$(DATA)")

image: ## The images of a class under Docker; their sizes and start times (BASE_IMAGE=python:3.12-slim-bookworm)
	@$(UP) image

up: ## The course for a class, under Docker (docs/operator/docker.md)
	@$(UP) up

down: ## Stop what make up started; all work is kept
	@$(UP) down

prune: ## Remove the images of earlier versions that nothing uses (docs/operator/docker.md)
	@$(PYTHON) -m hub.up prune

reset-password: ## Somebody's first password holds again, under Docker (NAME=ada)
	@$(UP) reset-password --name "$(NAME)"

kubernetes: .venv/course.stamp ## The files for a class on Kubernetes (OUT=var/kubernetes; docs/operator/kubernetes.md)
	@$(BIN)/python -m hub.kubernetes "$(or $(OUT),var/kubernetes)"

# With DOCKER=1 these are about the class that `make up` serves, which needs no venv.
ifneq ($(DOCKER),)
backup restore upgrade-db:
	@$(UP) $@ $(if $(DEST),--dest "$(DEST)") $(if $(SRC),--source "$(SRC)")
else
backup: .venv/course.stamp ## Everything of the course in one file, also while it runs (DEST=folder DATA=var DOCKER=1)
	@$(BIN)/tito backup "$(or $(DEST),$(error say where to: make backup DEST=/another/disk))" $(if $(DATA),--data "$(DATA)")

restore: .venv/course.stamp ## Put a backup back; what is there is put aside (SRC=file DATA=var DOCKER=1)
	@$(BIN)/tito restore "$(or $(SRC),$(error say what: make restore SRC=file.tar.gz))" $(if $(DATA),--data "$(DATA)")

upgrade-db: .venv/course.stamp ## Bring the databases to the installed versions, after a copy (DATA=var DOCKER=1)
	@$(BIN)/tito upgrade-db $(if $(DATA),--data "$(DATA)")
endif

demo: .venv/course.stamp ## A class of eight from fetch to grades, in the terminal
	@$(BIN)/tito demo

notebooks: .venv/course.stamp ## source/NN_name/NN_name.ipynb from source/NN_name.py
	@$(BIN)/tito notebooks

lib: .venv/course.stamp ## tinytorch_lib/ from source/
	@$(BIN)/tito lib

release: .venv/course.stamp ## release/ from source/
	@$(BIN)/tito release

check: .venv/dev.stamp ## Formatting, types, generated files, points, leaks, imports; writes nothing
	@$(BIN)/ruff format --check --quiet . || { echo "formatting: run 'make format'"; exit 1; }
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/tito check

format: .venv/dev.stamp ## Tidy the Python files and the headers of source/
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@$(BIN)/tito format

test: .venv/dev.stamp ## Every test but the browser's; one module: make test MODULE=02
	@$(BIN)/pytest -n 2 --dist loadfile -m "not e2e and not e2e_docker$(if $(MODULE), and m$(MODULE))"

e2e: .venv/dev.stamp ## The browser test (needs Debian's chromium)
	@$(BIN)/pytest -m e2e tests/e2e

e2e-docker: .venv/dev.stamp ## A class under Docker, tried from inside a student's server (needs docker.io, docker-compose, debootstrap, chromium)
	@$(BIN)/pytest -m e2e_docker tests/docker

audit: .venv/dev.stamp ## Do the assignments grade rightly? Faults must lose points; one module: make audit MODULE=02
	@for module in $(or $(MODULE),$(basename $(notdir $(wildcard source/*.py)))); do $(BIN)/tito audit $$module || exit 1; done

bench: .venv/dev.stamp ## The measurements in benchmarks/ (some need data or PyTorch, and say so)
	@failed=0; for program in benchmarks/*.py; do echo "== $$program"; $(BIN)/python $$program || failed=1; done; exit $$failed

lock: .venv/dev.stamp ## Resolve pyproject.toml anew into requirements.lock and requirements-dev.lock
	@sh deploy/lock.sh

clean: ## Remove what can be made again; never what students wrote
	@rm -rf build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis test-artifacts
	@find source -mindepth 1 -maxdepth 1 -type d -exec rm -rf {} +
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
