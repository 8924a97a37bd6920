#!/usr/bin/env bash
# Write what a build needs to know of this machine into a folder: secrets.sh FOLDER [SUITE].
# The files are given to builds as secrets, which leave nothing in an image:
#   ca    the certificates that this machine trusts
#   pip   pip's configuration: package index and certificates (PIP_CONFIG_FILE)
#   uv    the same for uv (UV_CONFIG_FILE)
#   apt   apt's configuration, and sources: the mirror of Debian's SUITE (APT_CONFIG)
set -euo pipefail
# shellcheck source=images/debian.sh
. "$(dirname "$0")/debian.sh"
folder=$1 suite=${2:-}
umask 077
mkdir -p "$folder"

# pip's variable wins over its files, as in pip itself.
setting() { # NAME
  local variable
  variable=PIP_$(printf '%s' "$1" | tr 'a-z-' 'A-Z_')
  if [ -n "${!variable:-}" ]; then
    printf '%s' "${!variable}"
  elif command -v python3 >/dev/null; then
    python3 -m pip config get "global.$1" 2>/dev/null || true
  fi
}

# A folder of this machine is not there in a build.
remote_only() { tr ' ' '\n' | grep -E '^https?://' || true; }

certificates=
for candidate in "$(setting cert)" "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt; do
  if [ -n "$candidate" ] && [ -s "$candidate" ]; then
    certificates=$candidate
    break
  fi
done
[ -n "$certificates" ] || die "This machine has no bundle of certificates: install ca-certificates, or point PIP_CERT at a bundle."
cp "$certificates" "$folder/ca"

index=$(setting index-url | remote_only)
extra=$(setting extra-index-url | remote_only)
trusted=$(setting trusted-host)
{
  printf '[global]\ncert = /run/secrets/ca\ndisable-pip-version-check = true\nno-cache-dir = true\n'
  printf 'timeout = %s\nroot-user-action = ignore\n' "$(setting timeout | grep . || echo 60)"
  [ -z "$index" ] || printf 'index-url = %s\n' "$index"
  [ -z "$extra" ] || printf 'extra-index-url = %s\n' "$(printf '%s' "$extra" | tr '\n' ' ')"
  [ -z "$trusted" ] || printf 'trusted-host = %s\n' "$(printf '%s' "$trusted" | tr '\n' ' ')"
} >"$folder/pip"
{
  printf 'link-mode = "copy"\n'
  for host in $trusted; do printf '%s\n' "$host"; done | awk '{ h = h (NR > 1 ? ", " : "") "\"" $0 "\"" } END { if (h) printf "allow-insecure-host = [%s]\n", h }'
  for url in $extra; do printf '[[index]]\nurl = "%s"\n' "$url"; done
  [ -z "$index" ] || printf '[[index]]\nurl = "%s"\ndefault = true\n' "$index"
} >"$folder/uv"

[ -n "$suite" ] || exit 0
mirror=$(main_mirror)
security=$(security_mirror)
cat >"$folder/apt" <<SETTINGS
Dir::Etc::SourceList "/run/secrets/sources";
Dir::Etc::SourceParts "-";
Acquire::https::CAInfo "/run/secrets/ca";
Acquire::Languages "none";
Acquire::Check-Valid-Until "false";
APT::Sandbox::User "root";
DPkg::Options { "--force-confold"; };
SETTINGS
{
  printf 'deb %s %s main\n' "$mirror" "$suite"
  [ "$suite" = sid ] || [ -z "$security" ] || printf 'deb %s %s-security main\n' "$security" "$suite"
} >"$folder/sources"
