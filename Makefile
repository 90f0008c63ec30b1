# The front door; `make` alone prints the targets. Settings are handed over by the environment, never pasted into a shell.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
LABCHECK := $(VENV)/bin/python -m labcheck
READY := $(VENV)/ready
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard labcheck/locale/*/LC_MESSAGES/*.po))

export HUB PORT WEB_PORT FORCE BASES VOLUMES BASELINE PYTHON SUBMISSION IMAGE AREAS SCORED ENGINE RESULTS HTML RAW \
  CLASS OUT PASS ONLY AGAIN BEYOND CSV SLOTS MINUTES SCHEDULER STEP VM JSON DRY \
  BUNDLE SMALL

.DEFAULT_GOAL := help
.PHONY: help engine doctor build-all check check-class diff fetch up down clean test test-slow bench ladder lint walkthrough steps update \
  bundle load

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

check-class: $(READY) ## grade a class (CLASS=DIR or CSV, OUT=DIR, PASS=60, ONLY=NAME, AGAIN=1, BEYOND=1, CSV=';', SLOTS=2, SCHEDULER=tcp://…)
	@$(LABCHECK) check-class

fetch: $(READY) ## pull the images that a class names into archives (CLASS=DIR or CSV, OUT=DIR, HUB=registry)
	@$(LABCHECK) fetch

bundle: $(READY) ## pack bases, images and wheels into one archive (OUT=FILE.tar, HUB=registry|standin, CLASS=DIR, SMALL=1)
	@$(LABCHECK) bundle

load: ## make this machine ready from a bundle, without a network (BUNDLE=FILE.tar, FORCE=1)
	@command -v $(PYTHON) > /dev/null || { echo "Error: no $(PYTHON) here: the packages python3 and python3-venv are needed" >&2; exit 2; }
	@$(PYTHON) -m labcheck.bundle.bootstrap
	@$(LABCHECK) load

diff: $(READY) ## compare a student's work with the reference (SUBMISSION=DIR, IMAGE=NAME, HTML=FILE, RAW=1)
	@$(LABCHECK) diff

walkthrough: build-all ## type the lab's commands in a lab machine, step by step (STEP=62-78, OUT=DIR, VM=1)
	@$(LABCHECK) walkthrough

steps: $(READY) ## write docs/steps.md, the table of the lab's steps and the tests that run them
	@$(LABCHECK) steps

engine: $(READY) ## find the Docker engine, or install and start one
	@$(LABCHECK) engine

doctor: $(READY) ## look at what this machine needs for the lab, and say what mends it (HUB=registry, PORT=80, JSON=1)
	@$(LABCHECK) doctor

test: build-all ## prove it all (PYTEST_ARGS='-k …' for a part)
	@$(VENV)/bin/python -m pytest $(PYTEST_ARGS)

test-slow: build-all ## prove what takes long: advice, mistakes in the reference itself, builds that are killed
	@$(VENV)/bin/python -m pytest -m slow $(PYTEST_ARGS)

bench: build-all ## measure it all: images, builds, the keeper, grading (BASELINE=FILE: the keeper against another one)
	@$(LABCHECK) bench

ladder: build-all ## measure the image from the lab's first to as small as it gets
	@$(LABCHECK) ladder

lint: $(READY) ## check format, types, Dockerfiles and shell scripts
	@$(VENV)/bin/python -m pytest -q tests/labcheck/test_lint.py

update: $(READY) ## set every pin to its newest version that fits (DRY=1: show what would change)
	@$(VENV)/bin/python scripts/update_pins.py

$(READY): requirements-dev.txt requirements.txt scripts/venv.sh $(CATALOGUES:.mo=.po)
	@sh scripts/venv.sh $(VENV)
