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

# ru: напечатать эти цели
help: ## print the targets
	@case "$${LANGUAGE:-$${LC_ALL:-$${LC_MESSAGES:-$$LANG}}}" in ru*) russian=1 ;; *) russian=0 ;; esac; \
	  awk -F ':.*## ' -v russian="$$russian" '/^# ru: / { said = substr($$0, 7) } \
	    /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, russian ? said : $$2 }' $(firstword $(MAKEFILE_LIST))

# ru: получить базовые образы и собрать все образы лабораторной (HUB=реестр|standin, FORCE=1)
build-all: $(READY) ## get every base image and build every image of the lab (HUB=registry|standin, FORCE=1)
	@$(LABCHECK) build-all

# ru: запустить оба сервиса лабораторной (PORT=80, WEB_PORT=8080)
up: $(READY) ## start the lab's two services (PORT=80, WEB_PORT=8080)
	@$(LABCHECK) build-all up

# ru: остановить сервисы; том остаётся (VOLUMES=1 удалит и его)
down: $(READY) ## stop the services; the volume stays (VOLUMES=1 removes it too)
	@$(LABCHECK) down

# ru: удалить из Docker то, что сделали мы, и ничего больше (BASES=1: и образы-замены)
clean: $(READY) ## remove what we made on the engine, nothing else (BASES=1: the stand-ins too)
	@$(LABCHECK) clean

# ru: проверить работу студента в машине для проверки (SUBMISSION=папка, IMAGE=имя, AREAS=build,run, SCORED=1, RESULTS=файл, MINUTES=15)
check: $(READY) ## grade a student's work in the lab machine (SUBMISSION=DIR, IMAGE=NAME, AREAS=build,run, SCORED=1, RESULTS=FILE, MINUTES=15)
	@$(LABCHECK) check

# ru: проверить группу (CLASS=папка или CSV, OUT=папка, PASS=60, ONLY=имя, AGAIN=1, BEYOND=1, CSV=';', SLOTS=2, MINUTES=20, SCHEDULER=tcp://…)
check-class: $(READY) ## grade a class (CLASS=DIR or CSV, OUT=DIR, PASS=60, ONLY=NAME, AGAIN=1, BEYOND=1, CSV=';', SLOTS=2, MINUTES=20, SCHEDULER=tcp://…)
	@$(LABCHECK) check-class

# ru: скачать образы, которые назвала группа, в архивы (CLASS=папка или CSV, OUT=папка, HUB=реестр)
fetch: $(READY) ## pull the images that a class names into archives (CLASS=DIR or CSV, OUT=DIR, HUB=registry)
	@$(LABCHECK) fetch

# ru: собрать базы, образы и пакеты в один архив (OUT=файл.tar, HUB=реестр|standin, CLASS=папка, SMALL=1)
bundle: $(READY) ## pack bases, images and wheels into one archive (OUT=FILE.tar, HUB=registry|standin, CLASS=DIR, SMALL=1)
	@$(LABCHECK) bundle

# ru: подготовить эту машину из архива, без сети (BUNDLE=файл.tar, FORCE=1)
load: ## make this machine ready from a bundle, without a network (BUNDLE=FILE.tar, FORCE=1)
	@command -v $(PYTHON) > /dev/null || { echo "Error: no $(PYTHON) here: the packages python3 and python3-venv are needed" >&2; exit 2; }
	@$(PYTHON) -m labcheck.bundle.bootstrap
	@$(LABCHECK) load

# ru: сравнить работу студента с эталоном (SUBMISSION=папка, IMAGE=имя, HTML=файл, RAW=1)
diff: $(READY) ## compare a student's work with the reference (SUBMISSION=DIR, IMAGE=NAME, HTML=FILE, RAW=1)
	@$(LABCHECK) diff

# ru: набрать команды лабораторной шаг за шагом в отдельной машине (STEP=62-78, OUT=папка, VM=1)
walkthrough: $(READY) ## type the lab's commands in a lab machine, step by step (STEP=62-78, OUT=DIR, VM=1)
	@$(LABCHECK) build-all walkthrough

# ru: записать docs/steps.md, таблицу шагов и тестов, которые их выполняют
steps: $(READY) ## write docs/steps.md, the table of the lab's steps and the tests that run them
	@$(LABCHECK) steps

# ru: найти Docker или установить и запустить его
engine: $(READY) ## find the Docker engine, or install and start one
	@$(LABCHECK) engine

# ru: посмотреть, чего этой машине не хватает для лабораторной и чем это исправить (HUB=реестр, PORT=80, JSON=1)
doctor: $(READY) ## look at what this machine needs for the lab, and say what mends it (HUB=registry, PORT=80, JSON=1)
	@$(LABCHECK) doctor

# ru: доказать, что всё работает (PYTEST_ARGS='-k …' для части)
test: build-all ## prove it all (PYTEST_ARGS='-k …' for a part)
	@$(VENV)/bin/python -m pytest $(PYTEST_ARGS)

# ru: доказать то, что проверяется долго: сбои, ошибки студентов, враждебные работы, всю лабораторную (PYTEST_ARGS='-k …' для части)
test-slow: build-all ## prove what takes long: faults, mutants, hostile classes, the walkthrough (PYTEST_ARGS='-k …' for a part)
	@$(VENV)/bin/python -m pytest -m slow $(PYTEST_ARGS)

# ru: измерить всё: образы, сборку, var_keeper, проверку (BASELINE=файл: сравнить var_keeper с другим)
bench: $(READY) ## measure it all: images, builds, the keeper, grading (BASELINE=FILE: the keeper against another one)
	@$(LABCHECK) build-all bench

# ru: измерить образ от первого в лабораторной до самого маленького
ladder: $(READY) ## measure the image from the lab's first to as small as it gets
	@$(LABCHECK) build-all ladder

# ru: проверить формат, типы, Dockerfile и скрипты
lint: $(READY) ## check format, types, Dockerfiles and shell scripts
	@$(VENV)/bin/python -m pytest -q tests/labcheck/test_lint.py

# ru: поднять каждую закреплённую версию до новейшей подходящей (DRY=1: только показать)
update: $(READY) ## set every pin to its newest version that fits (DRY=1: show what would change)
	@$(VENV)/bin/python scripts/update_pins.py

ifneq ($(words $(wildcard $(CATALOGUES))),$(words $(CATALOGUES)))
.PHONY: $(READY) # a catalogue was lost: messages would be in English without a word
endif

$(READY): requirements-dev.txt requirements.txt scripts/venv.sh $(CATALOGUES:.mo=.po)
	@sh scripts/venv.sh $(VENV)
