# shellcheck shell=bash
# Sourced by scripts/engine.sh and images/build.sh: what the machine's own apt sources say
# about where Debian's packages come from. No mirror is named in this project.

say() { printf '%s  %s\n' "$(date +%H:%M:%S)" "$*" >&2; }
die() {
  say "ERROR: $*"
  exit 1
}

# apt's lock is held for as long as another apt runs; wait for it instead of failing.
apt_get() { DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 "$@" >/dev/null; }

# debian_mirror LABEL [VARIABLE]: the address of the archive whose Release file carries LABEL.
# The variable, where it is set, wins: that is how a machine without apt names its mirror.
debian_mirror() {
  local label=$1 override=${2:-}
  if [ -n "$override" ]; then
    printf '%s\n' "${override%/}"
    return
  fi
  command -v apt-get >/dev/null || return 0
  # shellcheck disable=SC2016  # apt's variables, not the shell's
  apt-get indextargets --format '$(LABEL)|$(COMPONENT)|$(REPO_URI)' 'Created-By: Packages' |
    awk -F '|' -v label="$label" '$1 == label && $2 == "main" && !done { sub("/+$", "", $3); print $3; done = 1 }'
}

# The mirror of Debian itself; the lists are read once more when apt does not know it yet.
main_mirror() {
  local mirror
  mirror=$(debian_mirror Debian "${DEBIAN_MIRROR:-}")
  if [ -z "$mirror" ] && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt_get update || true
    mirror=$(debian_mirror Debian)
  fi
  [ -n "$mirror" ] || die "No Debian mirror in this machine's apt sources: set DEBIAN_MIRROR to the address of one."
  printf '%s\n' "$mirror"
}

# Empty where the machine has no security mirror: then nothing is taken from one.
security_mirror() { debian_mirror Debian-Security "${DEBIAN_SECURITY_MIRROR:-}"; }
