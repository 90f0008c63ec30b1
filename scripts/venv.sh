#!/bin/sh
# Makes the virtual environment that the Makefile works with, and the message catalogues.
# usage: venv.sh DIRECTORY       environment: PYTHON, the interpreter (python3)
set -eu
venv=$1
python=${PYTHON:-python3}

fail() {
  echo "Error: $*" >&2
  exit 2
}

command -v "$python" > /dev/null ||
  fail "no $python here. Install Python 3.10 or newer: sudo apt-get install python3 python3-venv"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
  fail "$("$python" --version) is too old: 3.10 or newer is needed. Name another: make PYTHON=python3.12 …"

# Debian's python3 comes without ensurepip, which makes the pip of a virtual environment
if ! "$python" -c 'import ensurepip, venv' 2> /dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    echo "Installing python3-venv …"
    log=$(mktemp)
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q python3-venv; } > "$log" 2>&1 ||
      { tail -n 3 "$log" >&2; fail "python3-venv could not be installed. Check the network and apt's sources."; }
    rm -f "$log"
  else
    fail "python3-venv is missing. Install it: sudo apt-get install python3-venv"
  fi
fi

rm -f "$venv/ready"
if ! "$venv/bin/python" -m pip --version > /dev/null 2>&1; then
  rm -rf "$venv"
  "$python" -m venv "$venv" || fail "no virtual environment could be made in $venv."
fi
echo "Installing what requirements-dev.txt lists into $venv …"
"$venv/bin/python" -m pip install -qq --disable-pip-version-check -r requirements-dev.txt ||
  fail "pip could not install the packages (its reason is above). Check the network and pip's index."
"$venv/bin/pybabel" --quiet compile --directory labcheck/locale --domain labcheck 2> /dev/null ||
  fail "the message catalogues could not be compiled: $venv/bin/pybabel compile -d labcheck/locale -D labcheck"
touch "$venv/ready"
