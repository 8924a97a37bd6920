#!/usr/bin/env bash
# Make the file system of a small Debian, as a tar file: rootfs.sh SUITE FOLDER TAR. Needs root.
# Nothing of the mirror, the certificates or the sources of this machine stays in it.
set -euo pipefail
# shellcheck source=images/debian.sh
. "$(dirname "$0")/debian.sh"
suite=$1 root=$2/rootfs tar=$3

# Mounts of debootstrap's chroot live in a namespace of their own: a kill leaves none behind.
if [ -z "${ROOTFS_NAMESPACE:-}" ]; then
  ROOTFS_NAMESPACE=1 exec unshare --mount "$0" "$@"
fi

rm -rf --one-file-system "$2"
mkdir -p "$root"
# In memory, where that is allowed: dpkg waits for the disk after every file.
mount -t tmpfs -o mode=755,size=2g rootfs "$root" || true
mirror=$(main_mirror)
security=$(security_mirror)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
script=/usr/share/debootstrap/scripts/$suite
[ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
debootstrap --variant=minbase --keyring="$keyring" "$suite" "$root" "$mirror" "$script" |
  grep --line-buffered -E 'Retrieving Packages|Installing core|Base system installed|^[EW]:' >&2

# The suite as released may be behind its security updates.
if [ "$suite" != sid ] && [ -n "$security" ]; then
  mkdir -p "$root/run/build"
  printf 'deb %s %s main\ndeb %s %s-security main\n' "$mirror" "$suite" "$security" "$suite" >"$root/run/build/sources.list"
  mkdir -p "$root/etc/ssl/certs"
  mount --bind /etc/ssl/certs "$root/etc/ssl/certs"
  # shellcheck disable=SC2016  # the variables of the shell inside
  DEBIAN_FRONTEND=noninteractive chroot "$root" sh -ec '
    apt="apt-get -qq -o Dir::Etc::SourceList=/run/build/sources.list -o Dir::Etc::SourceParts=- -o APT::Sandbox::User=root -o Acquire::Check-Valid-Until=false"
    $apt update
    $apt upgrade --yes -o DPkg::Options::=--force-confold >/dev/null'
  umount "$root/etc/ssl/certs"
fi

# Containers start one program: no service may start while a package is installed, no
# documentation is read, and a build that dies is thrown away, so nothing is synced.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
printf 'force-unsafe-io\n' >"$root/etc/dpkg/dpkg.cfg.d/containers"
printf 'path-exclude %s\n' '/usr/share/doc/*' '/usr/share/man/*' '/usr/share/info/*' '/usr/share/locale/*' '/usr/share/lintian/*' \
  >>"$root/etc/dpkg/dpkg.cfg.d/containers"
printf 'path-include /usr/share/doc/*/copyright\n' >>"$root/etc/dpkg/dpkg.cfg.d/containers"
find "$root/usr/share/doc" -type f ! -name copyright -delete
find "$root/usr/share/doc" -empty -delete
(cd "$root" && rm -rf usr/share/man/* usr/share/info/* usr/share/locale/* usr/share/lintian/* \
  var/lib/apt/lists/* var/cache/apt/* var/cache/debconf/*-old var/log/* tmp/* run/* \
  etc/apt/sources.list etc/apt/sources.list.d/* etc/resolv.conf etc/hostname)
: >"$root/etc/machine-id"

tar --create --one-file-system --numeric-owner --directory "$root" --exclude './proc/*' --exclude './sys/*' --exclude './dev/*' \
  --file "$tar.part" .
mv "$tar.part" "$tar"
