#!/bin/sh
# Start HAProxy in the foreground, as a master with workers: a reload keeps connections.
set -eu
case "${1:-}" in
-*) set -- haproxy "$@" ;;
esac
if [ "$1" = haproxy ]; then
  shift
  set -- haproxy -W -db "$@"
fi
exec "$@"
