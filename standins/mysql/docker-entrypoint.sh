#!/bin/bash
# Starts MySQL and keeps the promises of the official image: settings in MYSQL_… variables and scripts in
# /docker-entrypoint-initdb.d make up the database on the first start; a database that is there stays as it is.
set -eo pipefail
shopt -s nullglob # an empty /docker-entrypoint-initdb.d is no file named '*'

log() { printf '%s [%s] [Entrypoint]: %s\n' "$(date --rfc-3339=seconds)" "$1" "$2" >&2; }
note() { log Note "$1"; }
warn() { log Warning "$1"; }
fail() {
  log ERROR "$1"
  exit 1
}

# Only mysqld needs what follows, and only if it is to serve: `mysqld --verbose --help` wants an answer and no database.
is_server() {
  [ "$1" = mysqld ] || return 1
  local option
  for option; do
    case $option in
      -'?' | --help | -V | --version | --print-defaults) return 1 ;;
    esac
  done
}

# read_settings COMMAND...: sets datadir, socket and unfinished. Asks mysqld itself, which knows all its configuration
# files and options.
read_settings() {
  local settings
  settings=$("$@" --verbose --help 2>&1) || fail "mysqld cannot read its configuration: $settings"
  datadir=$(sed -n 's/^datadir  *//p' <<<"$settings")
  datadir=${datadir%/}
  socket=$(sed -n 's/^socket  *//p' <<<"$settings")
  unfinished=$datadir/.docker-entrypoint-unfinished
}

# The data directory is complete when it has the system database and the mark of a first start is gone.
is_first_start() { [ ! -d "$datadir/mysql" ] || [ -e "$unfinished" ]; }

# value_or_file NAME [DEFAULT]: exports NAME, from the file that NAME_FILE names if that is set
value_or_file() {
  local name=$1 file=${1}_FILE value=${!1:-}
  if [ -n "${!file:-}" ]; then
    [ -z "$value" ] || fail "Both $name and $file are set: set one of them."
    [ -r "${!file}" ] || fail "$file names ${!file}, which cannot be read."
    value=$(<"${!file}")
    unset "$file"
  fi
  export "$name=${value:-${2:-}}"
}

read_environment() {
  value_or_file MYSQL_ROOT_HOST %
  value_or_file MYSQL_DATABASE
  value_or_file MYSQL_USER
  value_or_file MYSQL_PASSWORD
  value_or_file MYSQL_ROOT_PASSWORD

  [ -n "$MYSQL_ROOT_PASSWORD$MYSQL_ALLOW_EMPTY_PASSWORD$MYSQL_RANDOM_ROOT_PASSWORD" ] || fail \
    'There is no database yet, and nothing says what the password of root is to be. Set one of the variables
    MYSQL_ROOT_PASSWORD, MYSQL_ALLOW_EMPTY_PASSWORD or MYSQL_RANDOM_ROOT_PASSWORD.'
  [ "$MYSQL_USER" != root ] || fail \
    'MYSQL_USER=root: root is always created. Remove MYSQL_USER and MYSQL_PASSWORD, set MYSQL_ROOT_PASSWORD.'
  if [ -n "$MYSQL_USER" ] && [ -z "$MYSQL_PASSWORD" ]; then
    warn 'MYSQL_USER is set and MYSQL_PASSWORD is not: the user will not be created.'
  elif [ -n "$MYSQL_PASSWORD" ] && [ -z "$MYSQL_USER" ]; then
    warn 'MYSQL_PASSWORD is set and MYSQL_USER is not: the password will not be used.'
  fi
}

# Docker mounts volumes that belong to root; the server and the scripts of the first start run as mysql.
become_mysql() {
  if is_first_start; then # here, because secrets may be readable for root alone
    read_environment
  fi
  local directory
  for directory in "$datadir" "$(dirname "$socket")"; do
    mkdir -p "$directory"
    find "$directory" ! -user mysql -exec chown mysql:mysql {} +
  done
  exec setpriv --reuid=mysql --regid=mysql --init-groups -- "$0" "$@"
}

# literal TEXT: as a string of SQL; identifier NAME: as a quoted name
literal() {
  local text=${1//\\/\\\\}
  printf "'%s'" "${text//\'/\'\'}"
}
identifier() { printf '%s' "\`${1//\`/\`\`}\`"; }

# docker_process_sql [OPTION...]: runs the SQL on standard input as root. Scripts in /docker-entrypoint-initdb.d may
# call it, hence the official image's name for it.
docker_process_sql() {
  [ -z "$MYSQL_DATABASE" ] || set -- --database="$MYSQL_DATABASE" "$@"
  MYSQL_PWD=$MYSQL_ROOT_PASSWORD root_client "$@"
}

# no option files: their [client] may hold a password or a host that are not those of this moment; utf8mb4, because
# without a locale the client takes what it reads for latin1
root_client() {
  mysql --no-defaults --default-character-set=utf8mb4 --protocol=socket --socket="$socket" --user=root --comments "$@"
}

accounts_sql() {
  local password host pattern user
  echo "SET @@SESSION.sql_log_bin = 0;"
  password=$(literal "$MYSQL_ROOT_PASSWORD")
  echo "ALTER USER 'root'@'localhost' IDENTIFIED BY $password;"
  if [ "$MYSQL_ROOT_HOST" != localhost ]; then
    host=$(literal "$MYSQL_ROOT_HOST")
    echo "CREATE USER 'root'@$host IDENTIFIED BY $password;"
    echo "GRANT ALL ON *.* TO 'root'@$host WITH GRANT OPTION;"
  fi
  echo "SET @@SESSION.sql_log_bin = 1;"
  if [ -n "$MYSQL_DATABASE" ]; then
    echo "CREATE DATABASE IF NOT EXISTS $(identifier "$MYSQL_DATABASE");"
  fi
  if [ -n "$MYSQL_USER" ] && [ -n "$MYSQL_PASSWORD" ]; then
    user="$(literal "$MYSQL_USER")@'%'"
    echo "CREATE USER $user IDENTIFIED BY $(literal "$MYSQL_PASSWORD");"
    if [ -n "$MYSQL_DATABASE" ]; then
      pattern=${MYSQL_DATABASE//_/\\_} # in GRANT, _ and % would stand for other names too
      echo "GRANT ALL ON $(identifier "${pattern//%/\\%}").* TO $user;"
    fi
  fi
}

process_file() {
  case $1 in
    *.sh)
      if [ -x "$1" ]; then
        note "running $1"
        "$1"
      else
        note "sourcing $1"
        # shellcheck disable=SC1090 # the user's script
        . "$1"
      fi
      ;;
    *.sql) note "running $1" && docker_process_sql <"$1" ;;
    *.sql.bz2) note "running $1" && bunzip2 --stdout "$1" | docker_process_sql ;;
    *.sql.gz) note "running $1" && gunzip --stdout "$1" | docker_process_sql ;;
    *.sql.xz) note "running $1" && xzcat "$1" | docker_process_sql ;;
    *.sql.zst) note "running $1" && zstd --decompress --stdout "$1" | docker_process_sql ;;
    *) warn "ignoring $1" ;;
  esac
}

# Makes the database. It may use every shortcut that a clean shutdown makes good again: an interrupted first start is
# thrown away as a whole.
first_start() {
  # without threads that wait half a second at every shutdown, without waiting for the disk at every commit; a named
  # time zone would not be known before its table is filled
  local quick=(--innodb-use-native-aio=OFF --innodb-flush-method=fsync --innodb-flush-log-at-trx-commit=0
    --innodb-doublewrite=OFF --default-time-zone=SYSTEM --autocommit=1)
  note 'Initializing the data directory.'
  # keys and certificates are made by the server that follows, which has a second to wait anyway; of what is warned of
  # here, they and the empty password of root, nothing is left a moment later
  "$@" --initialize-insecure "${quick[@]}" --log-error-verbosity=1 --auto-generate-certs=OFF \
    --caching-sha2-password-auto-generate-rsa-keys=OFF --sha256-password-auto-generate-rsa-keys=OFF

  note 'Starting the temporary server: no TCP until the database is complete.'
  "$@" --skip-networking "${quick[@]}" &
  local server=$!
  until mysqladmin --no-defaults --protocol=socket --socket="$socket" --user=root ping >/dev/null 2>&1; do
    kill -0 "$server" 2>/dev/null || fail 'The temporary server stopped.'
    sleep 0.05
  done

  if [ -n "$MYSQL_RANDOM_ROOT_PASSWORD" ]; then
    MYSQL_ROOT_PASSWORD=$(head -c 24 /dev/urandom | base64)
    export MYSQL_ROOT_PASSWORD
    note "GENERATED ROOT PASSWORD: $MYSQL_ROOT_PASSWORD"
  fi
  {
    # it warns of each file that is no time zone, and there are always some
    [ -n "$MYSQL_INITDB_SKIP_TZINFO" ] || mysql_tzinfo_to_sql /usr/share/zoneinfo 2>/dev/null
    accounts_sql
  } | root_client --database=mysql

  local file
  for file in /docker-entrypoint-initdb.d/*; do
    process_file "$file"
  done
  if [ -n "$MYSQL_ONETIME_PASSWORD" ]; then
    echo "ALTER USER 'root'@$(literal "$MYSQL_ROOT_HOST") PASSWORD EXPIRE;" | docker_process_sql
  fi

  kill "$server"
  wait "$server"
  rm "$unfinished"
  note 'MySQL init process done. Ready for start up.'
}

data_files() { find "$datadir" -mindepth 1 -maxdepth 1 ! -name '.*' ! -name lost+found "$@"; }

# abandon STATUS: ends the first start with all its processes and leaves an empty directory to the next one
abandon() {
  trap '' TERM INT
  kill -KILL -- "-$first_start" 2>/dev/null || true
  wait
  note 'The first start did not come to its end: removing what it made.'
  data_files -exec rm -rf {} +
  rm -f "$unfinished"
  exit "$1"
}

main() {
  case $1 in -*) set -- mysqld "$@" ;; esac
  is_server "$@" || exec "$@"
  # as process 1 bash would ignore them
  trap 'exit 143' TERM
  trap 'exit 130' INT

  read_settings "$@"
  [ "$(id -u)" != 0 ] || become_mysql "$@"

  # a second container on the same volume must not take a first start that is under way for an interrupted one; there
  # are file systems without locks
  exec 9<"$datadir"
  flock --nonblock 9 || [ $? -ne 1 ] || fail "Another container is making the database in $datadir."
  if is_first_start; then
    read_environment
    if [ -e "$unfinished" ]; then
      warn 'The first start was interrupted: it begins anew.'
      data_files -exec rm -rf {} +
    fi
    [ -z "$(data_files -print -quit)" ] || fail "$datadir holds files and no database: mount an empty directory."
    : >"$unfinished"

    # in a process group of its own, to be ended as one; in the background, because bash hears signals only there
    set -m
    first_start "$@" &
    first_start=$!
    set +m
    trap 'abandon 143' TERM
    trap 'abandon 130' INT
    wait "$first_start" || abandon $?
    [ ! -e "$unfinished" ] || abandon 1 # a script in /docker-entrypoint-initdb.d said `exit`
  fi
  exec "$@" 9<&-
}

main "$@"
