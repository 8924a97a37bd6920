#!/usr/bin/env bash
# Give this machine a Docker Engine, Compose v2 and buildx, where it has none. Run by
# `make engine`. An engine that answers is never touched, and nothing that works is
# replaced. Installing is for Debian as root; elsewhere the script says what to do.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=images/debian.sh
. images/debian.sh

# From this one on, a Compose file may hold a config's text.
COMPOSE_AT_LEAST=2.23.1
# Debian 12 has no Compose v2 of its own. This suite's pair runs on Debian 12 and 13.
PLUGIN_SUITES=(forky sid)
PLUGIN_FOLDER=/usr/local/lib/docker/cli-plugins
PID_FILE=/var/run/docker.pid
CONTAINERD_PID_FILE=/var/run/docker/containerd/containerd.pid
LOG=/var/log/dockerd.log
START_SECONDS=90

engine_answers() { timeout 15 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }
compose_works() {
  local version
  version=$(docker compose version --short 2>/dev/null) || return 1
  printf '%s\n%s\n' "$COMPOSE_AT_LEAST" "${version#v}" | sort --version-sort --check=silent
}
buildx_works() { docker buildx version >/dev/null 2>&1; }

# wait_for SECONDS CONDITION...: true as soon as the condition is; false when time is up.
wait_for() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.2
  done
}

# runs PID_FILE NAME: does the process that the file names still live, and is it that program?
# A number alone proves nothing: after a kill or a restart it may be another process's, or that
# of a dead one whose end nobody has taken note of. Such a one has no program any more.
runs() {
  local pid program
  pid=$(cat "$1" 2>/dev/null) && program=$(readlink "/proc/$pid/exe" 2>/dev/null) || return 1
  case ${program##*/} in "$2" | "$2 (deleted)") ;; *) return 1 ;; esac
}

require_debian_root() { # WHAT
  local system
  system=$(. /etc/os-release 2>/dev/null && printf '%s' "${ID:-unknown}") || system=unknown
  [ "$system" = debian ] ||
    die "$1. This script installs on Debian only, and this is $system: install Docker Engine with Compose v2 as your system's manual says, start it, and try again."
  [ "$(id -u)" = 0 ] || die "$1, and only root can change that: run it as root (sudo make engine)."
}

install_engine() {
  say "Installing Docker Engine from Debian's packages"
  apt_get update
  apt_get install --yes --no-install-recommends docker.io
  # From Debian 13 on, the command line tool is a package of its own.
  command -v docker >/dev/null || apt_get install --yes --no-install-recommends docker-cli
}

# fetch_plugins FOLDER SUITE PACKAGE...: the packages, checked against the suite's signed lists, with
# lists of their own: the machine's apt sources stay as they are.
fetch_plugins() {
  local folder=$1 suite=$2 mirror
  shift 2
  mirror=$(main_mirror)
  mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$mirror" "$suite" >"$folder/sources.list"
  local options=(
    -o "Dir::Etc::SourceList=$folder/sources.list" -o Dir::Etc::SourceParts=-
    -o "Dir::State::Lists=$folder/lists" -o "Dir::Cache=$folder/cache"
    -o Acquire::Languages=none -o APT::Sandbox::User=root
    # A mirror's copy of a moving suite may be older than its Release file allows.
    -o Acquire::Check-Valid-Until=false
  )
  apt_get "${options[@]}" update && (cd "$folder" && apt_get "${options[@]}" download "$@")
}

install_plugins() { # PLUGIN...: each in the package of its name
  local folder suite package plugin file
  folder=$(mktemp -d)
  # shellcheck disable=SC2064  # the folder's name now, not when the trap runs
  trap "rm -rf '$folder'" EXIT
  for suite in "${PLUGIN_SUITES[@]}"; do
    say "Fetching $* from Debian's suite $suite"
    if fetch_plugins "$folder" "$suite" "$@"; then break; fi
  done
  for package in "$folder"/*.deb; do
    [ -e "$package" ] || die "Debian's mirror gave no $*: see the messages above, and check the machine's apt sources."
    dpkg-deb --extract "$package" "$folder/files"
  done
  mkdir -p "$PLUGIN_FOLDER"
  for plugin in "$@"; do
    file=$(find "$folder/files" -type f -name "$plugin" -perm -u+x | head -n 1)
    # Into the same folder first: a kill while copying must leave no half plugin behind.
    install -m 755 "$file" "$PLUGIN_FOLDER/.$plugin.new"
    mv "$PLUGIN_FOLDER/.$plugin.new" "$PLUGIN_FOLDER/$plugin"
  done
}

# A dockerd that somebody else has just started, or just killed: wait for what becomes of it.
answers_or_ended() { engine_answers || ! runs "$PID_FILE" dockerd; }
answers_or_died() { engine_answers || ! kill -0 "$dockerd_pid" 2>/dev/null; }

start_by_hand() {
  if runs "$PID_FILE" dockerd; then
    say "A dockerd is there and does not answer; waiting for it"
    wait_for "$START_SECONDS" answers_or_ended ||
      die "dockerd (process $(cat "$PID_FILE")) does not answer for $START_SECONDS s; $LOG may say why. End it (kill $(cat "$PID_FILE")), and run make engine again."
    if engine_answers; then return; fi
  fi
  # dockerd refuses to start, and waits for a containerd that is none, when these files
  # name a number that now belongs to another process.
  rm -f "$PID_FILE"
  runs "$CONTAINERD_PID_FILE" containerd || rm -f "$CONTAINERD_PID_FILE"
  say "Starting dockerd; its log is $LOG"
  (
    ulimit -n 1048576 2>/dev/null || true # containers inherit it; a load test needs many
    exec 9>&-                             # this script's lock must not live on in dockerd
    exec setsid dockerd --pidfile "$PID_FILE" </dev/null >>"$LOG" 2>&1
  ) &
  dockerd_pid=$!
  wait_for "$START_SECONDS" answers_or_died || true
  engine_answers && return
  tail -n 15 "$LOG" >&2 || true
  die "dockerd did not start: the end of its log is above. Mend what it complains about, and run make engine again."
}

start_engine() {
  if [ -d /run/systemd/system ]; then
    say "Starting the service docker"
    systemctl start docker || die "The service docker did not start: see journalctl -u docker."
    wait_for "$START_SECONDS" engine_answers || die "The service docker does not answer: see journalctl -u docker."
    return
  fi
  start_by_hand
}

check_access() {
  local answer
  answer=$(timeout 15 docker version 2>&1) || true
  case $answer in
  *"permission denied"*) die "An engine runs, but this user may not use it: join the group docker (usermod -aG docker \$USER, then log in again), or be root." ;;
  esac
  [ -z "${DOCKER_HOST:-}" ] || die "DOCKER_HOST is $DOCKER_HOST and no engine answers there: start it, or unset DOCKER_HOST."
}

main() {
  local missing=()
  if ! engine_answers; then
    check_access
    require_debian_root "No Docker Engine answers on this machine"
    exec 9>/run/lock/docker-engine-start.lock
    flock -n 9 || say "Waiting for another make engine"
    flock -w 600 9 || die "Another make engine is still at work after 10 minutes: wait for it, or end it."
    if ! command -v dockerd >/dev/null || ! command -v docker >/dev/null; then install_engine; fi
    engine_answers || start_engine
  fi
  compose_works || missing+=(docker-compose)
  buildx_works || missing+=(docker-buildx)
  if [ ${#missing[@]} -gt 0 ]; then
    require_debian_root "Compose $COMPOSE_AT_LEAST or newer and buildx are not both here"
    install_plugins "${missing[@]}"
    if ! compose_works || ! buildx_works; then
      die "The plugins in $PLUGIN_FOLDER do not run on this machine, or older ones in ~/.docker/cli-plugins come first: install Compose $COMPOSE_AT_LEAST or newer and buildx by hand."
    fi
  fi
  say "Docker Engine $(docker version --format '{{.Server.Version}}'), Compose $(docker compose version --short), $(docker buildx version | awk '{ print $1, $2 }')"
  [ "$(docker info --format '{{.Driver}}')" != vfs ] ||
    say "WARNING: the storage driver is vfs, which copies every layer: builds are slow and need much disk. Put /var/lib/docker on a plain file system."
}

main
