"""Reads a folder of Parquet files that Daybook wrote with pyarrow, DuckDB and Polars and compares
every value with the expectations beside them (one JSON array a row in NAME.jsonl).

usage: parquet_write_check.py FOLDER
Prints a line a file; exit code 1 when anything differs.
"""
import datetime
import decimal
import json
import math
import pathlib
import struct
import sys
import uuid

import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet as pq

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
DAY = datetime.date(1970, 1, 1)


def equal(expected, value):
    """Whether a value read back is the one expected."""
    if expected is None or value is None:
        return expected is None and value is None
    if isinstance(expected, dict):
        fields = list(value.values())
        return len(fields) == len(expected["s"]) and all(map(equal, expected["s"], fields))
    if isinstance(expected, list):
        return len(expected) == len(value) and all(map(equal, expected, value))
    if isinstance(expected, bool):
        return expected is value
    if isinstance(expected, int):
        if isinstance(value, datetime.datetime):
            aware = value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)
            return (aware - EPOCH) // datetime.timedelta(microseconds=1) == expected
        if isinstance(value, datetime.date):
            return (value - DAY).days == expected
        if isinstance(value, decimal.Decimal):
            return unscaled(value) == expected
        return expected == value
    kind, _, rest = expected.partition(":")
    if kind == "b":
        wanted = bytes.fromhex(rest)
        if isinstance(value, decimal.Decimal):
            return unscaled(value) == int.from_bytes(wanted, "big", signed=True)
        if isinstance(value, uuid.UUID):
            value = value.bytes
        return wanted == (value.encode() if isinstance(value, str) else value)
    form = "<d" if kind == "d" else "<f"
    wanted = struct.unpack(form, int(rest).to_bytes(struct.calcsize(form), "little"))[0]
    if math.isnan(wanted):
        return math.isnan(value)
    return wanted == value and math.copysign(1, wanted) == math.copysign(1, value)


def unscaled(value):
    return int(value.scaleb(-value.as_tuple().exponent))


def by_pyarrow(path):
    return pq.ParquetFile(path, page_checksum_verification=True).read()


def by_duckdb(path):
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    names = [name for name in pq.read_schema(path).names if name not in DUCKDB_LACKS]
    columns = ", ".join(f'"{name}"' for name in names)
    table = connection.sql(f"select {columns} from read_parquet('{path}')").arrow()
    return table.read_all() if hasattr(table, "read_all") else table


# What a reader says it cannot decode; everything else it must read equal.
POLARS_LACKS = {"fixed_prefixes", "fixed_split"}
DUCKDB_LACKS = {"fixed_split"}


def by_polars(path):
    names = [name for name in pq.read_schema(path).names if name not in POLARS_LACKS]
    return polars.read_parquet(path, columns=names, use_pyarrow=False).to_arrow()


def compare(rows, table, names):
    """The first difference as text, or None."""
    if table.num_rows != len(rows):
        return f"{table.num_rows} rows, expected {len(rows)}"
    for name in table.column_names:
        index = names.index(name)
        for row, value in enumerate(table.column(name).to_pylist()):
            if not equal(rows[row][index], value):
                return f"column {name} row {row}: {value!r}, expected {rows[row][index]!r}"
    return None


def check_metadata(path, rows):
    """Statistics bound the values, indexes and filters are there, null counts are right."""
    file = pq.ParquetFile(path)
    metadata = file.metadata
    problems = []
    first = 0
    for group_index in range(metadata.num_row_groups):
        group = metadata.row_group(group_index)
        table = file.read_row_group(group_index)
        for index in range(group.num_columns):
            chunk = group.column(index)
            name = chunk.path_in_schema
            if not chunk.has_offset_index:
                problems.append(f"{name}: no offset index")
            if "." in name:
                continue
            column = table.column(name)
            if chunk.statistics is None:
                problems.append(f"{name}: no statistics")
                continue
            if chunk.statistics.null_count != column.null_count:
                problems.append(f"{name}: null count {chunk.statistics.null_count}")
            values = [v for v in column.to_pylist() if v is not None and v == v]
            if values and chunk.statistics.has_min_max:
                low, high = chunk.statistics.min, chunk.statistics.max
                if isinstance(low, type(values[0])) and not (
                    low <= min(values) and max(values) <= high
                ):
                    problems.append(f"{name}: bounds {low!r}..{high!r} are wrong")
            if values and not chunk.statistics.has_min_max:
                problems.append(f"{name}: no bounds")
        first += group.num_rows
    if metadata.num_rows != len(rows):
        problems.append("row count in the footer")
    return problems


def check_pruning(path, rows):
    """DuckDB finds values through bounds and bloom filters, and finds none that are not there."""
    problems = []
    connection = duckdb.connect()
    schema = pq.read_schema(path)
    for index, name in enumerate(schema.names):
        if not name.startswith(("text_", "unique_", "int64_")):
            continue
        wanted = next((row[index] for row in rows if row[index] is not None), None)
        if wanted is None:
            continue
        key = bytes.fromhex(wanted[2:]).decode() if isinstance(wanted, str) else wanted
        expected = sum(1 for row in rows if row[index] == wanted)
        found = connection.execute(
            f"select count(*) from read_parquet('{path}') where \"{name}\" = ?", [key]
        ).fetchone()[0]
        lazy = polars.scan_parquet(path).select(name).filter(polars.col(name) == key)
        height = lazy.collect().height
        if found != expected or height != expected:
            problems.append(f"{name} = {key!r}: {found} and {height} rows, expected {expected}")
        absent = "no such value" if isinstance(key, str) else 123456789
        found = connection.execute(
            f"select count(*) from read_parquet('{path}') where \"{name}\" = ?", [absent]
        ).fetchone()[0]
        if found != 0:
            problems.append(f"{name}: found a value that is not there")
    return problems


def check_bloom(path):
    """DuckDB reads our bloom filters: the share of chunks with one, and no false exclusion."""
    rows = duckdb.sql(
        f"select count(*) filter (bloom_filter_offset is not null), count(*) "
        f"from parquet_metadata('{path}')"
    ).fetchall()[0]
    return rows


def main(folder):
    failures = 0
    for path in sorted(pathlib.Path(folder).glob("*.parquet")):
        rows = [json.loads(line) for line in path.with_suffix(".jsonl").read_text().splitlines()]
        names = pq.read_schema(path).names
        notes = []
        for name, read in (("pyarrow", by_pyarrow), ("duckdb", by_duckdb), ("polars", by_polars)):
            try:
                problem = compare(rows, read(path), names)
            except Exception as error:  # any failure of a reader is a finding
                problem = f"{type(error).__name__}: {error}"
            if problem:
                notes.append(f"{name}: {problem}")
        notes += check_metadata(path, rows)
        if rows:
            notes += check_pruning(path, rows)
        filters, chunks = check_bloom(path)
        print(f"{path.stem}: {'; '.join(notes) if notes else 'equal'}"
              f" ({len(rows)} rows, {filters} of {chunks} chunks with bloom filter)")
        failures += bool(notes)
    print(f"{failures} files differ" if failures else "all files read back equal")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
