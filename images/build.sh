#!/usr/bin/env bash
# Have every image that the stack starts from on this machine, under its name in .env: pulled where a registry gives it,
# built from Debian and PyPI packages where none does. Run by `make images`; build.sh NAME...
# looks after those alone. IMAGES_REBUILD=1 builds again what was built here (for updates).
# IMAGES_REPLACE=1 lets a registry's image replace one that was built here although the stack
# has data. PULL_ANSWER_SECONDS is how long a registry may take to answer.
#
# An image that was pulled, or that anybody else made, is never replaced: what this script
# built carries the label below, and only that is built anew when its recipe has changed.
# A kill at any time costs the image that is being built, and no other.
set -euo pipefail
cd "$(dirname "$0")/.."
. images/debian.sh

# Its value is the image's own name and its recipe: an image that is made FROM one of these
# inherits the label, but its name is another.
LABEL=covertype.recipe
STACK_LABEL=com.docker.compose.project=taller_locust # on the stack's volumes
WORK=out/images
PULL_ANSWER_SECONDS=${PULL_ANSWER_SECONDS:-20}
PULL_SECONDS=1800
# stable where its version serves; sid moves, and is taken for what stable does not hold
declare -A SUITE=([python]=trixie [redis]=trixie [postgres]=trixie [haproxy]=sid [mysql]=sid [airflow]=trixie [minio]=trixie)
NAMES=(python redis haproxy postgres mysql minio airflow)

# The name in .env, unless the environment has another: as Compose reads it.
image_of() {
  local variable=${1^^}_IMAGE
  printf '%s' "${!variable:-$(sed -n "s/^$variable=//p" .env)}"
}

exists() { docker image inspect "$1" >/dev/null 2>&1; }
id_of() { docker image inspect --format '{{ .Id }}' "$1" 2>/dev/null || true; }
megabytes() { docker image inspect --format '{{ .Size }}' "$1" | awk '{ printf "%.0f MB", $1 / 1e6 }'; }

recipe_of() { # IMAGE: nothing for an image that this script did not build
  local value
  value=$(docker image inspect --format "{{ index .Config.Labels \"$LABEL\" }}" "$1" 2>/dev/null) || return 0
  case $value in "$1 "*) printf '%s' "${value#"$1 "}" ;; esac
}

# Remove an image that has lost its name to a newer one. Where it has another name, or where a
# container is made from it, it stays.
discard() { # ID, or nothing
  [ -n "$1" ] || return 0
  if docker image ls --quiet --no-trunc --filter dangling=true | grep -xF "$1" >/dev/null; then
    docker image rm --no-prune "$1" >/dev/null 2>&1 || true
  fi
}

# What root makes for a user belongs to the user, who writes to out/ as well, in `make up`.
give_to_user() {
  [ "$(id -u)" = 0 ] && [ -n "${SUDO_UID:-}" ] || return 0
  chown -h "$SUDO_UID:${SUDO_GID:-}" "${WORK%/*}"
  chown -hR "$SUDO_UID:${SUDO_GID:-}" "$WORK"
}

registry_of() { # IMAGE: as Docker reads its name
  local first=${1%%/*}
  [ "$first" != "$1" ] || first=
  case $first in
  localhost | *[.:]*) printf '%s' "$first" ;;
  *) printf docker.io ;;
  esac
}

# What a registry says decides: where none answers, or it has no such image, one is built. A
# pull that began and broke is an error, because such an image can be pulled.
declare -A SILENT # registries that did not answer
pull() { # IMAGE: 0 pulled, 1 not to be had
  local image=$1 registry answer=$WORK/pull.log deadline=$((SECONDS + PULL_ANSWER_SECONDS)) puller
  registry=$(registry_of "$image")
  [ -z "${SILENT[$registry]:-}" ] || return 1
  timeout "$PULL_SECONDS" docker pull "$image" >"$answer" 2>&1 &
  puller=$!
  while kill -0 "$puller" 2>/dev/null; do
    if ! grep -q 'Pulling from' "$answer" && [ "$SECONDS" -ge "$deadline" ]; then
      kill "$puller" 2>/dev/null || true
    fi
    sleep 0.2
  done
  wait "$puller" && return 0
  if grep -qE 'Pulling from|toomanyrequests' "$answer"; then
    tail -n 3 "$answer" >&2
    die "$image is to be had, but pulling it failed: see above, and try again."
  fi
  grep -qE 'manifest unknown|not found|does not exist|denied' "$answer" || SILENT[$registry]=1
  return 1
}

# A build reads a folder of its own: the recipe, and nothing else of the project.
stage() { # NAME FOLDER
  rm -rf "$2"
  mkdir -p "$2"
  cp -r "images/$1/." images/install-packages.sh "$2"
  [ "$1" != airflow ] || cp airflow/requirements.txt requirements-uv.txt "$2"
}

base_of() { # NAME: the image that its Dockerfile starts from
  case $1 in
  airflow | minio) image_of python ;;
  *) printf 'covertype/debian:%s' "${SUITE[$1]}" ;;
  esac
}

digest() { (cd "$1" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16); }

ensure_base() { # SUITE: the small Debian that the images start from
  local image=covertype/debian:$1 recipe tar=$WORK/$1.tar old
  recipe=$(sha256sum images/rootfs.sh | cut -c1-16)
  if [ "$(recipe_of "$image")" = "$recipe" ] && [ -z "${IMAGES_REBUILD:-}" ]; then return; fi
  [ "$(id -u)" = 0 ] || die "Making a base image needs root: run sudo make images."
  if ! command -v debootstrap >/dev/null; then
    command -v apt-get >/dev/null || die "debootstrap is missing: install it, and try again."
    say "Installing debootstrap"
    apt_get update && apt_get install --yes --no-install-recommends debootstrap
  fi
  say "Making a small Debian $1"
  images/rootfs.sh "$1" "$WORK/rootfs-$1" "$tar"
  old=$(id_of "$image")
  docker import --change "LABEL $LABEL=\"$image $recipe\"" --change 'CMD ["bash"]' "$tar" "$image" >/dev/null
  discard "$old"
  rm -rf --one-file-system "$tar" "$WORK/rootfs-$1"
}

build() { # NAME IMAGE
  local name=$1 image=$2 base context=$WORK/context log=$WORK/$1.log started=$SECONDS recipe old
  base=$(base_of "$name")
  stage "$name" "$context"
  case $base in
  covertype/*) ensure_base "${SUITE[$name]}" ;;
  *) exists "$base" || provide python ;;
  esac
  recipe=$(digest "$context")-$(id_of "$base" | cut -c8-19)
  if [ "$(recipe_of "$image")" = "$recipe" ] && [ -z "${IMAGES_REBUILD:-}" ]; then
    say "$image: built here before, and up to date"
    return
  fi
  say "$image: building it (log: $log)"
  images/secrets.sh "$WORK/secrets" "${SUITE[$name]}"
  local secrets=() file proxy=() variable
  for file in "$WORK"/secrets/*; do secrets+=(--secret "id=$(basename "$file"),src=$file"); done
  for variable in HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy; do
    [ -z "${!variable:-}" ] || proxy+=(--build-arg "$variable")
  done
  old=$(id_of "$image")
  docker buildx build --builder "$(docker context show)" --load --progress plain --network host \
    --build-arg "DEBIAN_IMAGE=$base" --build-arg "PYTHON_IMAGE=$base" ${IMAGES_REBUILD:+--no-cache} \
    "${secrets[@]}" "${proxy[@]}" --label "$LABEL=$image $recipe" --tag "$image" "$context" 2>&1 |
    tee "$log" | { grep --line-buffered -E '^#[0-9]+ \[' | cut -c1-110 >&2 || true; } || {
    tail -n 25 "$log" >&2
    die "$image could not be built: the end of its log is above."
  }
  discard "$old"
  say "$image: built in $((SECONDS - started)) s, $(megabytes "$image")"
}

# The object store's files and PostgreSQL's sort order differ between a registry's image and one
# that was built here, so the kind stays for as long as there are data.
KEPT=
data_keep_it() {
  local volumes
  [ -z "${IMAGES_REPLACE:-}" ] || return 1
  volumes=$(docker volume ls --quiet --filter "label=$STACK_LABEL") || die "Docker does not list its volumes: see above."
  [ -n "$volumes" ] || return 1
  [ -n "$KEPT" ] || say "The stack has data, so images that were built here stay, and no registry is asked for them: data of the object store and of PostgreSQL differ between the two kinds. To change to a registry's images, run make down VOLUMES=1 first, which deletes all data; or, to move the data yourself, make images IMAGES_REPLACE=1."
  KEPT=1
}

provide() { # NAME
  local image old
  image=$(image_of "$1")
  old=$(id_of "$image")
  if [ -n "$old" ] && [ -z "$(recipe_of "$image")" ]; then
    say "$image: here already, and left alone"
  elif [ -n "$old" ] && data_keep_it; then
    build "$1" "$image"
  elif pull "$image"; then
    discard "$old"
    say "$image: pulled, $(megabytes "$image")"
  else
    build "$1" "$image"
  fi
}

main() {
  local name
  timeout 15 docker version >/dev/null 2>&1 || die "No Docker Engine answers: run make engine first."
  if ! mkdir -p "$WORK" || [ -n "$(find "$WORK" ! -writable -print -quit 2>/dev/null)" ]; then
    die "${WORK%/*} holds files of another user: run sudo make images, or make them yours (sudo chown -R \"\$USER\" ${WORK%/*})."
  fi
  exec 9>"$WORK/lock"
  give_to_user
  flock -n 9 || say "Waiting for another make images, or for the last step of one that was killed"
  flock -w 3600 9 || die "Another make images has been at work for an hour: wait for it, or end it."
  trap 'rm -rf "$WORK/secrets" "$WORK/context"; give_to_user' EXIT
  for name in "$@"; do
    [ -n "${SUITE[$name]+known}" ] || die "There is no image $name here; there are: ${NAMES[*]}."
  done
  [ $# -gt 0 ] || set -- "${NAMES[@]}"
  for name in "$@"; do provide "$name"; done
}

main "$@"
