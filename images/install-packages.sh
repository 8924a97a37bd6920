#!/bin/sh
# Inside a build: install-packages.sh PACKAGE... installs Debian packages from the mirror that
# the build was given as a secret. Sources, certificates and lists are gone when it ends.
set -eu
export DEBIAN_FRONTEND=noninteractive APT_CONFIG=/run/secrets/apt
apt-get -qq update
# A package whose version is given as 8.* stops the build when the suite has moved on.
apt-get -qq install --yes --no-install-recommends "$@"
apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/apt /var/log/*.log
