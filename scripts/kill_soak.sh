#!/usr/bin/env bash
# kill -9 of the real process at random moments, then verify. KILLS=200 SEED=1
set -euo pipefail
cd "$(dirname "$0")/.."
exec python3 scripts/kill_soak.py .build/release/daybook "${KILLS:-200}" "${SEED:-1}"
