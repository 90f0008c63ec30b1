#!/bin/sh
# Makes the wheels that the requirements beside it ask for, with all that they need, for the Python of this image.
# What more.txt asks for is taken line by line, each for itself: students' pins contradict each other.
set -eu
cd "$(dirname "$0")"
collect() {
  pip wheel --quiet --disable-pip-version-check --no-cache-dir --wheel-dir /wheels "$@"
}

collect pip setuptools wheel # Dockerfiles upgrade them
for file in *.txt; do
  [ "$file" = more.txt ] || collect --requirement "$file"
done
while read -r line; do
  # of what strangers name nothing is built: that would run it
  collect --only-binary :all: "$line" || echo "LACKING $line"
done < more.txt
