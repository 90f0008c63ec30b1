#!/bin/sh
# Brings the message catalogues up to date with the code: new messages come in empty, gone ones go.
# usage: catalogues.sh [LANGUAGE]      then fill in what is empty in labcheck/locale/*/LC_MESSAGES/labcheck.po;
#                                      a LANGUAGE that is new (de) gets a catalogue
set -eu
babel=.venv/bin/pybabel
template=$(mktemp)
trap 'rm -f "$template"' EXIT
PYTHONPATH=. "$babel" --quiet extract --mapping babel.cfg --output "$template" --project labcheck --version 0 --no-location \
  --sort-output labcheck tests/rubric tests/walkthrough
if [ "${1:-}" ] && ! [ -e "labcheck/locale/$1" ]; then
  "$babel" --quiet init --input-file "$template" --output-dir labcheck/locale --domain labcheck --locale "$1" --width 110
fi
"$babel" --quiet update --input-file "$template" --output-dir labcheck/locale --domain labcheck \
  --width 110 --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
