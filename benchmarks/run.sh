#!/usr/bin/env bash
# The bench job with Daybook, DuckDB, Polars and chDB side by side; then our Parquet writer and
# reader beside pyarrow's, on one thread.
# usage: benchmarks/run.sh   EVENTS=3000000 ROUNDS=5 ENGINES="daybook duckdb polars chdb"
set -euo pipefail
cd "$(dirname "$0")/.."
events="${EVENTS:-3000000}"
rounds="${ROUNDS:-5}"

scripts/build.sh kernel-bench
scripts/build.sh parquet-bench
programs=.build/release

picture=()
# The picture of the documents is of the job at its full size.
if [ "$events" = 3000000 ] && [ -z "${ENGINES:-}" ]; then picture=(--picture docs/bench.svg); fi
.venv/bin/python benchmarks/compare.py --events "$events" --rounds "$rounds" \
  --engines ${ENGINES:-daybook duckdb polars chdb} --kernels "$programs/kernel-bench" "${picture[@]}"

echo
rows=$((events < 300000 ? events : 300000))
.venv/bin/python benchmarks/parquet/compare.py --bench "$programs/parquet-bench" \
  --events ".bench/$events/events.ndjson" --rows "$rows" --rounds "$rounds" --work ".bench/$events"
