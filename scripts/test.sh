#!/usr/bin/env bash
# Every test. The Swift tests find the Python environments through DAYBOOK_PYTHON and, with the
# trainers' libraries, DAYBOOK_TRAINERS_PYTHON.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/build.sh
export DAYBOOK_PYTHON="$PWD/.venv/bin/python"
export DAYBOOK_TRAINERS_PYTHON="$PWD/.venv-trainers/bin/python"
export DAYBOOK_EXECUTABLE="$PWD/.build/release/daybook"

# Thousands of lines come out of a run; what failed is told again at its end.
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
if ! swift test "$@" 2>&1 | tee "$log"; then
  echo "What failed:"
  grep -E '^✘|^error:|: error:|Fatal error' "$log" | tail -n 60 || true
  exit 1
fi
[ $# -eq 0 ] || exit 0
"$DAYBOOK_TRAINERS_PYTHON" notebooks/run.py
