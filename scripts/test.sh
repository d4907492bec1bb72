#!/usr/bin/env bash
# Every test. The Swift tests find the Python environment through DAYBOOK_PYTHON.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/build.sh
export DAYBOOK_PYTHON="$PWD/.venv/bin/python"
export DAYBOOK_EXECUTABLE="$PWD/.build/release/daybook"

swift test "$@"
