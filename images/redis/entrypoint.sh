#!/bin/sh
# Start Redis as the user redis. Options and a configuration file may stand alone:
# `--appendonly yes` and `/etc/redis.conf` both mean redis-server with them.
set -eu
case "${1:-}" in
-* | *.conf) set -- redis-server "$@" ;;
esac

if [ "$1" = redis-server ]; then
  umask 077
  # Protected mode refuses every client from another container while no password is set. The
  # official image is compiled without it; a configuration file or an option has the last word.
  case " $* " in
  *" --protected-mode "* | *.conf" "*) ;;
  *) set -- "$@" --protected-mode no ;;
  esac
  if [ "$(id -u)" = 0 ]; then
    find /data ! -user redis -exec chown redis:redis {} +
    exec setpriv --reuid redis --regid redis --clear-groups "$@"
  fi
fi
exec "$@"
