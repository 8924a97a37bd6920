#!/usr/bin/env bash
# Make the database on the first start, then become the server. Variables, each also as
# NAME_FILE (a file that holds the value): MYSQL_ROOT_PASSWORD (required, or
# MYSQL_ALLOW_EMPTY_PASSWORD=yes, or MYSQL_RANDOM_ROOT_PASSWORD=yes), MYSQL_ROOT_HOST (%),
# MYSQL_DATABASE, MYSQL_USER with MYSQL_PASSWORD. MYSQL_INITDB_SKIP_TZINFO=yes leaves the
# tables of time zones empty.
set -euo pipefail
shopt -s nullglob

DATA=/var/lib/mysql
DRAFT=$DATA/first-start # InnoDB does not look into a folder whose name starts with a dot
SOCKET=/var/run/mysqld/mysqld.sock
START_SECONDS=120

log() { printf 'entrypoint: %s\n' "$*" >&2; }
fail() {
  log "ERROR: $*"
  exit 1
}

from_file() { # NAME DEFAULT
  local file=$1_FILE
  if [ -n "${!file:-}" ]; then
    [ -z "${!1:-}" ] || fail "$1 and $file are both set: set one of them."
    printf -v "$1" '%s' "$(<"${!file}")"
  else
    printf -v "$1" '%s' "${!1:-$2}"
  fi
  export "${1?}"
}

quoted() { # a value as an SQL string
  local text=${1//\\/\\\\}
  printf "'%s'" "${text//\'/\\\'}"
}

# Scripts that are sourced may use this name, as with the official image.
docker_process_sql() {
  MYSQL_PWD=$MYSQL_ROOT_PASSWORD mysql --no-defaults --protocol=socket --socket="$SOCKET" -uroot -hlocalhost \
    --default-character-set=utf8mb4 --comments --database="${MYSQL_DATABASE:-mysql}" "$@"
}

# shellcheck disable=SC1090  # a script of the stack
run_script() {
  case $1 in
  *.sh) if [ -x "$1" ]; then "$1"; else . "$1"; fi ;;
  *.sql) docker_process_sql <"$1" ;;
  *.sql.gz) gunzip -c "$1" | docker_process_sql ;;
  *.sql.xz) xzcat "$1" | docker_process_sql ;;
  *.sql.zst) zstdcat "$1" | docker_process_sql ;;
  *) log "left alone: $1" ;;
  esac
}

check_settings() {
  local name
  for name in MYSQL_ROOT_PASSWORD MYSQL_DATABASE MYSQL_USER MYSQL_PASSWORD; do from_file "$name" ''; done
  from_file MYSQL_ROOT_HOST %
  if [ -z "$MYSQL_ROOT_PASSWORD" ] && [ -n "${MYSQL_RANDOM_ROOT_PASSWORD:-}" ]; then
    MYSQL_ROOT_PASSWORD=$(od -An -N18 -tx1 /dev/urandom | tr -d ' \n')
    log "GENERATED ROOT PASSWORD: $MYSQL_ROOT_PASSWORD"
  fi
  [ -n "$MYSQL_ROOT_PASSWORD" ] || [ -n "${MYSQL_ALLOW_EMPTY_PASSWORD:-}" ] ||
    fail "The database is new and root has no password: set MYSQL_ROOT_PASSWORD."
  [ "$MYSQL_USER" != root ] || fail "MYSQL_USER is root, who exists already: take another name, or leave it out."
  [ -z "$MYSQL_USER" ] || [ -n "$MYSQL_PASSWORD" ] || fail "MYSQL_USER is set and MYSQL_PASSWORD is not: set both or neither."
}

# The server of the first start has no network: a health check over TCP must not find it.
start_draft_server() {
  local deadline=$((SECONDS + START_SECONDS))
  "$@" --datadir="$DRAFT" --skip-networking --mysqlx=OFF --socket="$SOCKET" &
  server=$!
  until mysqladmin --no-defaults --socket="$SOCKET" -uroot ping >/dev/null 2>&1; do
    kill -0 "$server" 2>/dev/null || fail "The server of the first start ended: see above."
    [ "$SECONDS" -lt "$deadline" ] || fail "The server of the first start did not answer in $START_SECONDS s: see above."
    sleep 0.2
  done
}

load_time_zones() {
  [ -z "${MYSQL_INITDB_SKIP_TZINFO:-}" ] || return 0
  mysql_tzinfo_to_sql /usr/share/zoneinfo 2>/dev/null |
    mysql --no-defaults --protocol=socket --socket="$SOCKET" -uroot --database=mysql
}

# shellcheck disable=SC2016  # the quotes of SQL, not of the shell
create_users() {
  local root user
  root=$(quoted root)@$(quoted "$MYSQL_ROOT_HOST")
  mysql --no-defaults --protocol=socket --socket="$SOCKET" -uroot --default-character-set=utf8mb4 --database=mysql <<SQL
-- Nothing of this belongs into a binary log that a replica would read.
SET @@SESSION.SQL_LOG_BIN = 0;
$([ "$MYSQL_ROOT_HOST" = localhost ] || printf 'CREATE USER %s IDENTIFIED BY %s; GRANT ALL ON *.* TO %s WITH GRANT OPTION;' "$root" "$(quoted "$MYSQL_ROOT_PASSWORD")" "$root")
$([ -z "$MYSQL_DATABASE" ] || printf 'CREATE DATABASE IF NOT EXISTS `%s`;' "$MYSQL_DATABASE")
ALTER USER 'root'@'localhost' IDENTIFIED BY $(quoted "$MYSQL_ROOT_PASSWORD");
SQL
  [ -n "$MYSQL_USER" ] || return 0
  user=$(quoted "$MYSQL_USER")@$(quoted %)
  docker_process_sql --database=mysql <<SQL
CREATE USER $user IDENTIFIED BY $(quoted "$MYSQL_PASSWORD");
$([ -z "$MYSQL_DATABASE" ] || printf 'GRANT ALL ON `%s`.* TO %s;' "${MYSQL_DATABASE//_/\\_}" "$user")
SQL
}

# All of it happens in a folder beside the data, which moves in at the end, the folder mysql
# last: a container that is killed half-way starts anew and never serves half a database.
initialise() {
  local script
  check_settings
  if [ -d "$DRAFT" ]; then
    log "an earlier first start was cut short; starting it anew"
    find "$DATA" -mindepth 1 -delete
  fi
  [ -z "$(find "$DATA" -mindepth 1 -maxdepth 1 ! -name lost+found)" ] ||
    fail "$DATA holds files but no database: empty the volume, or give another."
  mkdir -m 750 "$DRAFT"
  "$@" --datadir="$DRAFT" --initialize-insecure

  start_draft_server "$@"
  load_time_zones
  create_users
  for script in /docker-entrypoint-initdb.d/*; do
    log "running $script"
    run_script "$script"
  done
  kill -TERM "$server"
  wait "$server" || fail "The server of the first start did not stop cleanly: see above."

  find "$DRAFT" -mindepth 1 -maxdepth 1 ! -name mysql -exec mv -t "$DATA" {} +
  sync
  mv "$DRAFT/mysql" "$DATA/"
  rmdir "$DRAFT"
  log "the database is ready for its first use"
}

case "${1:-}" in
-*) set -- mysqld "$@" ;;
esac
wants_help() { case " $* " in *" --help "* | *" -? "* | *" --version "* | *" -V "* | *" --print-defaults "*) return 0 ;; *) return 1 ;; esac; }

if [ "$1" = mysqld ] && ! wants_help "$@"; then
  if [ "$(id -u)" = 0 ]; then
    find "$DATA" /var/lib/mysql-files /var/run/mysqld ! -user mysql -exec chown mysql:mysql {} +
    exec setpriv --reuid mysql --regid mysql --clear-groups "$BASH" "$0" "$@"
  fi
  [ -d "$DATA/mysql" ] || initialise "$@"
  rmdir "$DRAFT" 2>/dev/null || true
fi
exec "$@"
