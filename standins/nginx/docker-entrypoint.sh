#!/bin/sh
# Runs what is in /docker-entrypoint.d, in version order, and then the command. Only before nginx: any other command
# (`docker run -it nginx bash`) is run as it is.
set -eu

say() {
  [ -n "${NGINX_ENTRYPOINT_QUIET_LOGS:-}" ] || echo "$0: $*"
}

case ${1:-} in
  nginx | nginx-debug)
    scripts=$(find /docker-entrypoint.d -mindepth 1 -maxdepth 1 -follow -type f 2> /dev/null | sort -V)
    [ -n "$scripts" ] || say "nothing in /docker-entrypoint.d, no configuration to do"
    # read by descriptor 3, so that a script can neither eat the list nor miss the container's input
    while IFS= read -r script <&3; do
      case $script in
        '') ;;
        *.envsh | *.sh)
          if [ ! -x "$script" ]; then
            say "ignoring $script: it is not executable"
          elif [ "${script%.envsh}" != "$script" ]; then
            say "sourcing $script"
            # shellcheck disable=SC1090 # it is the user's, and known only here
            . "$script"
          else
            say "running $script"
            "$script"
          fi
          ;;
        *) say "ignoring $script: neither .sh nor .envsh" ;;
      esac
    done 3<< SCRIPTS
$scripts
SCRIPTS
    say "configuration complete"
    ;;
esac

exec "$@"
