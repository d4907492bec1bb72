#!/usr/bin/env python3
"""Writes and reads the columns of a shop's events with Daybook's Parquet module and with pyarrow, on
one thread, with the same encodings, and prints processor seconds and ratios.

usage: compare.py --bench BINARY --events EVENTS.ndjson [--rows 300000] [--rounds 3] [--work FOLDER]
"""
import argparse
import datetime
import itertools
import json
import os
import resource
import subprocess
import tempfile
import time

import pyarrow
import pyarrow.parquet as parquet

# Column, type, encoding. The names of encodings are those of parquet-bench.
COLUMNS = [
    ("event_id", "string", "plain"), ("topic", "string", "dictionary"),
    ("source", "string", "dictionary"), ("time", "time", "delta"),
    ("visitor_id", "string", "dictionary"), ("customer_id", "string", "dictionary"),
    ("item_id", "string", "dictionary"), ("channel", "string", "dictionary"),
    ("order_id", "string", "dictionary"), ("currency", "string", "dictionary"),
    ("quantity", "int32", "dictionary"), ("unit_price", "int64", "plain"),
    ("amount", "int64", "plain"), ("message", "string", "lengths"),
]
PYARROW = {
    "plain": "PLAIN", "delta": "DELTA_BINARY_PACKED", "lengths": "DELTA_LENGTH_BYTE_ARRAY",
    "prefixes": "DELTA_BYTE_ARRAY", "split": "BYTE_STREAM_SPLIT",
}
TYPES = {
    "string": pyarrow.string(), "time": pyarrow.timestamp("us", "UTC"),
    "int32": pyarrow.int32(), "int64": pyarrow.int64(),
}


def microseconds(text):
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return (moment - epoch) // datetime.timedelta(microseconds=1)


def make_input(events, rows, path):
    columns = {name: [] for name, _, _ in COLUMNS}
    with open(events, encoding="utf-8") as lines:
        for line in itertools.islice(lines, rows):
            message = line.rstrip("\n")
            event = json.loads(message)
            data = event["data"]
            known = {
                "event_id": event["id"], "topic": event["type"], "source": event["source"],
                "time": microseconds(event["time"]), "message": message,
            }
            for name, _, _ in COLUMNS:
                columns[name].append(known[name] if name in known else data.get(name))
    table = pyarrow.table({
        name: pyarrow.array(columns[name], TYPES[kind]) for name, kind, _ in COLUMNS})
    parquet.write_table(table, path, row_group_size=rows, compression="zstd")


def processor_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def best_of(rounds, job):
    best = float("inf")
    for _ in range(rounds):
        start = processor_seconds()
        job()
        best = min(best, processor_seconds() - start)
    return best


def pyarrow_write(table, name, encoding, rounds):
    one = table.select([name])
    sink = None

    def job():
        nonlocal sink
        sink = pyarrow.BufferOutputStream()
        parquet.write_table(
            one, sink, compression="zstd", compression_level=1, write_page_index=True,
            row_group_size=one.num_rows, use_dictionary=encoding == "dictionary",
            dictionary_pagesize_limit=64 << 20, data_page_size=1 << 20, max_rows_per_page=32768,
            column_encoding=None if encoding == "dictionary" else {name: PYARROW[encoding]},
            store_schema=False)

    seconds = best_of(rounds, job)
    return seconds, sink.getvalue().size


def pyarrow_read(path, name, rounds):
    with open(path, "rb") as file:
        buffer = pyarrow.py_buffer(file.read())
    return best_of(rounds, lambda: parquet.read_table(
        pyarrow.BufferReader(buffer), columns=[name], use_threads=False, pre_buffer=False))


def swift(arguments):
    lines = subprocess.run(arguments, check=True, capture_output=True, text=True).stdout
    rows = (line.split() for line in lines.splitlines())
    return {row[0]: (float(row[1]), int(row[2])) for row in rows}


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--bench", required=True)
    options.add_argument("--events", required=True)
    options.add_argument("--rows", type=int, default=300_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--work", default=tempfile.gettempdir())
    options = options.parse_args()
    pyarrow.set_cpu_count(1)
    pyarrow.set_io_thread_count(1)
    source = os.path.join(options.work, f"parquet-bench-{options.rows}.parquet")
    target = os.path.join(options.work, f"parquet-bench-{options.rows}-out.parquet")
    if not os.path.exists(source):
        make_input(options.events, options.rows, source)
    table = parquet.read_table(source)
    settings = [f"{name}={encoding}" for name, _, encoding in COLUMNS]
    written = swift([options.bench, "write", source, target, str(options.rounds), *settings])
    read = swift([options.bench, "read", target, str(options.rounds)])
    assert parquet.read_table(target).equals(table), "what was written is not what was read"
    totals = [0.0] * 4
    sizes = [0, 0]
    print(f"{'column':12} {'encoding':10} {'write':>8} {'pyarrow':>8} {'ratio':>6} "
          f"{'read':>8} {'pyarrow':>8} {'ratio':>6} {'bytes':>10} {'pyarrow':>10}")
    for name, _, encoding in COLUMNS:
        their_write, their_size = pyarrow_write(table, name, encoding, options.rounds)
        their_read = pyarrow_read(target, name, options.rounds)
        (our_write, our_size), (our_read, _) = written[name], read[name]
        for index, seconds in enumerate((our_write, their_write, our_read, their_read)):
            totals[index] += seconds
        sizes[0] += our_size
        sizes[1] += their_size
        print(f"{name:12} {encoding:10} {our_write:8.4f} {their_write:8.4f} "
              f"{their_write / our_write:5.1f}x {our_read:8.4f} {their_read:8.4f} "
              f"{their_read / our_read:5.1f}x {our_size:10} {their_size:10}")
    print(f"{'all':23} {totals[0]:8.4f} {totals[1]:8.4f} {totals[1] / totals[0]:5.1f}x "
          f"{totals[2]:8.4f} {totals[3]:8.4f} {totals[3] / totals[2]:5.1f}x "
          f"{sizes[0]:10} {sizes[1]:10}")
    print(f"{options.rows} rows, processor seconds on one thread, best of {options.rounds}; "
          f"pyarrow {pyarrow.__version__}, load {os.getloadavg()[0]:.1f}, {time.strftime('%Y-%m-%d')}")


if __name__ == "__main__":
    main()
