#!/usr/bin/env bash
# Every test. The Swift tests find the Python environments through DAYBOOK_PYTHON and, with the
# trainers' libraries, DAYBOOK_TRAINERS_PYTHON.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/build.sh
export DAYBOOK_PYTHON="$PWD/.venv/bin/python"
export DAYBOOK_TRAINERS_PYTHON="$PWD/.venv-trainers/bin/python"
export DAYBOOK_EXECUTABLE="$PWD/.build/release/daybook"

swift test "$@"
[ $# -eq 0 ] || exit 0
"$DAYBOOK_TRAINERS_PYTHON" notebooks/run.py
