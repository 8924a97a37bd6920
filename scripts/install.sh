#!/usr/bin/env bash
# Make .venv from the lock, with hashes. pip installs uv, uv installs the rest: seconds
# instead of minutes. Where uv cannot, pip does it all.
set -euo pipefail
cd "$(dirname "$0")/.."

python=
for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
  if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  echo "Python 3.11, 3.12 or 3.13 is needed; point PYTHON at one: make PYTHON=/path/to/python3.12" >&2
  exit 1
fi

echo "Creating .venv with $("$python" --version)"
if ! "$python" -m venv --clear .venv; then
  echo "This Python has no venv module; on Debian and Ubuntu: apt-get install python3-venv" >&2
  exit 1
fi
pip=(.venv/bin/pip --disable-pip-version-check --quiet)
"${pip[@]}" install --require-hashes --requirement requirements-uv.txt

# uv does not read pip's settings: hand it the mirror and the certificates of this machine.
mirror=${PIP_INDEX_URL:-$(.venv/bin/pip config get global.index-url 2>/dev/null || true)}
[ -z "$mirror" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$mirror}"
[ -z "${PIP_CERT:-}" ] || export SSL_CERT_FILE="${SSL_CERT_FILE:-$PIP_CERT}"

# Compiled now, once: the demo and the tests start many processes of large libraries.
echo "Installing $(grep -c '==' requirements.lock) locked packages"
if ! .venv/bin/uv pip sync --quiet --compile-bytecode --python .venv/bin/python --require-hashes requirements.lock; then
  echo "uv could not install them; trying again with pip, which takes a few minutes" >&2
  "${pip[@]}" install --require-hashes --requirement requirements.lock
fi
touch .venv/installed
