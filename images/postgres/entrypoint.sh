#!/usr/bin/env bash
# Make the database on the first start, then become the server. Variables, each also as
# NAME_FILE (a file that holds the value): POSTGRES_PASSWORD (required), POSTGRES_USER
# (postgres), POSTGRES_DB (the user's name), POSTGRES_INITDB_ARGS, and
# POSTGRES_HOST_AUTH_METHOD (scram-sha-256; trust needs no password).
set -euo pipefail

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

# shellcheck disable=SC1090  # a script of the stack
run_script() {
  case $1 in
  *.sh) if [ -x "$1" ]; then "$1"; else . "$1"; fi ;;
  *.sql) docker_process_sql -f "$1" ;;
  *.sql.gz) gunzip -c "$1" | docker_process_sql ;;
  *.sql.xz) xzcat "$1" | docker_process_sql ;;
  *.sql.zst) zstdcat "$1" | docker_process_sql ;;
  *) log "left alone: $1" ;;
  esac
}

# Scripts that are sourced may use this name, as with the official image.
docker_process_sql() {
  psql -v ON_ERROR_STOP=1 --no-password --no-psqlrc --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" "$@"
}

# All of it happens in a folder beside the data, which moves in at the end, PG_VERSION last:
# a container that is killed half-way starts anew and never serves half a database.
initialise() {
  from_file POSTGRES_PASSWORD ''
  from_file POSTGRES_USER postgres
  from_file POSTGRES_DB "$POSTGRES_USER"
  from_file POSTGRES_INITDB_ARGS ''
  local method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256} draft=$PGDATA/first-start script
  [ -n "$POSTGRES_PASSWORD" ] || [ "$method" = trust ] ||
    fail "The database is new and has no password: set POSTGRES_PASSWORD."
  if [ -d "$draft" ]; then
    log "an earlier first start was cut short; starting it anew"
    find "$PGDATA" -mindepth 1 -delete
  fi
  [ -z "$(find "$PGDATA" -mindepth 1 -maxdepth 1 ! -name lost+found)" ] || fail "$PGDATA holds files but no database: empty the volume, or give another."

  mkdir -m 700 "$draft"
  local password=()
  [ -z "$POSTGRES_PASSWORD" ] || password=(--pwfile=/dev/stdin)
  # shellcheck disable=SC2086  # several arguments in one variable
  initdb --pgdata="$draft" --username="$POSTGRES_USER" "${password[@]}" $POSTGRES_INITDB_ARGS <<<"$POSTGRES_PASSWORD"
  printf '\nhost all all all %s\n' "$method" >>"$draft/pg_hba.conf"

  # Only by its socket: a health check over TCP must not find the server of the first start.
  PGPASSWORD=$POSTGRES_PASSWORD
  export PGPASSWORD
  pg_ctl --pgdata="$draft" --options="-c listen_addresses='' -p ${PGPORT:-5432}" --wait start
  if [ "$POSTGRES_DB" != postgres ]; then
    docker_process_sql --dbname postgres --set db="$POSTGRES_DB" <<<'CREATE DATABASE :"db";'
  fi
  for script in /docker-entrypoint-initdb.d/*; do
    [ -e "$script" ] || continue
    log "running $script"
    run_script "$script"
  done
  pg_ctl --pgdata="$draft" --mode=fast --wait stop
  unset PGPASSWORD

  find "$draft" -mindepth 1 -maxdepth 1 ! -name PG_VERSION -exec mv -t "$PGDATA" {} +
  sync
  mv "$draft/PG_VERSION" "$PGDATA/"
  rmdir "$draft"
  log "the database is ready for its first use"
}

case "${1:-}" in
-*) set -- postgres "$@" ;;
esac
wants_help() { case " $* " in *" --help "* | *" -? "* | *" --version "* | *" -V "*) return 0 ;; *) return 1 ;; esac; }

if [ "$1" = postgres ] && ! wants_help "$@"; then
  mkdir -p "$PGDATA"
  # Fails for a user who does not own it: the server then says what is wrong.
  chmod 700 "$PGDATA" || true
  if [ "$(id -u)" = 0 ]; then
    find "$PGDATA" /var/run/postgresql ! -user postgres -exec chown postgres:postgres {} +
    exec setpriv --reuid postgres --regid postgres --init-groups "$BASH" "$0" "$@"
  fi
  if [ ! -s "$PGDATA/PG_VERSION" ]; then
    initialise
  fi
  rmdir "$PGDATA/first-start" 2>/dev/null || true
fi
exec "$@"
