#!/usr/bin/env bash
# A ledger that follows a real nats-server, beside a consumer that throws everything away.
# usage: benchmarks/live/run.sh   MESSAGES=1000000 ROUNDS=1
set -euo pipefail
cd "$(dirname "$0")/../.."
mkdir -p .bench
cc -O2 -o .bench/discard benchmarks/live/discard.c -lnats
exec python3 benchmarks/live/bench.py .build/release/daybook .venv/bin/nats-server .bench/discard \
  --messages "${MESSAGES:-1000000}" --rounds "${ROUNDS:-1}"
