#!/usr/bin/env bash
# Give this machine a headless Chromium, which the tests open the reports in, where it has no
# Chromium or Chrome. Installing is for Debian as root; elsewhere the script says what to do.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=images/debian.sh
. images/debian.sh

for browser in chromium google-chrome; do
  if command -v "$browser" >/dev/null; then
    say "There is a $browser: $("$browser" --version 2>/dev/null || echo 'of an unknown version')"
    exit 0
  fi
done

system=$(. /etc/os-release 2>/dev/null && printf '%s' "${ID:-unknown}") || system=unknown
[ "$system" = debian ] ||
  die "There is no chromium or google-chrome. This script installs on Debian only, and this is $system: install one of the two as your system's manual says."
[ "$(id -u)" = 0 ] || die "There is no chromium or google-chrome, and only root can install one: sudo scripts/browser.sh"
say "Installing Chromium from Debian's packages"
apt_get update
# The fonts: without any, a browser draws pages without text.
apt_get install --yes --no-install-recommends chromium fonts-dejavu-core
say "Installed $(chromium --version)"
