#!/usr/bin/env bash
# Resolve every dependency group into requirements.lock, then export each image's own
# requirements.txt from it. Run by `make lock`; needs a reachable package index.
set -euo pipefail
cd "$(dirname "$0")/.."

compile() {
  uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
    --generate-hashes --no-annotate --no-emit-index-url --custom-compile-command 'make lock' "$@"
}

groups=(random-data-api inference mlflow airflow locust demo capacity dev)
compile "${groups[@]/#/--group=}" --output-file requirements.lock

export_image() { # GROUP FILE
  # A fresh output each time: an old one would be taken as a set of preferred versions.
  rm -f "$2"
  compile --group "$1" --constraint requirements.lock --output-file "$2"
}
export_image random-data-api random-data-api/requirements.txt
export_image inference fastapi/requirements.txt
export_image mlflow mlflow/requirements.txt
export_image airflow airflow/requirements.txt
export_image locust locust/requirements-locust.txt

# The installer itself: pip installs this one file, uv installs the rest.
grep -A 99 '^uv==' requirements.lock | awk 'NR > 1 && !/^ / { exit } { print }' > requirements-uv.txt
