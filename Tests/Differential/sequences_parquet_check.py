"""Compares rows.parquet with rows.ndjson of one computation, in pyarrow, DuckDB, Polars and pandas.

usage: sequences_parquet_check.py ROWS.ndjson ROWS.parquet
"""

import json
import sys
from datetime import datetime, timezone

import duckdb
import pandas
import polars
import pyarrow.parquet


def plain(value):
    """A reader's value as the NDJSON writes it."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, datetime):
        value = value.astimezone(timezone.utc)
        return value.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond:06d}Z"
    if isinstance(value, list):
        return [plain(element) for element in value]
    if isinstance(value, dict):
        return {key: plain(element) for key, element in value.items()}
    if value is pandas.NaT or (isinstance(value, float) and value != value):
        return None
    return value


def same(name, rows, expected):
    rows = [plain(row) for row in rows]
    if len(rows) != len(expected):
        sys.exit(f"{name}: {len(rows)} rows, expected {len(expected)}")
    for number, (row, wanted) in enumerate(zip(rows, expected)):
        for key, value in wanted.items():
            if row[key] != value:
                sys.exit(f"{name}: row {number}, {key}: {row[key]!r}, expected {value!r}")
    print(f"{name}: {len(rows)} rows equal")


def main():
    ndjson, parquet = sys.argv[1:3]
    with open(ndjson, encoding="utf-8") as lines:
        expected = [json.loads(line) for line in lines]
    same("pyarrow", pyarrow.parquet.read_table(parquet).to_pylist(), expected)
    table = duckdb.sql(f"from '{parquet}'").to_arrow_table()
    same("DuckDB", table.to_pylist(), expected)
    same("Polars", polars.read_parquet(parquet).to_dicts(), expected)
    frame = pandas.read_parquet(parquet, dtype_backend="pyarrow")
    same("pandas", frame.astype(object).where(frame.notna(), None).to_dict("records"), expected)


main()
