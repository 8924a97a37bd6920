#!/usr/bin/env bash
# Start one of Airflow's services: the arguments are those of the command `airflow`, or
# begin with `airflow`, `bash`, `python` or `celery`. Before that, as in the official image:
# wait for the database (CONNECTION_CHECK_MAX_COUNT tries of CONNECTION_CHECK_SLEEP_TIME
# seconds; 0 switches it off), then _AIRFLOW_DB_MIGRATE=true migrates the database, and
# _AIRFLOW_WWW_USER_CREATE=true makes the user of _AIRFLOW_WWW_USER_USERNAME, _PASSWORD,
# _EMAIL, _FIRSTNAME, _LASTNAME and _ROLE.
set -euo pipefail
umask 0002

truthy() { case ${1,,} in true | 1 | yes | y | on) return 0 ;; *) return 1 ;; esac; }

# The address alone is read from the URL: its password never becomes an argument.
wait_for_url() { # URL
  local address tries=${CONNECTION_CHECK_MAX_COUNT:-20} try
  [ "$tries" -gt 0 ] && [ -n "$1" ] || return 0
  address=$(URL=$1 python3 -c '
import os
from urllib.parse import urlsplit
url = urlsplit(os.environ["URL"])
ports = {"postgresql": 5432, "mysql": 3306, "redis": 6379, "rediss": 6379, "amqp": 5672}
if url.hostname:
    print(url.hostname, url.port or ports.get(url.scheme.split("+")[0], 0))')
  [ -n "$address" ] || return 0
  for ((try = 1; ; try++)); do
    # shellcheck disable=SC2086  # host and port
    nc -z -w 2 $address && return 0
    if [ "$try" -ge "$tries" ]; then
      echo "entrypoint: ERROR: nothing answers at ${address/ /:} after $tries tries: start that service, or mend its address." >&2
      exit 1
    fi
    sleep "${CONNECTION_CHECK_SLEEP_TIME:-3}"
  done
}

case "${1:-}" in
bash) exec "$@" ;;
python | python3) exec "$@" ;;
esac

wait_for_url "${AIRFLOW__DATABASE__SQL_ALCHEMY_CONN:-${AIRFLOW__CORE__SQL_ALCHEMY_CONN:-}}"
if truthy "${_AIRFLOW_DB_MIGRATE:-}"; then
  airflow db migrate
fi
if truthy "${_AIRFLOW_WWW_USER_CREATE:-}"; then
  airflow users create --username "${_AIRFLOW_WWW_USER_USERNAME:-admin}" --role "${_AIRFLOW_WWW_USER_ROLE:-Admin}" \
    --firstname "${_AIRFLOW_WWW_USER_FIRSTNAME:-Airflow}" --lastname "${_AIRFLOW_WWW_USER_LASTNAME:-Admin}" \
    --email "${_AIRFLOW_WWW_USER_EMAIL:-airflowadmin@example.com}" \
    --password "${_AIRFLOW_WWW_USER_PASSWORD:?_AIRFLOW_WWW_USER_PASSWORD must be set: the new user needs a password}" ||
    echo "entrypoint: the user was not made; it may be there already" >&2
fi

case "${1:-}" in
celery) set -- airflow "$@" ;;
esac
if [ "${1:-}" = airflow ]; then
  shift
fi
# Workers and their monitor talk to the broker as well.
if [ "${1:-}" = celery ]; then
  wait_for_url "${AIRFLOW__CELERY__BROKER_URL:-}"
fi
exec airflow "$@"
