#!/usr/bin/env bash
# The bench job with Daybook, DuckDB, Polars and chDB side by side.
# usage: benchmarks/run.sh   EVENTS=3000000 ROUNDS=1 ENGINES="daybook duckdb polars chdb"
set -euo pipefail
cd "$(dirname "$0")/.."
exec .venv/bin/python benchmarks/compare.py --events "${EVENTS:-3000000}" \
  --rounds "${ROUNDS:-1}" --engines ${ENGINES:-daybook duckdb polars chdb}
