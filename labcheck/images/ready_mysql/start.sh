#!/bin/sh
# Puts the ready data onto an empty volume, then starts as the official image does.
set -eu
if [ -z "$(ls -A /var/lib/mysql)" ]; then
  cp -a /ready/. /var/lib/mysql/
fi
exec docker-entrypoint.sh "$@"
