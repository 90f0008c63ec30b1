# The front door; `make` alone prints the targets. Settings are handed over by the environment, never pasted into a shell.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
LABCHECK := $(VENV)/bin/python -m labcheck
READY := $(VENV)/ready
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard labcheck/locale/*/LC_MESSAGES/*.po))

export HUB PORT WEB_PORT FORCE BASES VOLUMES BASELINE PYTHON SUBMISSION IMAGE AREAS SCORED ENGINE RESULTS HTML RAW \
  CLASS OUT PASS ONLY AGAIN BEYOND CSV SLOTS MINUTES

.DEFAULT_GOAL := help
.PHONY: help engine build-all check check-class diff fetch up down clean test test-slow bench lint

help: ## print the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

build-all: $(READY) ## get every base image and build every image of the lab (HUB=registry|standin, FORCE=1)
	@$(LABCHECK) build-all

up: build-all ## start the lab's two services (PORT=80, WEB_PORT=8080)
	@$(LABCHECK) up

down: $(READY) ## stop the services; the volume stays (VOLUMES=1 removes it too)
	@$(LABCHECK) down

clean: $(READY) ## remove what we made on the engine, nothing else (BASES=1: the stand-ins too)
	@$(LABCHECK) clean

check: $(READY) ## grade a student's work in the lab machine (SUBMISSION=DIR, IMAGE=NAME, AREAS=build,run, SCORED=1)
	@$(LABCHECK) check

check-class: $(READY) ## grade a class (CLASS=DIR or CSV, OUT=DIR, PASS=60, ONLY=NAME, AGAIN=1, BEYOND=1, CSV=';', SLOTS=2)
	@$(LABCHECK) check-class

fetch: $(READY) ## pull the images that a class names into archives (CLASS=DIR or CSV, OUT=DIR, HUB=registry)
	@$(LABCHECK) fetch

diff: $(READY) ## compare a student's work with the reference (SUBMISSION=DIR, IMAGE=NAME, HTML=FILE, RAW=1)
	@$(LABCHECK) diff

engine: $(READY) ## find the Docker engine, or install and start one
	@$(LABCHECK) engine

test: build-all ## prove it all (PYTEST_ARGS='-k …' for a part)
	@$(VENV)/bin/python -m pytest $(PYTEST_ARGS)

test-slow: build-all ## prove what takes long: advice, mistakes in the reference itself, builds that are killed
	@$(VENV)/bin/python -m pytest -m slow $(PYTEST_ARGS)

bench: build-all ## measure the keeper's throughput (BASELINE=FILE: against another keeper)
	@$(LABCHECK) bench

lint: $(READY) ## check format, types, Dockerfiles and shell scripts
	@$(VENV)/bin/python -m pytest -q tests/labcheck/test_lint.py

$(READY): requirements-dev.txt scripts/venv.sh $(CATALOGUES:.mo=.po)
	@sh scripts/venv.sh $(VENV)
